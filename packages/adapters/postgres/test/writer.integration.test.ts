import { acquireLease, checkLease, parseTenantId } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import {
  append,
  codeOf,
  draft,
  emptySchema,
  numbersIn,
  openStore,
  reasonOf,
  runSql,
  scriptedDriver,
  stream,
} from './support.ts';

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** What a host says to the server after it was opened, besides the notifications. */
async function watched() {
  const schema = await emptySchema();
  const driver = scriptedDriver();
  const store = await openStore(schema, { connect: driver.connect });
  driver.sent.length = 0;
  const said = (): readonly string[] => driver.sent.splice(0).filter((name) => name !== 'tell');
  return { schema, driver, store, said };
}

describe('units that wait together', () => {
  test('share one write, and a refused one takes nothing from the others', async () => {
    const { store, said } = await watched();
    const outcomes = await Promise.all([
      store.commit([append(1)]).then(reasonOf),
      store.commit([append(2), checkLease({ key: 'run', holder: 'me', fence: 1 })]).then(reasonOf),
      codeOf(store.commit([append(3), { kind: 'transition', machine: 'lease', key: 'x', command: { trigger: 'no' } }])),
      store.commit([append(4)]).then(reasonOf),
      store.commit([acquireLease('run', 'me', 60_000), append(5)]).then(reasonOf),
      store.commit([checkLease({ key: 'run', holder: 'me', fence: 1 }), append(6)]).then(reasonOf),
    ]);
    expect(outcomes).toEqual([
      'committed',
      'check_from_none',
      'host-api/invalid_value',
      'committed',
      'committed',
      'committed',
    ]);
    expect(said()).toEqual(['view_all', 'commit_1']);
    expect(await numbersIn(store)).toEqual([1, 4, 5, 6]);
  });

  test('cost one round trip when they only append to streams that are known', async () => {
    const { store, said } = await watched();
    await store.commit([append(1)]);
    said();
    await Promise.all([store.commit([append(2)]), store.commit([append(3), append(4)])]);
    expect(said()).toEqual(['commit_1']);
    await store.commit([acquireLease('run', 'me', 60_000), append(5)]);
    expect(said()).toEqual(['view_states', 'commit_1']);
    await store.commit([checkLease({ key: 'run', holder: 'me', fence: 1 })]);
    expect(said()).toEqual(['view_states']);
    expect(await store.commit([append(4, 6)])).toEqual({
      kind: 'committed',
      receipts: [{ kind: 'appended', cursors: [4, 6] }],
    });
    expect(said()).toEqual(['commit_1', 'view_all', 'commit_1']);
  });

  test('are visible to everybody once they are acknowledged, with 64 writers', async () => {
    const { schema, store } = await watched();
    const reader = await openStore(schema);
    const missed: number[] = [];
    await Promise.all(
      range(1, 64).map(async (writer) => {
        for (const round of range(1, 4)) {
          const number = writer * 10 + round;
          const outcome = await store.commit([append(number)]);
          const [receipt] = outcome.kind === 'committed' ? outcome.receipts : [];
          const cursor = receipt?.kind === 'appended' ? (receipt.cursors[0] ?? 0) : 0;
          const { head, records } = await reader.readStream({ stream, after: cursor - 1, limit: 1 });
          if (head < cursor || records[0]?.body['number'] !== number) missed.push(number);
        }
      }),
    );
    expect(missed).toEqual([]);
    expect(await numbersIn(reader)).toHaveLength(256);
  });

  test('are split where they are too large for one write', async () => {
    const { store, said } = await watched();
    await store.commit([append(1)]);
    said();
    const large = (number: number) => ({
      ...append(),
      records: [{ ...draft(number), body: { number, text: 'x'.repeat(1_500_000) } }],
    });
    await Promise.all(range(2, 13).map((number) => store.commit([large(number)])));
    expect(said()).toEqual(['commit_1', 'commit_1', 'commit_1']);
    expect(await numbersIn(store)).toEqual(range(1, 13));
  });

  test('are finished before the store closes, and later ones are refused', async () => {
    const { schema, store } = await watched();
    const early = Promise.all(range(1, 3).map((number) => store.commit([append(number)])));
    const closing = store.close();
    expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_closed');
    await Promise.all([early, closing]);
    expect(await numbersIn(await openStore(schema))).toEqual([1, 2, 3]);
  });
});

