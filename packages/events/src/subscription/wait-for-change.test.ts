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

  test('ends with the patience, the signal or the listening, and leaves no timer', async () => {
    const { store, platform } = open();
    const change = waitForChange(store);
    const control = new AbortController();
    const patience = { timers: platform.timers, ms: 100 };
    const patient = change.since(change.mark(), never, patience);
    platform.advance(100);
    await patient;
    const aborted = change.since(change.mark(), control.signal, patience);
    control.abort();
    await aborted;
    await change.since(change.mark(), control.signal, patience);
    const stopped = change.since(change.mark(), never, patience);
    change.stop();
    await stopped;
    expect(platform.pendingTimers()).toBe(0);
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
