/** Which limits reach a call, what comes first, and what is charged. */
import {
  parseAgentId,
  parseGrantId,
  parseProjectId,
  parseThreadId,
  parseUserId,
  type CommitOutcome,
} from '@reborn/host-api';
import { buildScope, fixedUuid, wrapStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createBudgets } from '../src/budget/durable-budgets.ts';
import { announce, announced, call, commit, grantId, holdOf, openTill, START_MS, sums } from './budget-support.ts';

const day = { kind: 'day' } as const;
const DAY_MS = 24 * 3_600_000;
const blocked = (reason: string, axis: string, dimension: string) => ({
  kind: 'blocked',
  block: { reason, axis, dimension },
});

describe('A limit', () => {
  test('that does not reach the call limits nothing', async () => {
    const { budgets } = await openTill([
      { axis: 'user', id: 'bob', period: day, limit: { calls: 1 } },
      { axis: 'project', period: day, limit: { calls: 1 } },
      { axis: 'tenant', period: day, limit: {} },
    ]);
    expect(await budgets.hold(call(1))).toEqual({ kind: 'unlimited' });
    expect(await budgets.standing(call(1).scope)).toEqual([]);
  });

  test('of zero, or that is not there, is none', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { calls: 0, usd: '0.00', inputTokens: 10 } }]);
    const estimate = { usd: '1000', inputTokens: 1, outputTokens: 1_000_000 };
    for (const number of [1, 2, 3]) await announced(till, call(number, { estimate }));
    expect(await till.budgets.standing(call(1).scope)).toMatchObject([{ limit: { inputTokens: 10 } }]);
    expect(await announce(till, call(4, { estimate: { inputTokens: 8 } }))).toMatchObject({ dimension: 'inputTokens' });
  });

  test('on a dimension of which the call says nothing is a refusal', async () => {
    const { budgets } = await openTill([{ axis: 'user', period: day, limit: { usd: '1', egressBytes: 5, calls: 5 } }]);
    expect(await budgets.hold(call(1))).toEqual({ kind: 'no_estimate', dimension: 'usd' });
    expect(await budgets.hold(call(1, { estimate: { usd: '0' } }))).toEqual({
      kind: 'no_estimate',
      dimension: 'egressBytes',
    });
    expect(await budgets.hold(call(1, { estimate: { usd: '0', egressBytes: 0 } }))).toMatchObject({ kind: 'held' });
  });

  test('counts each call as one, whatever it says', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { calls: 2 } }]);
    const hold = await announced(till, call(1, { estimate: { calls: 9 } }));
    await announced(till, call(2, { estimate: { calls: 0 } }));
    await commit(till, hold.reconcile({ calls: 0 }));
    expect(await sums(till)).toEqual([['user', { calls: 1 }, { calls: 1 }]]);
  });

  test('on each call alone adds nothing up', async () => {
    const limit = { axis: 'tenant', period: { kind: 'per_call' }, limit: { usd: '1' }, pauseAt: 0.5 } as const;
    const till = await openTill([limit]);
    const ask = (usd: string) => till.budgets.hold(call(1, { estimate: { usd } }));
    expect(await ask('1.01')).toEqual(blocked('exhausted', 'tenant', 'usd'));
    expect(await ask('0.51')).toEqual(blocked('paused', 'tenant', 'usd'));
    const hold = await holdOf(till.budgets, call(1, { estimate: { usd: '0.5' } }));
    expect([hold.reserve, hold.reconcile({}), hold.release()]).toEqual([[], [], []]);
    expect(await till.budgets.standing(call(1).scope)).toEqual([
      { axis: 'tenant', id: 'acme', period: { kind: 'per_call' }, limit: { usd: '1' }, used: {}, held: {} },
    ]);
  });

  test('is never made wider by another', async () => {
    const till = await openTill([
      { axis: 'user', period: day, limit: { calls: 2, usd: '9' }, pauseAt: 0.5 },
      { axis: 'user', id: 'alice', period: day, limit: { calls: 9, usd: '2' } },
      { axis: 'user', id: 'bob', period: day, limit: { calls: 1 } },
    ]);
    expect(await till.budgets.standing(call(1).scope)).toMatchObject([{ limit: { calls: 2, usd: '2' } }]);
    await announced(till, call(1, { estimate: { usd: '0' } }));
    expect(await announce(till, call(2, { estimate: { usd: '0' } }))).toMatchObject({ reason: 'paused' });
    expect(await announce(till, call(2, { estimate: { usd: '3' } }))).toMatchObject({ dimension: 'usd' });
  });

  test('belongs to its owner alone', async () => {
    const axes = ['tenant', 'user', 'project', 'agent', 'thread'] as const;
    const till = await openTill(axes.map((axis) => ({ axis, period: day, limit: { calls: 100 } })));
    const scope = { ...buildScope(), projectId: parseProjectId('atlas') };
    await announced(till, call(1, { scope }));
    const changed = {
      user: { ...scope, userId: parseUserId('bob') },
      project: { ...scope, projectId: parseProjectId('other') },
      agent: { ...scope, agentId: parseAgentId('other') },
      thread: { ...scope, threadId: parseThreadId('other') },
    };
    const shared: Record<string, readonly string[]> = {};
    for (const [axis, other] of Object.entries(changed)) {
      shared[axis] = (await sums(till, other)).flatMap(([axis, , held]) => (held.calls === 1 ? [axis] : []));
    }
    expect(shared).toEqual({
      user: ['tenant'],
      project: ['tenant', 'user', 'agent'],
      agent: ['tenant', 'user', 'project'],
      thread: ['tenant', 'user', 'project', 'agent'],
    });
  });

  test('of a rolling day begins with the first use', async () => {
    const till = await openTill([{ axis: 'user', period: { kind: 'rolling_day' }, limit: { calls: 1 } }]);
    const endsAtMs = async () => (await till.budgets.standing(call(1).scope))[0]?.endsAtMs;
    expect(await endsAtMs()).toBe(undefined);
    till.platform.advance(1000);
    await commit(till, (await announced(till, call(1))).reconcile({}));
    expect(await endsAtMs()).toBe(START_MS + 1000 + DAY_MS);
    till.platform.advance(DAY_MS - 1);
    expect(await announce(till, call(2))).toMatchObject({ reason: 'exhausted' });
    till.platform.advance(1);
    expect(await endsAtMs()).toBe(undefined);
    await announced(till, call(2));
  });
});