describe('a connection that is lost', () => {
  test('before anything was written costs nothing but another attempt', async () => {
    const { store, driver } = await watched();
    driver.faults.push(
      { matches: 'view_all', when: 'before', code: 'lost' },
      { matches: 'view_all', when: 'after', code: 'lost' },
    );
    expect(reasonOf(await store.commit([append(1)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([1]);
  });

  test.each([
    ['before', []],
    ['after', [1, 2]],
  ] as const)('%s the write took effect leaves the outcome unknown, and a retry adds nothing', async (when, kept) => {
    const { schema, store, driver } = await watched();
    driver.faults.push({ matches: 'commit_1', when, code: 'lost' });
    const unit = [append(1, 2), acquireLease('run', 'me', 60_000)];
    const fault: unknown = await store.commit(unit).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: 'host-api/store_unavailable',
      retryable: true,
      detail: { outcome: 'unknown' },
    });
    expect(await numbersIn(store)).toEqual(kept);
    expect(reasonOf(await store.commit([append(1, 2)]))).toBe('committed');
    expect(await numbersIn(await openStore(schema))).toEqual([1, 2]);
  });

  test('because an administrator ended it is made anew', async () => {
    const { schema, store } = await watched();
    const outcomes: string[] = [];
    const acknowledged: number[] = [];
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()`;
    await Promise.all([
      ...range(1, 8).map(async (writer) => {
        for (const round of range(1, 25)) {
          const number = writer * 100 + round;
          const outcome = await codeOf(store.commit([append(number)]));
          outcomes.push(outcome);
          if (outcome === 'a result') acknowledged.push(number);
        }
      }),
      (async () => {
        for (const _ of range(1, 5)) await runSql(end, [`%"${schema}".commit\\_1%`]);
      })(),
    ]);
    expect(
      [...new Set(outcomes)].filter((code) => code !== 'a result' && code !== 'host-api/store_unavailable'),
    ).toEqual([]);
    const kept = new Set(await numbersIn(store));
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
    expect(reasonOf(await store.commit([append(9999)]))).toBe('committed');
  });
});

describe('refusals of the server', () => {
  test.each(['40001', '40P01', '23505', 'RB001'])('%s is answered with a fresh look', async (code) => {
    const { store, driver } = await watched();
    driver.faults.push({ matches: 'commit_1', when: 'before', code }, { matches: 'commit_1', when: 'before', code });
    expect(reasonOf(await store.commit([append(1)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([1]);
  });

  test('of one unit are not told to those that wait with it', async () => {
    const { store, driver } = await watched();
    driver.faults.push(
      { matches: 'commit_1', when: 'before', code: '22021' },
      { matches: 'commit_1', when: 'before', code: '22021' },
    );
    const outcomes = await Promise.all([codeOf(store.commit([append(1)])), codeOf(store.commit([append(2)]))]);
    expect(outcomes).toEqual(['host-api/store_corrupt', 'a result']);
    expect(await numbersIn(store)).toEqual([2]);
  });

  test('say nothing of what the server said', async () => {
    const { store, driver } = await watched();
    const sentinel = createSentinel('value');
    for (const code of ['53100', '57014', 'XX001', '42501', '25006', '42P01', 'lost', 'timeout']) {
      driver.faults.push({ matches: 'commit_1', when: 'before', code });
      const unit = { ...append(), stream: { ...stream, tenantId: parseTenantId(sentinel) }, records: [draft(1)] };
      const fault: unknown = await store.commit([unit]).catch((error: unknown) => error);
      expect(findLeaks(fault, [sentinel, 'commit_1', 'SELECT'])).toEqual([]);
      expect(await codeOf(Promise.reject(fault))).toMatch(/^host-api\/store_(unavailable|corrupt|unsuitable)$/);
    }
    expect(await numbersIn(store)).toEqual([]);
  });

  test('what is stored and has no form is corrupt, and keeps nobody else from working', async () => {
    const { schema, store } = await watched();
    await store.commit([acquireLease('torn', 'me', 60_000), acquireLease('strange', 'me', 60_000), append(1)]);
    await runSql(`UPDATE ${schema}.record SET body = '{"status":' WHERE slot = 'torn'`);
    await runSql(`UPDATE ${schema}.record SET body = '{"status":"new"}' WHERE slot = 'strange'`);
    await runSql(`UPDATE ${schema}.stream_record SET body = '7'`);
    expect(await codeOf(store.get('lease', 'torn'))).toBe('host-api/store_corrupt');
    expect(await codeOf(store.list('lease', { limit: 9 }))).toBe('host-api/store_corrupt');
    expect(await codeOf(store.readStream({ stream, after: 0, limit: 9 }))).toBe('host-api/store_corrupt');
    const outcomes = await Promise.all([
      codeOf(store.commit([append(2), acquireLease('torn', 'me', 60_000)])),
      codeOf(store.commit([append(3), acquireLease('strange', 'me', 60_000)])),
      codeOf(store.commit([acquireLease('sound', 'me', 60_000)])),
    ]);
    expect(outcomes).toEqual(['host-api/store_corrupt', 'host-api/store_corrupt', 'a result']);
    expect((await store.readStream({ stream, after: 1, limit: 9 })).head).toBe(1);
  });
});
