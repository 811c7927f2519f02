/**
 * What calls use up, in the dimensions that the host can measure or bound, and the arithmetic of it. Money is decimal
 * text; nothing is rounded.
 *
 * Not here: how much of it somebody may use (budgets of `@reborn/host-runtime`), holding it durably (`durable/limiter.ts`).
 * Source: specification 2, a.8; rulings, section 12.
 */
import { Decimal } from 'decimal.js';
import { z } from 'zod';
import { MONEY_DIGITS_MAX, RESOURCE_AMOUNT_MAX } from './limits.ts';

const Money = Decimal.clone({
  precision: 2 * MONEY_DIGITS_MAX,
  toExpNeg: -MONEY_DIGITS_MAX,
  toExpPos: MONEY_DIGITS_MAX,
});

/** US dollars as decimal text: no sign, no exponent, at most 18 digits before and 12 behind the point. */
export const moneySchema = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?$/, 'must be a decimal number as text, such as "0.25"')
  .transform((text) => toMoney(new Money(text)));

const amount = z.int().min(0).max(RESOURCE_AMOUNT_MAX);

/** The dimensions, in the order in which they are compared and shown. */
export const RESOURCE_DIMENSIONS = [
  'usd',
  'inputTokens',
  'outputTokens',
  'wallClockMs',
  'outputBytes',
  'egressBytes',
  'processes',
  'calls',
] as const;
export type ResourceDimension = (typeof RESOURCE_DIMENSIONS)[number];

/**
 * Amounts of some dimensions; an absent one is nothing. `usd` is decimal text, the others are whole numbers.
 * Units: milliseconds; bytes (`egressBytes`: outbound request bytes only); `processes` and `calls` are counts.
 */
export const resourceAmountsSchema = z.strictObject({
  usd: moneySchema.optional(),
  inputTokens: amount.optional(),
  outputTokens: amount.optional(),
  wallClockMs: amount.optional(),
  outputBytes: amount.optional(),
  egressBytes: amount.optional(),
  processes: amount.optional(),
  calls: amount.optional(),
});
export type ResourceAmounts = z.infer<typeof resourceAmountsSchema>;

/** Dimension by dimension. Errors: none; whole numbers saturate at the largest amount, money at the largest text. */
export function addAmounts(left: ResourceAmounts, right: ResourceAmounts): ResourceAmounts {
  return combine(left, right, (a, b) => a.plus(b));
}

/** Dimension by dimension, never below nothing. */
export function subtractAmounts(left: ResourceAmounts, right: ResourceAmounts): ResourceAmounts {
  return combine(left, right, (a, b) => Money.max(a.minus(b), 0));
}

/** The dimensions in which `amounts` is more than `limit`; a dimension that `limit` does not name has no limit. */
export function exceededDimensions(amounts: ResourceAmounts, limit: ResourceAmounts): readonly ResourceDimension[] {
  return exceededBySum([amounts], limit);
}

/** The same for a sum, which does not saturate here: what is too much to be counted is too much. */
export function exceededBySum(
  amounts: readonly ResourceAmounts[],
  limit: ResourceAmounts,
): readonly ResourceDimension[] {
  return RESOURCE_DIMENSIONS.filter((dimension) => {
    const most = limit[dimension];
    return most !== undefined && Money.sum(0, ...amounts.map((part) => part[dimension] ?? 0)).gt(most);
  });
}

/** The smaller of each dimension that either names. */
export function narrowerAmounts(left: ResourceAmounts, right: ResourceAmounts): ResourceAmounts {
  const found: Record<string, string | number> = {};
  for (const dimension of RESOURCE_DIMENSIONS) {
    const [a, b] = [left[dimension], right[dimension]];
    const narrow = a === undefined ? b : b === undefined || new Money(a).lte(b) ? a : b;
    if (narrow !== undefined) found[dimension] = narrow;
  }
  return found;
}

/** `share` (0–1) of each amount; whole numbers are rounded down. */
export function shareOf(amounts: ResourceAmounts, share: number): ResourceAmounts {
  return combine(amounts, {}, (a, _b, dimension) => {
    const part = a.times(share);
    return dimension === 'usd' ? part.toDecimalPlaces(12, Decimal.ROUND_DOWN) : part.floor();
  });
}

function combine(
  left: ResourceAmounts,
  right: ResourceAmounts,
  join: (left: Decimal, right: Decimal, dimension: ResourceDimension) => Decimal,
): ResourceAmounts {
  const found: Record<string, string | number> = {};
  for (const dimension of RESOURCE_DIMENSIONS) {
    if (left[dimension] === undefined && right[dimension] === undefined) continue;
    const joined = join(new Money(left[dimension] ?? 0), new Money(right[dimension] ?? 0), dimension);
    if (dimension === 'usd') found[dimension] = toMoney(joined);
    else found[dimension] = Money.min(joined, RESOURCE_AMOUNT_MAX).toNumber();
  }
  return found;
}

function toMoney(value: Decimal): string {
  return Money.min(value, MONEY_MAX).toFixed();
}

/** The largest sum that the form of money can write. */
const MONEY_MAX = new Money('999999999999999999.999999999999');
