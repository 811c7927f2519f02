/**
 * The limiter: one account of what is used up within a window, and of what is held for effects that are not over. The
 * limits come with each command, because they belong to whoever configures the host.
 *
 * Not here: closing what is held exactly once (`reservation.ts`), which accounts and limits there are (their owners).
 * Source: specification 2, a.8; rulings, section 4.
 */
import { z } from 'zod';
import { WINDOW_STARTS_MAX } from '../limits.ts';
import {
  addAmounts,
  exceededBySum,
  RESOURCE_DIMENSIONS,
  resourceAmountsSchema,
  subtractAmounts,
  type ResourceAmounts,
  type ResourceDimension,
} from '../resource.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

/**
 * Over which time an account adds up. `from_first_use`: a span that begins with its first use. `calendar`: instants at
 * which periods begin, from before the present to behind it, so that clocks may differ by a period.
 * Shape: `startsMs` ascends. Units: milliseconds; instants since 1970.
 */
const limiterWindowSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('endless') }),
  z.strictObject({ kind: z.literal('from_first_use'), lengthMs: z.int().positive() }),
  z.strictObject({
    kind: z.literal('calendar'),
    startsMs: z.array(z.int()).min(2).max(WINDOW_STARTS_MAX).refine(ascends, 'must ascend'),
  }),
]);
export type LimiterWindow = z.infer<typeof limiterWindowSchema>;

/**
 * `used` belongs to the window that begins at `startsAtMs`, `held` to no window: it stays until it is settled.
 * Units: milliseconds since 1970.
 */
const limiterRowSchema = z.strictObject({
  status: z.literal('open'),
  startsAtMs: z.int(),
  used: resourceAmountsSchema,
  held: resourceAmountsSchema,
});
export type LimiterRow = z.infer<typeof limiterRowSchema>;

const terms = {
  window: limiterWindowSchema,
  /** More than this is never let through. */
  limit: resourceAmountsSchema.optional(),
  /** More than this is let through only when somebody allows it, by leaving it out. */
  pauseAt: resourceAmountsSchema.optional(),
};
const limiterCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('reserve'), amounts: resourceAmountsSchema, ...terms }),
  z.strictObject({ trigger: z.literal('charge'), amounts: resourceAmountsSchema, ...terms }),
  z.strictObject({
    trigger: z.literal('settle'),
    held: resourceAmountsSchema,
    used: resourceAmountsSchema,
    window: limiterWindowSchema.optional(),
  }),
]);
type LimiterCommand = z.infer<typeof limiterCommandSchema>;
export type LimiterTerms = Pick<Extract<LimiterCommand, { trigger: 'reserve' }>, 'window' | 'limit' | 'pauseAt'>;

/** `exhausted`: beyond the limit. `paused`: beyond the threshold below it. */
export interface LimiterRefusal {
  readonly reason: 'exhausted' | 'paused';
  readonly dimension: ResourceDimension;
}

/** An account at an instant. `endsAtMs` is absent for a window without end. Units: milliseconds since 1970. */
export interface LimiterStanding extends Omit<LimiterRow, 'status'> {
  readonly endsAtMs?: number;
}

/**
 * `settle` is not refused for any limit or window: what was used was used, also above what was held. It counts in the
 * window in which it is settled, or, where that is not known, in the last one.
 * Refusals: `exhausted_<dimension>`, `paused_<dimension>`, and `window_unknown` (the present lies in none of the periods
 * that were sent).
 */
export const limiterMachine = defineMachine<LimiterRow, LimiterCommand>({
  name: 'limiter',
  module: import.meta.url,
  row: limiterRowSchema,
  command: limiterCommandSchema,
  transitions: [
    { from: 'none', trigger: 'reserve', to: 'open' },
    { from: 'open', trigger: 'reserve', to: 'open' },
    { from: 'none', trigger: 'charge', to: 'open' },
    { from: 'open', trigger: 'charge', to: 'open' },
    { from: 'open', trigger: 'settle', to: 'open' },
  ],
  decide: decideLimiter,
  index: ({ status }) => ({ owner: 'limiter', status, rank: 0 }),
});

/** Adds to what is used without holding it first. */
export function chargeAmounts(account: string, amounts: ResourceAmounts, terms: LimiterTerms): TransitionWrite {
  return transition(limiterMachine, account, { trigger: 'charge', amounts, ...terms });
}

