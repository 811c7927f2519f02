/**
 * Which accounts a call is charged to, and what holds for each of them: the narrowest of all limits that reach it.
 *
 * Not here: what an account holds (`durable-budgets.ts`).
 * Source: specification 2, a.8.
 */
import {
  narrowerAmounts,
  RESERVATION_ACCOUNTS_MAX,
  RESOURCE_DIMENSIONS,
  shareOf,
  toScopeKey,
  type LimiterWindow,
  type ResourceAmounts,
  type ResourceDimension,
  type ResourceScope,
} from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { BUDGET_AXES, type BudgetAxis, type BudgetPeriod, type ParsedBudgetLimit } from './budget-limit.ts';
import { createWindowOf } from './budget-window.ts';
import type { BudgetBlock, HoldRequest } from './budgets.ts';

/** `place`: where it is counted; absent for a limit on each call alone. The thresholds are amounts. */
export interface LimitedAccount {
  readonly axis: BudgetBlock['axis'];
  readonly place: AccountPlace | undefined;
  readonly limit: ResourceAmounts;
  readonly pauseAt: ResourceAmounts;
  readonly warnAt: ResourceAmounts;
}

/** Units: milliseconds since 1970. */
interface AccountPlace {
  readonly key: string;
  readonly windowAt: (nowMs: number) => LimiterWindow;
}

interface BudgetAccount extends LimitedAccount {
  readonly axis: BudgetAxis;
  readonly id: string;
  readonly period: BudgetPeriod;
}

export interface BudgetAccounts {
  /** Those that the scope has, and that have a limit. Order: the widest axis first, then as the limits stand. */
  of(scope: ResourceScope): readonly BudgetAccount[];
  /** The window of an account by its key; `undefined` when no limit counts there any more. */
  windowAt(key: string, nowMs: number): LimiterWindow | undefined;
}

/** Errors: `host-runtime/invalid_composition` for more accounts of one call than a reservation holds. */
export function createBudgetAccounts(limits: readonly ParsedBudgetLimit[]): BudgetAccounts {
  const groups = [...Map.groupBy(limits.filter(isLimit), toGroupKey)]
    .map(([key, of]) => toGroup(key, of))
    .toSorted((left, right) => BUDGET_AXES.indexOf(left.axis) - BUDGET_AXES.indexOf(right.axis));
  if (groups.length > RESERVATION_ACCOUNTS_MAX) {
    const rule = `must make at most ${RESERVATION_ACCOUNTS_MAX} accounts for one call`;
    throw new HostRuntimeError('host-runtime/invalid_composition', { detail: { field: 'budgets', rule } });
  }
  return {
    of: (scope) => groups.flatMap((group) => accountOf(group, scope) ?? []),
    windowAt: (key, nowMs) => groups.find((group) => key.startsWith(group.key))?.windowAt?.(nowMs),
  };
}

/** The account of a grant whose uses are counted. It never ends. */
export function grantAccount({ id, maxInvocations }: NonNullable<HoldRequest['grant']>): LimitedAccount {
  const place: AccountPlace = { key: `grant|${id}`, windowAt: () => ({ kind: 'endless' }) };
  return { axis: 'grant', place, limit: { calls: maxInvocations }, pauseAt: {}, warnAt: {} };
}

/** The first dimension that is limited and of which the estimate says nothing. */
export function findUnestimated(
  accounts: readonly LimitedAccount[],
  estimate: ResourceAmounts,
): ResourceDimension | undefined {
  return RESOURCE_DIMENSIONS.find(
    (dimension) => estimate[dimension] === undefined && accounts.some(({ limit }) => limit[dimension] !== undefined),
  );
}

/** The limits that count in the same accounts. */
interface LimitGroup {
  readonly key: string;
  readonly axis: BudgetAxis;
  readonly period: BudgetPeriod;
  readonly windowAt: AccountPlace['windowAt'] | undefined;
  readonly limits: readonly ParsedBudgetLimit[];
}

function toGroup(key: string, limits: readonly ParsedBudgetLimit[]): LimitGroup {
  const [{ axis, period }] = limits as [ParsedBudgetLimit];
  return { key, axis, period, windowAt: period.kind === 'per_call' ? undefined : createWindowOf(period), limits };
}

function accountOf(
  { key, axis, period, windowAt, limits }: LimitGroup,
  scope: ResourceScope,
): BudgetAccount | undefined {
  const owner = ownerOf(axis, scope);
  if (owner === undefined) return undefined;
  const reaching = limits.filter(({ id }) => id === undefined || id === owner.id);
  if (reaching.length === 0) return undefined;
  return {
    axis,
    id: owner.id,
    period,
    place: windowAt === undefined ? undefined : { key: `${key}${toScopeKey(owner.scope)}`, windowAt },
    limit: narrowest(reaching.map(({ limit }) => limit)),
    pauseAt: narrowest(reaching.map(({ limit, pauseAt }) => (pauseAt === undefined ? {} : shareOf(limit, pauseAt)))),
    warnAt: narrowest(reaching.map(({ limit, warnAt }) => (warnAt === undefined ? {} : shareOf(limit, warnAt)))),
  };
}

/** Whose account it is: its id, and everything that the id stands within. */
function ownerOf(
  axis: BudgetAxis,
  { tenantId, userId, projectId, agentId, threadId }: ResourceScope,
): { readonly id: string; readonly scope: Partial<ResourceScope> } | undefined {
  switch (axis) {
    case 'tenant':
      return { id: tenantId, scope: { tenantId } };
    case 'user':
      return { id: userId, scope: { tenantId, userId } };
    case 'project':
      return projectId && { id: projectId, scope: { tenantId, userId, projectId } };
    case 'agent':
      return agentId && { id: agentId, scope: { tenantId, userId, agentId } };
    case 'thread':
      return threadId && { id: threadId, scope: { tenantId, userId, projectId, agentId, threadId } };
  }
}

function narrowest(amounts: readonly ResourceAmounts[]): ResourceAmounts {
  return amounts.reduce(narrowerAmounts, {});
}

function isLimit({ limit }: ParsedBudgetLimit): boolean {
  return Object.keys(limit).length > 0;
}

/** With what the keys of its accounts begin. Invariant: no such text begins another. */
function toGroupKey({ axis, period }: ParsedBudgetLimit): string {
  return `budget|${axis}|${'timeZone' in period ? `${period.kind}:${period.timeZone}` : period.kind}|`;
}
