import { acquireLease, checkLease, releaseLease } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { BUSY_TOTAL_MS, WAITING_UNITS_MAX } from '../src/limits.ts';
import { createDriverScript, type DriverRule } from '../src/testkit/index.ts';
import {
  append,
  codeOf,
  numbersIn,
  openStore,
  opening,
  reasonOf,
  startChild,
  stream,
  temporaryFile,
} from './support.ts';

const COMMIT = /^COMMIT$/;
/** The commit that makes the tables of a new file. */
const BIRTH = 1;

function failing(when: RegExp, code: `SQLITE_${string}`, rest: Partial<DriverRule> = {}): DriverRule {
  return { when, event: { do: 'fail', code, moment: 'before' }, ...rest };
}

describe('two stores on one file', () => {
  test('see each other, and an acknowledged unit is visible at once', async () => {
    const file = await temporaryFile();
    const [left, right] = [await openStore(file), await openStore(file)];
    for (let number = 1; number <= 20; number += 1) {
      const [writer, reader] = number % 2 === 0 ? [left, right] : [right, left];
      await writer.commit([append(number)]);
      expect((await reader.readStream({ stream, after: number - 1, limit: 9 })).head).toBe(number);
    }
  });

  test('never give the same token twice', async () => {
    const file = await temporaryFile();
    const stores = [await openStore(file), await openStore(file)];
    const fences: unknown[] = [];
    await Promise.all(
      stores.map(async (store, at) => {
        const holder = `holder-${at}`;
        for (let round = 0; round < 100; round += 1) {
          const outcome = await store.commit([acquireLease('run', holder, 60_000)]);
          if (outcome.kind === 'conflict') continue;
          const [receipt] = outcome.receipts;
          const fence = receipt?.kind === 'record' ? Number(receipt.row?.['fence']) : 0;
          fences.push(fence);
          await store.commit([releaseLease({ key: 'run', holder, fence })]);
        }
      }),
    );
    expect(fences.length).toBeGreaterThan(50);
    expect(new Set(fences).size).toBe(fences.length);
  });

  test('in two processes never give the same token twice, and see each other', async () => {
    const file = await temporaryFile();
    await (await openStore(file)).close();
    const children = ['left', 'right'].map((holder) => startChild('lease-loop.ts', file, holder, '40'));
    await Promise.all(children.map((child) => child.ended));
    const fences = children.flatMap((child) => child.lines.map(Number));
    expect(fences).toHaveLength(80);
    expect([...fences].sort((left, right) => left - right)).toEqual(Array.from({ length: 80 }, (_none, at) => at + 1));
    const store = await openStore(file);
    expect(await store.get('lease', 'run')).toMatchObject({ status: 'free', fence: 80 });
    expect(reasonOf(await store.commit([checkLease({ key: 'run', holder: 'left', fence: 79 })]))).toMatch(
      'check_from_free',
    );
  });
});

