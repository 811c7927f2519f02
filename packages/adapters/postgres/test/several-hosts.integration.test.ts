import {
  acquireLease,
  checkLease,
  defineMachine,
  getRecord,
  leaseMachine,
  transition,
  type StoreOpening,
} from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  append,
  codeOf,
  draft,
  emptySchema,
  numbersIn,
  openStore,
  opening,
  reasonOf,
  runSql,
  scriptedDriver,
  stream,
  timers,
  until,
} from './support.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Counts: two writers that do not see each other lose a step. */
const counterMachine = defineMachine<{ status: 'counting'; count: number }, { trigger: 'count' | 'check' }>({
  name: 'counter',
  module: import.meta.url,
  row: z.strictObject({ status: z.literal('counting'), count: z.int() }),
  command: z.strictObject({ trigger: z.enum(['count', 'check']) }),
  transitions: [
    { from: 'none', trigger: 'count', to: 'counting' },
    { from: 'none', trigger: 'check', to: 'counting' },
    { from: 'counting', trigger: 'count', to: 'counting' },
  ],
  decide: (row, { trigger }) =>
    trigger === 'check'
      ? { kind: 'keep' }
      : { kind: 'write', row: { status: 'counting', count: (row?.count ?? 0) + 1 } },
  index: ({ status, count }) => ({ owner: '', status, rank: count }),
});
const counting = { ...opening, machines: [counterMachine, leaseMachine] };
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('several hosts on one database', () => {
  test('append to one stream at once without a gap, a loss or a double', async () => {
    const schema = await emptySchema();
    const hosts = await Promise.all(range(0, 3).map(() => openStore(schema)));
    const appended = hosts.map(async (host, at) => {
      for (const number of range(1, 40))
        await host.commit([append(at * 1000 + number), append(at * 1000 + 500 + number)]);
    });
    await Promise.all(appended);
    const found = await numbersIn(await openStore(schema));
    const expected = hosts.flatMap((_, at) =>
      range(1, 40).flatMap((number) => [at * 1000 + number, at * 1000 + 500 + number]),
    );
    expect(found.toSorted((left, right) => Number(left) - Number(right))).toEqual(
      expected.toSorted((left, right) => left - right),
    );
  });

  test('give one event one cursor, whoever appends it', async () => {
    const schema = await emptySchema();
    const hosts = await Promise.all(range(0, 2).map(() => openStore(schema)));
    const outcomes = await Promise.all(
      hosts.flatMap((host) => range(1, 20).map((number) => host.commit([append(number, number + 1)]))),
    );
    expect(new Set(outcomes.map(reasonOf))).toEqual(new Set(['committed']));
    expect((await numbersIn(await openStore(schema))).toSorted((left, right) => Number(left) - Number(right))).toEqual(
      range(1, 21),
    );
  });

  test('give a contended lease to exactly one', async () => {
    const schema = await emptySchema();
    const hosts = await Promise.all(range(0, 3).map(() => openStore(schema)));
    const outcomes = await Promise.all(
      hosts.flatMap((host, at) =>
        range(1, 10).map((number) => host.commit([acquireLease('run', `host-${at}-${number}`, 60_000)])),
      ),
    );
    expect(outcomes.map(reasonOf).toSorted()).toEqual(['committed', ...range(1, 39).map(() => 'lease_held')]);
  });

  test('fence a stale holder off, however its check falls beside the takeover', async () => {
    const schema = await emptySchema();
    const [stale, next] = await Promise.all([openStore(schema), openStore(schema)]);
    for (const round of range(1, 20)) {
      const key = `run-${round}`;
      await stale.commit([acquireLease(key, 'stale', 60_000)]);
      const proof = { key, holder: 'stale', fence: 1 };
      const guarded = stale.commit([checkLease(proof), append(round)]);
      await next.commit([transition(leaseMachine, key, { trigger: 'release', holder: 'stale', fence: 1 })]);
      const [seen, outcome] = [await numbersIn(next), await guarded];
      // Whoever looks after the takeover sees the work, or it was refused.
      expect([seen.includes(round), reasonOf(outcome)]).toEqual(
        reasonOf(outcome) === 'committed' ? [true, 'committed'] : [false, 'check_from_free'],
      );
    }
  });

  test('make progress in a storm of conflicts and lose no step', async () => {
    const schema = await emptySchema();
    const driver = scriptedDriver();
    const hosts = await Promise.all(
      range(0, 3).map(() => openStore(schema, { opening: counting, connect: driver.connect })),
    );
    const count = transition(counterMachine, 'one', { trigger: 'count' });
    await Promise.all(
      hosts.map(async (host, at) => {
        for (const number of range(1, 50)) {
          expect(reasonOf(await host.commit([count, append(at * 100 + number)]))).toBe('committed');
        }
      }),
    );
    const store = await openStore(schema, { opening: counting });
    expect((await getRecord(store, counterMachine, 'one'))?.count).toBe(200);
    expect(await numbersIn(store)).toHaveLength(200);
    expect(driver.sent).toContain('lock_1');
  });

  test('check that a record is absent, and nobody makes it meanwhile', async () => {
    const schema = await emptySchema();
    const driver = scriptedDriver();
    const host = await openStore(schema, { opening: counting, connect: driver.connect });
    const other = await openStore(schema, { opening: counting });
    const check = transition(counterMachine, 'none-yet', { trigger: 'check' });
    expect(await host.commit([check, append(1)])).toEqual({
      kind: 'committed',
      receipts: [
        { kind: 'record', row: undefined },
        { kind: 'appended', cursors: [1] },
      ],
    });
    expect(await host.get('counter', 'none-yet')).toBeUndefined();
    expect(reasonOf(await other.commit([transition(counterMachine, 'none-yet', { trigger: 'count' })]))).toBe(
      'committed',
    );
  });

  test('judge leases by the clock of the database, though their own differ by a day', async () => {
    const schema = await emptySchema();
    const at = (shiftMs: number) => ({ ...opening, clock: { nowMs: () => Date.now() + shiftMs } });
    const early = await openStore(schema, { opening: at(-DAY_MS) });
    const late = await openStore(schema, { opening: at(DAY_MS) });
    expect(reasonOf(await early.commit([acquireLease('run', 'early', 60_000)]))).toBe('committed');
    expect(reasonOf(await late.commit([acquireLease('run', 'late', 60_000)]))).toBe('lease_held');
    expect(reasonOf(await early.commit([checkLease({ key: 'run', holder: 'early', fence: 1 })]))).toBe('committed');
    const byHost = await openStore(schema, { opening: at(DAY_MS), time: 'host' });
    expect(reasonOf(await byHost.commit([acquireLease('run', 'late', 60_000)]))).toBe('committed');
  });
});