describe('A threshold', () => {
  const limit = { axis: 'user', period: day, limit: { usd: '1' }, warnAt: 0.5, pauseAt: 0.75 } as const;
  const paying = (number: number, usd: string, overridden = false) => call(number, { estimate: { usd }, overridden });

  test('is passed by what goes beyond it, not by what reaches it', async () => {
    const till = await openTill([limit]);
    expect((await announced(till, paying(1, '0.5'))).warnings).toEqual([]);
    expect((await announced(till, paying(2, '0.25'))).warnings).toEqual([{ axis: 'user', dimension: 'usd' }]);
    expect(await announce(till, paying(3, '0.000000000001'))).toEqual({
      reason: 'paused',
      axis: 'user',
      dimension: 'usd',
    });
  });

  test('is passed by a call that somebody let go on; a limit is not', async () => {
    const till = await openTill([limit]);
    const hold = await announced(till, paying(1, '1', true));
    expect(hold.warnings).toEqual([{ axis: 'user', dimension: 'usd' }]);
    expect(await announce(till, paying(2, '0.1', true))).toMatchObject({ reason: 'exhausted' });
    const later = await openTill([limit]);
    const rival = await holdOf(later.budgets, paying(2, '0.6', true));
    await announced(later, paying(1, '0.5'));
    expect(await commit(later, rival.reserve)).toBe('exhausted_usd');
  });

  test('asks nobody in vain: the limits of all accounts come first', async () => {
    const till = await openTill([
      { axis: 'tenant', period: day, limit: { calls: 4 }, pauseAt: 0.25 },
      { axis: 'thread', period: day, limit: { calls: 1 } },
    ]);
    const rival = await holdOf(till.budgets, call(2));
    await announced(till, call(1));
    expect(await till.budgets.hold(call(2))).toEqual(blocked('exhausted', 'thread', 'calls'));
    const conflict = await till.store.commit(rival.reserve);
    expect(conflict).toMatchObject({ kind: 'conflict', reason: 'paused_calls' });
    expect(rival.blockedBy(conflict as Extract<CommitOutcome, { kind: 'conflict' }>)).toBe('look_again');
  });

  test('is of no use to a conflict about something else', async () => {
    const till = await openTill([limit]);
    const hold = await holdOf(till.budgets, paying(1, '0.1'));
    const conflict = { kind: 'conflict', at: 0, row: undefined, reason: 'exhausted_usd' } as const;
    expect(hold.blockedBy({ ...conflict, machine: 'limiter', key: 'another' })).toBe(undefined);
    expect(hold.blockedBy({ ...conflict, machine: 'reservation', key: 'another' })).toBe(undefined);
    expect(hold.blockedBy({ ...conflict, machine: 'lease', key: 'run' })).toBe(undefined);
    await commit(till, hold.reserve);
    const twice = await till.store.commit(hold.reserve);
    expect(twice).toMatchObject({ kind: 'conflict', reason: 'open_from_active' });
    expect(hold.blockedBy(twice as Extract<CommitOutcome, { kind: 'conflict' }>)).toBe('look_again');
  });
});

describe('A call that is over', () => {
  test('is charged what it used, also when that is more than it held', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { usd: '1', inputTokens: 100 } }]);
    const hold = await announced(till, call(1, { estimate: { usd: '0.5', inputTokens: 20 } }));
    const used = { usd: '2.5', outputBytes: 7 };
    const charged = { usd: '2.5', inputTokens: 20, outputBytes: 7, calls: 1 };
    expect(hold.chargeFor(used)).toEqual(charged);
    await commit(till, hold.reconcile(used));
    expect(await sums(till)).toEqual([['user', charged, { usd: '0', inputTokens: 0, calls: 0 }]]);
    expect(await announce(till, call(2, { estimate: { usd: '0', inputTokens: 0 } }))).toMatchObject({
      reason: 'exhausted',
      dimension: 'usd',
    });
  });

  test('is charged nothing when it was released', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { calls: 1 } }]);
    for (const number of [1, 2]) await commit(till, (await announced(till, call(number))).release());
    expect(await sums(till)).toEqual([['user', {}, { calls: 0 }]]);
  });
});

