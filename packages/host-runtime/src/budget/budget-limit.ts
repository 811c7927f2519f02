/**
 * How much may be used up, as the host's configuration says it.
 *
 * Not here: which accounts a limit reaches (`budget-account.ts`), when its periods begin (`budget-window.ts`).
 * Source: specification 2, a.8.
 */
import {
  boundedLine,
  RESOURCE_DIMENSIONS,
  resourceAmountsSchema,
  SCOPE_ID_BYTES_MAX,
  type ResourceAmounts,
} from '@reborn/host-api';
import { z } from 'zod';
import { BUDGET_LIMITS_MAX, TIME_ZONE_BYTES_MAX } from '../limits.ts';

/** The accounts of one call, in the order in which they are charged: the widest first. */
export const BUDGET_AXES = ['tenant', 'user', 'project', 'agent', 'thread'] as const;
/** Whose account is charged. A project and an agent are those of one user, a thread is one conversation of theirs. */
export type BudgetAxis = (typeof BUDGET_AXES)[number];

const timeZone = boundedLine(TIME_ZONE_BYTES_MAX).refine(isTimeZone, 'must be a time zone, such as "Europe/Berlin"');

/**
 * `per_call` limits each call alone, `rolling_day` 24 hours that begin with their first use; `day`, `week` (from Monday)
 * and `month` begin at midnight of a time zone, UTC unless told.
 */
const budgetPeriodSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('per_call') }),
  z.strictObject({ kind: z.literal('rolling_day') }),
  z.strictObject({ kind: z.enum(['day', 'week', 'month']), timeZone: timeZone.default('UTC') }),
]);
export type BudgetPeriod = z.output<typeof budgetPeriodSchema>;

const share = z.number().min(0).max(1);

/**
 * A limit on every account of one axis, or, with `id`, on the accounts of that id. All limits that reach a call hold.
 * A dimension without a limit, or with a limit of zero, is unlimited. Beyond `warnAt` and `pauseAt`, which are shares of
 * each limit, a call is reported or has to be let go on by somebody; absent, there is no such threshold.
 * Invariant: `warnAt` is at most `pauseAt`.
 */
export const budgetLimitSchema = z
  .strictObject({
    axis: z.enum(BUDGET_AXES),
    id: boundedLine(SCOPE_ID_BYTES_MAX).optional(),
    period: budgetPeriodSchema,
    limit: resourceAmountsSchema.transform(withoutZeros),
    warnAt: share.optional(),
    pauseAt: share.optional(),
  })
  .refine(({ warnAt, pauseAt }) => warnAt === undefined || pauseAt === undefined || warnAt <= pauseAt, {
    path: ['warnAt'],
    message: 'must be at most pauseAt',
  });
/** A limit as it is written down. */
export type BudgetLimit = z.input<typeof budgetLimitSchema>;
export type ParsedBudgetLimit = z.output<typeof budgetLimitSchema>;

export const budgetLimitsSchema = z.array(budgetLimitSchema).max(BUDGET_LIMITS_MAX);

function withoutZeros(amounts: ResourceAmounts): ResourceAmounts {
  const limited = RESOURCE_DIMENSIONS.filter((dimension) => {
    const most = amounts[dimension];
    return most !== undefined && most !== 0 && most !== '0';
  });
  return Object.fromEntries(limited.map((dimension) => [dimension, amounts[dimension]]));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