describe('waking up', () => {
  test('a commit of another host wakes those whom it concerns, and only them', async () => {
    const schema = await emptySchema();
    const [host, other] = await Promise.all([openStore(schema, { wakeMs: 60_000 }), openStore(schema)]);
    const calls: string[] = [];
    host.onCommit(() => calls.push('noted'), { family: 'journal', kinds: ['noted'] });
    host.onCommit(() => calls.push('other kind'), { kinds: ['seen'] });
    host.onCommit(() => calls.push('other family'), { family: 'audit' });
    host.onCommit(() => calls.push('anything'));
    await other.commit([append(1)]);
    await until(() => calls.length >= 2);
    expect(new Set(calls)).toEqual(new Set(['anything', 'noted']));
    await other.commit([acquireLease('run', 'other', 1000)]);
    await until(() => calls.length >= 3);
    expect(calls.filter((call) => call !== 'anything')).toEqual(['noted']);
  });

  test('more changes than one notification holds wake everybody', async () => {
    const schema = await emptySchema();
    const [host, other] = await Promise.all([openStore(schema, { wakeMs: 60_000 }), openStore(schema)]);
    let called = false;
    host.onCommit(() => (called = true), { kinds: ['unheard_of'] });
    await other.commit([
      {
        kind: 'append',
        stream,
        records: range(1, 100).map((at) => ({ ...draft(at), kind: `kind_${'x'.repeat(100)}_${at}` })),
      },
    ]);
    await until(() => called);
  });

  test('a notification that is lost is made up for, by streams', async () => {
    const schema = await emptySchema();
    const driver = scriptedDriver();
    const host = await openStore(schema, { wakeMs: 20, connect: driver.connect });
    const other = await openStore(schema);
    driver.deaf = true;
    const calls: string[] = [];
    host.onCommit(() => calls.push('journal'), { family: 'journal' });
    host.onCommit(() => calls.push('audit'), { family: 'audit' });
    for (const number of range(1, 3)) {
      calls.length = 0;
      await other.commit([append(number)]);
      await until(() => calls.length > 0);
    }
    expect(new Set(calls)).toEqual(new Set(['journal']));
  });

  test('the safety net finds what was missed, and not what was told', async () => {
    const schema = await emptySchema();
    const driver = scriptedDriver();
    const ticks: (() => void)[] = [];
    const byHand: StoreOpening['timers'] = {
      schedule: (delayMs, callback) => {
        if (delayMs !== 4321) return timers.schedule(delayMs, callback);
        ticks.push(callback);
        return () => undefined;
      },
    };
    const host = await openStore(schema, {
      wakeMs: 4321,
      connect: driver.connect,
      opening: { ...opening, timers: byHand },
    });
    const other = await openStore(schema);
    let calls = 0;
    host.onCommit(() => (calls += 1), { family: 'journal' });
    const look = async (): Promise<void> => {
      ticks.shift()?.();
      await until(() => ticks.length > 0);
    };
    await host.commit([append(1)]);
    await other.commit([append(2)]);
    await host.commit([append(3, 4)]);
    await other.commit([append(5)]);
    await until(() => calls >= 4);
    await look();
    expect(calls).toBe(4);
    driver.deaf = true;
    await other.commit([append(6)]);
    await look();
    expect(calls).toBe(5);
    await look();
    expect(calls).toBe(5);
  });

  test('a host that listens again after its connection was cut looks at everything', async () => {
    const schema = await emptySchema();
    const host = await openStore(schema, { wakeMs: 60_000 });
    let calls = 0;
    host.onCommit(() => (calls += 1), { family: 'audit' });
    await runSql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1`, [
      `LISTEN "${schema}\\_commit"`,
    ]);
    await until(() => calls > 0);
    const other = await openStore(schema);
    calls = 0;
    await other.commit([{ ...append(1), stream: { ...stream, family: 'audit' } }]);
    await until(() => calls > 0);
  });

  test('what anybody else says on the channel does no harm', async () => {
    const schema = await emptySchema();
    const host = await openStore(schema, { wakeMs: 60_000 });
    let calls = 0;
    host.onCommit(() => (calls += 1), { family: 'audit' });
    const payloads = ['', 'nonsense', '{}', '[7]', '[["gossip","a",[]]]', '[["audit","a/b",null]]', '["x"]'];
    for (const payload of payloads) {
      calls = 0;
      await runSql('SELECT pg_notify($1, $2)', [`${schema}_commit`, payload]);
      await until(() => calls > 0);
    }
    expect(await codeOf(host.commit([append(1)]))).toBe('a result');
  });
});