describe('A call that only reads', () => {
  const limits = [{ axis: 'user', period: day, limit: { calls: 10 } }] as const;

  test('is held in its process, where calls at once share nothing', async () => {
    const till = await openTill(limits);
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, at) => till.budgets.hold(call(at + 1, { reads: true }))),
    );
    const holds = outcomes.flatMap((outcome) => (outcome.kind === 'held' ? [outcome.hold] : []));
    expect(holds.length).toBe(10);
    expect(holds.flatMap(({ reserve }) => reserve)).toEqual([]);
    expect(await sums(till)).toEqual([['user', {}, { calls: 10 }]]);
    expect(await announce(till, call(100))).toMatchObject({ reason: 'exhausted' });
    for (const hold of holds) {
      await commit(till, hold.reconcile({}));
      hold.forget();
      hold.forget();
    }
    expect(await sums(till)).toEqual([['user', { calls: 10 }, {}]]);
  });

  test('is counted by a call that was looking while it ended', async () => {
    const till = await openTill([]);
    let pause = Promise.resolve();
    const store = wrapStore(till.store, {
      get: async (machine, key) => {
        const row = await till.store.get(machine, key);
        await pause;
        return row;
      },
    });
    const budgets = createBudgets({
      ...till.platform,
      store,
      limits: [{ axis: 'user', period: day, limit: { calls: 1 } }],
    });
    const ending = await holdOf(budgets, call(1, { reads: true }));
    let goOn = (): void => undefined;
    pause = new Promise((resolve) => (goOn = resolve));
    const looking = budgets.hold(call(2, { reads: true }));
    expect(await commit(till, ending.reconcile({}))).toBe('');
    ending.forget();
    goOn();
    expect(await looking).toEqual(blocked('exhausted', 'user', 'calls'));
  });

  test('is forgotten when its process dies, and charged nothing before its result', async () => {
    const till = await openTill(limits);
    const hold = await holdOf(till.budgets, call(1, { reads: true }));
    const later = till.again();
    expect(await later.standing(call(1).scope)).toMatchObject([{ used: {}, held: {} }]);
    expect(await later.closeLost(call(1))).toEqual([]);
    expect(hold.release()).toEqual([]);
    hold.forget();
    expect(await sums(till)).toEqual([['user', {}, {}]]);
  });

  test('is charged also when others have used up the limit meanwhile', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { calls: 1 } }]);
    const here = await holdOf(till.budgets, call(1, { reads: true }));
    const there = await holdOf(till.again(), call(2, { reads: true }));
    expect(await commit(till, there.reconcile({}))).toBe('');
    expect(await commit(till, here.reconcile({}))).toBe('');
    here.forget();
    expect(await sums(till)).toEqual([['user', { calls: 2 }, {}]]);
  });
});

describe('A grant whose uses are counted', () => {
  const grant = { id: grantId, maxInvocations: 1 };
  const otherId = parseGrantId(fixedUuid(8));
  const exhausted = { reason: 'exhausted', axis: 'grant', dimension: 'calls' };

  test('is not given back when the effect was announced', async () => {
    const till = await openTill([{ axis: 'user', period: day, limit: { calls: 1 } }]);
    await commit(till, (await announced(till, call(1, { grant }))).release());
    expect(await sums(till)).toEqual([['user', {}, { calls: 0 }]]);
    till.platform.advance(400 * DAY_MS);
    expect(await announce(till, call(2, { grant }))).toEqual(exhausted);
    await announced(till, call(3, { grant: { ...grant, id: otherId } }));
    expect([...(await till.budgets.grantUses([grantId, otherId, parseGrantId(fixedUuid(9))])).values()]).toEqual([
      1, 1, 0,
    ]);
    expect(await announce(till, call(4, { grant }))).toEqual(exhausted);
  });

  test('is never read more often than it may be used, also by two processes at once', async () => {
    const till = await openTill([]);
    const reading = (number: number) => call(number, { grant, reads: true });
    const here = await holdOf(till.budgets, reading(1));
    const there = await holdOf(till.again(), reading(2));
    expect(await till.budgets.hold(reading(3))).toEqual({ kind: 'blocked', block: exhausted });
    expect([...(await till.budgets.grantUses([grantId])).values()]).toEqual([1]);
    expect(await commit(till, there.reconcile({}))).toBe('');
    const conflict = await till.store.commit(here.reconcile({}));
    expect(here.blockedBy(conflict as Extract<CommitOutcome, { kind: 'conflict' }>)).toEqual(exhausted);
    here.forget();
    expect([...(await till.budgets.grantUses([grantId])).values()]).toEqual([1]);
  });
});
