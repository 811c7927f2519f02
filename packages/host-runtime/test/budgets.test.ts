/** What calls may use up: what holds of budgets on every store. */
import { describe, expect, test } from 'vitest';
import { announce, announced, call, commit, grantId, holdOf, openTill, START_MS, sums } from './budget-support.ts';
import { BACKENDS } from './open-store.ts';

const perDay = { axis: 'user', period: { kind: 'day' } } as const;

describe.each(BACKENDS)('Budgets on %s', (backend) => {
  test('never hold more than the limit, however many calls come at once', async () => {
    const till = await openTill([{ ...perDay, limit: { calls: 10 } }], backend);
    const calls = await Promise.all(Array.from({ length: 64 }, (_, at) => announce(till, call(at + 1))));
    const holds = calls.flatMap((hold) => ('reason' in hold ? [] : [hold]));
    expect(holds.length).toBe(10);
    expect(calls.filter((hold) => 'reason' in hold)).toEqual(
      Array.from({ length: 54 }, () => ({ reason: 'exhausted', axis: 'user', dimension: 'calls' })),
    );
    expect(await sums(till)).toEqual([['user', {}, { calls: 10 }]]);
    await Promise.all(holds.map((hold) => commit(till, hold.reconcile({}))));
    expect(await sums(till)).toEqual([['user', { calls: 10 }, { calls: 0 }]]);
  });

  test('use a grant no more often than it may be used, however many calls come at once', async () => {
    const till = await openTill([], backend);
    const grant = { id: grantId, maxInvocations: 3 };
    const calls = await Promise.all(Array.from({ length: 16 }, (_, at) => announce(till, call(at + 1, { grant }))));
    expect(calls.filter((hold) => !('reason' in hold)).length).toBe(3);
    expect(calls.find((hold) => 'reason' in hold)).toEqual({ reason: 'exhausted', axis: 'grant', dimension: 'calls' });
    expect([...(await till.budgets.grantUses([grantId]))]).toEqual([[grantId, 3]]);
  });

  test('close each reservation once, and tell how it was closed', async () => {
    const till = await openTill([{ ...perDay, limit: { usd: '1' } }], backend);
    const ends = ['reconcile', 'release', 'lose'] as const;
    const closed = { reconcile: 'reconciled', release: 'released', lose: 'lost' };
    let number = 0;
    for (const first of ends) {
      for (const second of ends) {
        number += 1;
        const request = call(number, { estimate: { usd: '0.1' } });
        const hold = await announced(till, request);
        const lost = await till.budgets.closeLost(request);
        const writes = { reconcile: hold.reconcile({ usd: '0.05' }), release: hold.release(), lose: lost };
        expect(await commit(till, writes[first])).toBe('');
        expect(await commit(till, writes[second])).toBe(`${second}_from_${closed[first]}`);
        expect(await till.budgets.closeLost(request)).toEqual([]);
      }
    }
    expect(await sums(till)).toEqual([['user', { usd: '0.45', calls: 6 }, { usd: '0', calls: 0 }]]);
  });

  test('charge what a dead host held, because nobody knows what it used', async () => {
    const till = await openTill([{ ...perDay, limit: { usd: '1' } }], backend);
    const request = call(1, { estimate: { usd: '0.75' } });
    const hold = await announced(till, request);
    const later = { ...till, budgets: till.again() };
    expect(await sums(later)).toEqual([['user', {}, { usd: '0.75', calls: 1 }]]);
    expect(await announce(later, call(2, { estimate: { usd: '0.5' } }))).toMatchObject({ reason: 'exhausted' });
    expect(await later.budgets.closeLost({ ...request, attempt: 2 })).toEqual([]);
    expect(await commit(later, await later.budgets.closeLost(request))).toBe('');
    expect(await sums(later)).toEqual([['user', { usd: '0.75', calls: 1 }, { usd: '0', calls: 0 }]]);
    expect(await commit(till, hold.reconcile({ usd: '0.1' }))).toBe('reconcile_from_lost');
  });

  test('keep what is held when a period ends, and charge it in the period in which it is closed', async () => {
    const berlin = { kind: 'day', timeZone: 'Europe/Berlin' } as const;
    const till = await openTill([{ axis: 'user', period: berlin, limit: { calls: 2 } }], backend);
    await commit(till, (await announced(till, call(1))).reconcile({}));
    const open = await announced(till, call(2));
    expect(await announce(till, call(3))).toEqual({ reason: 'exhausted', axis: 'user', dimension: 'calls' });
    till.platform.advance(23 * 3_600_000 - 1);
    expect(await announce(till, call(3))).toEqual({ reason: 'exhausted', axis: 'user', dimension: 'calls' });
    till.platform.advance(1);
    expect(await sums(till)).toEqual([['user', {}, { calls: 1 }]]);
    const next = await announced(till, call(3));
    expect(await announce(till, call(4))).toEqual({ reason: 'exhausted', axis: 'user', dimension: 'calls' });
    await commit(till, open.reconcile({}));
    await commit(till, next.release());
    expect(await sums(till)).toEqual([['user', { calls: 1 }, { calls: 0 }]]);
    const [standing] = await till.budgets.standing(call(1).scope);
    expect(standing?.endsAtMs).toBe(START_MS + 47 * 3_600_000);
  });

  test('hold in every account of the cascade or in none', async () => {
    const axes = ['thread', 'agent', 'project', 'user', 'tenant'] as const;
    const limits = axes.map((axis, at) => ({ axis, period: { kind: 'day' }, limit: { usd: `${at + 1}` } }) as const);
    const till = await openTill(limits, backend);
    const scope = { ...call(1).scope, projectId: 'atlas' as never };
    const hold = await announced(till, call(1, { scope, estimate: { usd: '0.6' } }));
    const held = { usd: '0.6', calls: 1 };
    const cascade = axes.toReversed();
    expect(await sums(till, scope)).toEqual(cascade.map((axis) => [axis, {}, held]));
    const rival = await holdOf(till.again(), call(2, { scope, estimate: { usd: '0.4' } }));
    await announced(till, call(3, { scope, estimate: { usd: '0.1' } }));
    expect(await commit(till, rival.reserve)).toBe('exhausted_usd');
    expect(await commit(till, hold.reconcile({ usd: '1.25' }))).toBe('');
    expect(await sums(till, scope)).toEqual(
      cascade.map((axis) => [axis, { usd: '1.25', calls: 1 }, { usd: '0.1', calls: 1 }]),
    );
  });
});