/** Which refusal a conflict tells; `undefined` for any other reason. */
export function parseLimiterRefusal(reason: string): LimiterRefusal | undefined {
  for (const kind of ['exhausted', 'paused'] as const) {
    const dimension = RESOURCE_DIMENSIONS.find((name) => reason === `${kind}_${name}`);
    if (dimension !== undefined) return { reason: kind, dimension };
  }
  return undefined;
}

/** Why an account as it stands would not take `amounts` more; the limit comes before the threshold. */
export function findLimiterRefusal(
  { used, held }: Pick<LimiterRow, 'used' | 'held'>,
  amounts: ResourceAmounts,
  { limit = {}, pauseAt = {} }: Pick<LimiterTerms, 'limit' | 'pauseAt'>,
): LimiterRefusal | undefined {
  const parts = [used, held, amounts];
  const [exhausted] = exceededBySum(parts, limit);
  if (exhausted !== undefined) return { reason: 'exhausted', dimension: exhausted };
  const [paused] = exceededBySum(parts, pauseAt);
  return paused === undefined ? undefined : { reason: 'paused', dimension: paused };
}

/**
 * The account as it stands at an instant: in another window than its last one nothing is used yet. A clock that goes back
 * gives nothing back. `undefined` when the instant lies in none of the periods.
 */
export function limiterAccountAt(
  row: LimiterRow | undefined,
  window: LimiterWindow,
  nowMs: number,
): LimiterStanding | undefined {
  const span = spanAt(row, window, nowMs);
  if (span === undefined) return undefined;
  const used = row !== undefined && row.startsAtMs >= span.startsAtMs ? row.used : {};
  return { ...span, used, held: row?.held ?? {} };
}

function decideLimiter(
  row: LimiterRow | undefined,
  command: LimiterCommand,
  { nowMs }: DecisionContext,
): Decision<LimiterRow> {
  const account = command.window === undefined ? row : limiterAccountAt(row, command.window, nowMs);
  if (command.trigger === 'settle') {
    const settled = account ?? row;
    if (settled === undefined) return { kind: 'refuse', reason: 'settle_from_none' };
    const { startsAtMs, used, held } = settled;
    return write(startsAtMs, addAmounts(used, command.used), subtractAmounts(held, command.held));
  }
  if (account === undefined) return { kind: 'refuse', reason: 'window_unknown' };
  const { startsAtMs, used, held } = account;
  const { trigger, amounts } = command;
  const refusal = findLimiterRefusal(account, amounts, command);
  if (refusal !== undefined) return { kind: 'refuse', reason: `${refusal.reason}_${refusal.dimension}` };
  return trigger === 'reserve'
    ? write(startsAtMs, used, addAmounts(held, amounts))
    : write(startsAtMs, addAmounts(used, amounts), held);
}

function write(startsAtMs: number, used: ResourceAmounts, held: ResourceAmounts): Decision<LimiterRow> {
  return { kind: 'write', row: { status: 'open', startsAtMs, used, held } };
}

function spanAt(
  row: LimiterRow | undefined,
  window: LimiterWindow,
  nowMs: number,
): Pick<LimiterStanding, 'startsAtMs' | 'endsAtMs'> | undefined {
  const begunMs = row?.startsAtMs ?? nowMs;
  switch (window.kind) {
    case 'endless':
      return { startsAtMs: begunMs };
    case 'from_first_use': {
      const startsAtMs = Math.abs(nowMs - begunMs) < window.lengthMs ? begunMs : nowMs;
      return { startsAtMs, endsAtMs: startsAtMs + window.lengthMs };
    }
    case 'calendar':
      return periodAt(window.startsMs, Math.max(nowMs, begunMs)) ?? periodAt(window.startsMs, nowMs);
  }
}

function periodAt(
  startsMs: readonly number[],
  atMs: number,
): { readonly startsAtMs: number; readonly endsAtMs: number } | undefined {
  const endsAtMs = startsMs.find((startMs) => startMs > atMs);
  const startsAtMs = startsMs.findLast((startMs) => startMs <= atMs);
  return startsAtMs === undefined || endsAtMs === undefined ? undefined : { startsAtMs, endsAtMs };
}

function ascends(startsMs: readonly number[]): boolean {
  return startsMs.every((startMs, at) => at === 0 || startMs >= (startsMs[at - 1] ?? startMs));
}
