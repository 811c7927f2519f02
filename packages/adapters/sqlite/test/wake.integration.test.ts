import { rm } from 'node:fs/promises';
import { acquireLease, parseTenantId, type DurableStore } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { LOOK_RECORDS_MAX } from '../src/limits.ts';
import type { SqliteParts } from '../src/testkit/index.ts';
import { append, draft, openStore, opening, startChild, stream, temporaryFile } from './support.ts';

/** Timers that fire when the test says so, and only those of the store's own. */
function manualTimers() {
  const pending = new Set<() => void>();
  const schedule = (_delayMs: number, callback: () => void): (() => void) => {
    pending.add(callback);
    return () => pending.delete(callback);
  };
  const fire = (): void => {
    const due = Array.from(pending);
    pending.clear();
    for (const callback of due) callback();
  };
  return { timers: { schedule }, pending, fire };
}

/** Watches nothing, and never says so. */
const deaf: NonNullable<SqliteParts['watch']> = () => ({ on: () => deaf as never, close: () => undefined });

/** The calls of a listener, and a promise of the next one. */
function listening(store: DurableStore, interest?: Parameters<DurableStore['onCommit']>[1]) {
  let calls = 0;
  let next = Promise.withResolvers<void>();
  const dispose = store.onCommit(() => {
    calls += 1;
    next.resolve();
    next = Promise.withResolvers();
  }, interest);
  return { dispose, calls: () => calls, next: () => next.promise };
}

/** Behind a few looks at the store and some turns of the loop stands whatever a commit has set off. */
async function settle(store: DurableStore): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await store.get('lease', 'run');
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

const never = { timers: { schedule: () => () => undefined } };

describe('commits of another store', () => {
  test('wake those whom they concern, without any timer', async () => {
    const file = await temporaryFile();
    const [left, right] = [await openStore(file), await openStore(file, { opening: { ...opening, ...never } })];
    const wanted = listening(right, { ...stream, kinds: ['noted'] });
    const everything = listening(right);
    const others = [
      listening(right, { family: 'audit' }),
      listening(right, { ...stream, kinds: ['seen'] }),
      listening(right, { tenantId: parseTenantId('other') }),
    ];
    const woken = Promise.all([wanted.next(), everything.next()]);
    await left.commit([append(1)]);
    await woken;
    await settle(right);
    expect(others.map(({ calls }) => calls())).toEqual([0, 0, 0]);
  });

  test('that append nothing wake those who listen to everything', async () => {
    const file = await temporaryFile();
    const [left, right] = [await openStore(file), await openStore(file, { opening: { ...opening, ...never } })];
    const [everything, narrow] = [listening(right), listening(right, stream)];
    const woken = everything.next();
    await left.commit([acquireLease('run', 'me', 60_000)]);
    await woken;
    expect(narrow.calls()).toBe(0);
  });

  test('in another process wake this one', async () => {
    const file = await temporaryFile();
    const store = await openStore(file, { opening: { ...opening, ...never } });
    const { next } = listening(store, stream);
    const woken = next();
    const child = startChild('commit-loop.ts', file, '1');
    await woken;
    expect((await store.readStream({ stream, after: 0, limit: 1 })).head).toBeGreaterThan(0);
    child.process.kill('SIGKILL');
    await child.ended;
  });

  test('that come between two of this one are told of with them', async () => {
    const file = await temporaryFile();
    const [left, right] = [
      await openStore(file),
      await openStore(file, { watch: deaf, opening: { ...opening, ...never } }),
    ];
    const { calls } = listening(right, { family: 'audit' });
    await left.commit([{ ...append(1), stream: { ...stream, family: 'audit' } }]);
    await right.commit([append(2)]);
    await settle(right);
    expect(calls()).toBe(1);
  });

  test('more than can be told apart wake everybody', async () => {
    const file = await temporaryFile();
    const { timers, fire } = manualTimers();
    const [left, right] = [
      await openStore(file),
      await openStore(file, { watch: deaf, opening: { ...opening, timers } }),
    ];
    const { calls } = listening(right, { family: 'audit' });
    for (let from = 0; from <= LOOK_RECORDS_MAX; from += 1000) {
      const records = Array.from({ length: 1000 }, (_none, at) => draft(from + at + 1));
      await left.commit([{ kind: 'append', stream, records }]);
    }
    fire();
    await settle(right);
    expect(calls()).toBe(1);
  });
});

describe('own commits', () => {
  test('wake those whom they concern once, though the file beside the database tells of them again', async () => {
    const store = await openStore(await temporaryFile(), { opening: { ...opening, ...never } });
    const { calls } = listening(store, stream);
    for (let number = 1; number <= 5; number += 1) {
      await store.commit([append(number)]);
      await settle(store);
    }
    expect(calls()).toBe(5);
  });
});

describe('the safety net', () => {
  test.each<readonly [string, SqliteParts['watch']]>([
    ['says nothing', deaf],
    [
      'cannot be had',
      () => {
        throw new Error('no more watches');
      },
    ],
  ])('makes up for a watcher that %s', async (_what, watch) => {
    const file = await temporaryFile();
    const { timers, fire, pending } = manualTimers();
    const right = await openStore(file, { ...(watch === undefined ? {} : { watch }), opening: { ...opening, timers } });
    const left = await openStore(file);
    const [narrow, everything] = [listening(right, stream), listening(right)];
    await left.commit([append(1)]);
    await settle(right);
    expect([narrow.calls(), everything.calls()]).toEqual([0, 0]);
    fire();
    await settle(right);
    expect([narrow.calls(), everything.calls()]).toEqual([1, 1]);
    await left.commit([acquireLease('run', 'me', 60_000)]);
    fire();
    await settle(right);
    expect([narrow.calls(), everything.calls()]).toEqual([1, 2]);
    fire();
    await settle(right);
    expect([narrow.calls(), everything.calls()]).toEqual([1, 2]);
    narrow.dispose();
    everything.dispose();
    expect(pending.size).toBe(0);
  });

  test('watches again when the file was removed and there is a new one', async () => {
    const file = await temporaryFile();
    const { timers, fire } = manualTimers();
    const right = await openStore(file, { opening: { ...opening, timers } });
    const { next } = listening(right, stream);
    await rm(`${file}-wake`);
    const left = await openStore(file);
    await settle(right);
    fire();
    const woken = next();
    await left.commit([append(1)]);
    await woken;
  });

  test('is there only while somebody listens', async () => {
    const { timers, pending } = manualTimers();
    const store = await openStore(await temporaryFile(), { opening: { ...opening, timers } });
    expect(pending.size).toBe(0);
    const listeners = [listening(store), listening(store, stream)];
    expect(pending.size).toBe(1);
    for (const { dispose } of listeners) {
      dispose();
      dispose();
    }
    expect(pending.size).toBe(0);
    listening(store);
    await store.close();
    expect(pending.size).toBe(0);
  });
});