describe('a lock that another process holds', () => {
  test('is waited for, without holding up the event loop and without changing the order', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    const rival = startChild('hold-lock.ts', file, '1200');
    await rival.line((line) => line === 'held');
    let longestMs = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    const settled: number[] = [];
    const commits = [1, 2, 3, 4, 5].map((number) => store.commit([append(number)]).then(() => settled.push(number)));
    expect(await numbersIn(store)).toEqual([]);
    await new Promise((resolve) => void setTimeout(resolve, 300));
    commits.push(store.commit([append(6)]).then(() => settled.push(6)));
    await Promise.all(commits);
    clearInterval(watch);
    expect(settled).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5, 6]);
    // Each wait in the driver is at most 10 ms; the rest is what a shared machine adds.
    expect(longestMs).toBeLessThan(150);
  });

  test('ends the waiting after its bound, and the store goes on', async () => {
    const script = createDriverScript();
    let waitedMs = 0;
    const schedule = (delayMs: number, callback: () => void): (() => void) => {
      waitedMs += delayMs;
      return opening.timers.schedule(0, callback);
    };
    const given = { ...opening, timers: { schedule } };
    const store = await openStore(await temporaryFile(), { driver: script.driver, opening: given });
    script.add(failing(/^BEGIN IMMEDIATE$/, 'SQLITE_BUSY', { times: Infinity }));
    const outcomes = await Promise.all([codeOf(store.commit([append(1)])), codeOf(store.commit([append(2)]))]);
    expect(outcomes).toEqual(['host-api/store_unavailable', 'host-api/store_unavailable']);
    expect(waitedMs).toBeGreaterThan(BUSY_TOTAL_MS / 2);
    expect(waitedMs).toBeLessThanOrEqual(BUSY_TOTAL_MS * 1.1);
    script.clear();
    expect(reasonOf(await store.commit([append(3)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([3]);
  });
});

describe('units that wait together', () => {
  test('share one transaction, and a refused one takes nothing from the others', async () => {
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver: script.driver });
    const outcomes = await Promise.all([
      store.commit([append(1)]).then(reasonOf),
      store.commit([append(2), checkLease({ key: 'run', holder: 'me', fence: 1 })]).then(reasonOf),
      codeOf(store.commit([append(3), { kind: 'transition', machine: 'lease', key: 'x', command: { trigger: 'no' } }])),
      store.commit([append(4)]).then(reasonOf),
    ]);
    expect(outcomes).toEqual(['committed', 'check_from_none', 'host-api/invalid_value', 'committed']);
    expect(await numbersIn(store)).toEqual([1, 4]);
    expect(script.count(COMMIT)).toBe(BIRTH + 1);
  });

  test('of 64 writers are acknowledged when they are visible, with at most 0.03 syncs for each', async () => {
    const file = await temporaryFile();
    const script = createDriverScript();
    const [store, other] = [await openStore(file, { driver: script.driver }), await openStore(file)];
    const before = script.count(COMMIT);
    const rounds = 20;
    await Promise.all(
      Array.from({ length: 64 }, async (_none, writer) => {
        for (let round = 0; round < rounds; round += 1) {
          const outcome = await store.commit([append(1 + writer * rounds + round)]);
          expect(outcome.kind).toBe('committed');
          const [receipt] = outcome.kind === 'committed' ? outcome.receipts : [];
          const after = receipt?.kind === 'appended' ? (receipt.cursors[0] ?? 0) - 1 : -1;
          for (const reader of [store, other]) {
            const { records } = await reader.readStream({ stream, after, limit: 1 });
            expect(records[0]?.body).toEqual({ number: 1 + writer * rounds + round });
          }
        }
      }),
    );
    const syncs = script.count(COMMIT) - before;
    expect(syncs / (64 * rounds)).toBeLessThanOrEqual(0.03);
  });

  test('are refused when there are too many of them, and the rest is written', async () => {
    const store = await openStore(await temporaryFile());
    const sent = Array.from({ length: WAITING_UNITS_MAX + 2 }, (_none, at) => codeOf(store.commit([append(at + 1)])));
    const codes = await Promise.all(sent);
    expect(codes.slice(0, WAITING_UNITS_MAX).every((code) => code === 'a result')).toBe(true);
    expect(codes.slice(WAITING_UNITS_MAX)).toEqual(['host-api/store_unavailable', 'host-api/store_unavailable']);
    expect((await store.readStream({ stream, after: 0, limit: 1 })).head).toBe(WAITING_UNITS_MAX);
  });

  test('do not starve timers, however many there are', async () => {
    const store = await openStore(await temporaryFile());
    const over = new AbortController();
    setTimeout(() => over.abort(), 50);
    let committed = 0;
    while (!over.signal.aborted) {
      committed += 1;
      await store.commit([append(committed)]);
    }
    expect(await numbersIn(store)).toHaveLength(committed);
  });

  test('are finished before the store closes, and later ones are refused', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    const early = Promise.all([1, 2, 3].map((number) => store.commit([append(number)])));
    const closing = store.close();
    expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_closed');
    await Promise.all([early, closing]);
    expect(await numbersIn(await openStore(file))).toEqual([1, 2, 3]);
  });
});

test('keeps every acknowledged unit when the process is killed, five times over', async () => {
  const file = await temporaryFile();
  let acknowledged = 0;
  for (let round = 0; round < 5; round += 1) {
    const child = startChild('commit-loop.ts', file, String(acknowledged + 1));
    const from = acknowledged;
    await child.line((line) => Number(line) >= from + 5 + round * 7);
    child.process.kill('SIGKILL');
    await child.ended;
    const printed = child.lines.map(Number);
    const store = await openStore(file);
    const kept = new Set(await numbersIn(store));
    expect(printed.filter((number) => !kept.has(number))).toEqual([]);
    const { head } = await store.readStream({ stream, after: 0, limit: 1 });
    expect(kept.size).toBe(head);
    acknowledged = head + 3;
    await store.close();
  }
});

/** Every call is met by `npm run torture -- points`; here one of each three, and the commit from both sides. */
test('keeps a unit whole or not at all, whichever call to the engine was the last one of its process', async () => {
  const whole = startChild('scripted-commit.ts', await temporaryFile(), '0');
  await whole.ended;
  const calls = whole.lines.slice(1, whole.lines.indexOf('COMMIT') + 1);
  expect(calls).toHaveLength(12);
  const commit = calls.length;
  const deaths = calls.flatMap((_call, at) => ((at + 1) % 3 === 0 ? [[at + 1, 'before'] as const] : []));
  for (const [nth, moment] of [...deaths, [commit, 'after'] as const]) {
    const file = await temporaryFile();
    const child = startChild('scripted-commit.ts', file, String(nth), moment);
    await child.ended;
    const store = await openStore(file);
    const happened = moment === 'after';
    expect([nth, moment, await numbersIn(store), (await store.get('lease', 'run'))?.['fence']]).toEqual([
      nth,
      moment,
      happened ? [1, 2] : [],
      happened ? 1 : undefined,
    ]);
    await store.close();
  }
});
