import { createInMemoryStore } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { pause, waitForChange } from './wait-for-change.ts';

const never = new AbortController().signal;

describe('Waiting for a change', () => {
  test('ends at once when there was one since the mark', async () => {
    const { store, commit } = open();
    const change = waitForChange(store);
    const mark = change.mark();
    await commit();
    await change.since(mark, never);
    expect(change.mark()).toBe(mark + 1);
  });

  test('ends for all who wait, at the next one', async () => {
    const { store, commit } = open();
    const change = waitForChange(store);
    const waits = [change.since(change.mark(), never), change.since(change.mark(), never)];
    await commit();
    await Promise.all(waits);
  });

  test('ends with the signal or the listening', async () => {
    const { store } = open();
    const change = waitForChange(store);
    const control = new AbortController();
    const aborted = change.since(change.mark(), control.signal);
    control.abort();
    await aborted;
    await change.since(change.mark(), control.signal);
    const stopped = change.since(change.mark(), never);
    change.stop();
    await stopped;
  });

  test('is not woken by commits that it has no interest in', async () => {
    const { store, commit } = open();
    const change = waitForChange(store, { family: 'journal' });
    const mark = change.mark();
    await commit();
    expect(change.mark()).toBe(mark);
  });

  test('hears nothing after it has stopped', async () => {
    const { store, commit } = open();
    const change = waitForChange(store);
    change.stop();
    const mark = change.mark();
    await commit();
    expect(change.mark()).toBe(mark);
  });
});

describe('A pause', () => {
  test('ends with its time or its signal', async () => {
    const { platform } = open();
    const control = new AbortController();
    const pauses = [
      pause({ timers: platform.timers, ms: 5 }, never),
      pause({ timers: platform.timers, ms: 500 }, control.signal),
    ];
    platform.advance(5);
    await pauses[0];
    control.abort();
    await pauses[1];
    await pause({ timers: platform.timers, ms: 5 }, control.signal);
    expect(platform.pendingTimers()).toBe(0);
  });
});

function open() {
  const platform = createFakePlatform();
  const store = createInMemoryStore({ machines: [], ...platform });
  const commit = async (): Promise<void> => {
    await store.commit([{ kind: 'append', stream: { family: 'runtime', tenantId: 'acme' as never }, records: [] }]);
    await store.readStream({ stream: { family: 'runtime', tenantId: 'acme' as never }, after: 0, limit: 1 });
  };
  return { platform, store, commit };
}
