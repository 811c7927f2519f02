import { createInMemoryStore } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { HostRuntimeError } from '../errors.ts';
import { BUDGET_LIMITS_MAX } from '../limits.ts';
import { budgetLimitSchema, type BudgetLimit } from './budget-limit.ts';
import { createBudgets } from './durable-budgets.ts';

const limit: BudgetLimit = { axis: 'user', period: { kind: 'day' }, limit: { usd: '1.50' } };

/** What is said of a configuration. */
function ruleOf(limits: unknown): unknown {
  const platform = createFakePlatform();
  const store = createInMemoryStore({ machines: [], ...platform });
  try {
    createBudgets({ store, clock: platform.clock, limits: limits as readonly BudgetLimit[] });
    return 'is taken';
  } catch (error) {
    return HostRuntimeError.is(error) ? error.detail : error;
  }
}

describe('A limit in the configuration', () => {
  test('is read with its zeros left out and its time zone filled in', () => {
    const written = { ...limit, limit: { usd: '0.50', inputTokens: 0, egressBytes: 3 }, warnAt: 0.75, pauseAt: 0.9 };
    expect(budgetLimitSchema.parse(written)).toEqual({
      ...written,
      period: { kind: 'day', timeZone: 'UTC' },
      limit: { usd: '0.5', egressBytes: 3 },
    });
  });

  test.each([
    ['an unknown axis', { ...limit, axis: 'mission' }, 'axis'],
    ['an unknown field', { ...limit, cap: 1 }, undefined],
    ['an empty id', { ...limit, id: '' }, 'id'],
    ['an unknown period', { ...limit, period: { kind: 'year' } }, 'period.kind'],
    [
      'a place that is no time zone',
      { ...limit, period: { kind: 'day', timeZone: 'Mars/Olympus' } },
      'period.timeZone',
    ],
    ['money with a sign', { ...limit, limit: { usd: '-1' } }, 'limit.usd'],
    ['money that is a number', { ...limit, limit: { usd: 1 } }, 'limit.usd'],
    ['an amount below nothing', { ...limit, limit: { calls: -1 } }, 'limit.calls'],
    ['an amount that is not whole', { ...limit, limit: { calls: 0.5 } }, 'limit.calls'],
    ['an unknown dimension', { ...limit, limit: { slots: 1 } }, 'limit'],
    ['a share above one', { ...limit, pauseAt: 1.01 }, 'pauseAt'],
    ['a share below nothing', { ...limit, warnAt: -0.1 }, 'warnAt'],
    ['a share that is no number', { ...limit, pauseAt: Number.NaN }, 'pauseAt'],
    ['a warning behind the pause', { ...limit, warnAt: 0.9, pauseAt: 0.75 }, 'warnAt'],
  ])('is refused for %s', (_name, written, field) => {
    expect(ruleOf([limit, written])).toMatchObject({ field: field === undefined ? 'budgets.1' : `budgets.1.${field}` });
  });

  test('is one of a bounded number', () => {
    expect(ruleOf(Array.from({ length: BUDGET_LIMITS_MAX }, () => limit))).toBe('is taken');
    expect(ruleOf(Array.from({ length: BUDGET_LIMITS_MAX + 1 }, () => limit))).toEqual({
      field: 'budgets',
      rule: `must be at most ${BUDGET_LIMITS_MAX}`,
    });
  });

  test('makes no more accounts together with the others than one reservation holds', () => {
    const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
    const many = (count: number) =>
      zones.slice(0, count).map((timeZone) => ({ ...limit, period: { kind: 'day', timeZone } }));
    expect(ruleOf(many(32))).toBe('is taken');
    expect(ruleOf(many(33))).toEqual({ field: 'budgets', rule: 'must make at most 32 accounts for one call' });
  });
});
