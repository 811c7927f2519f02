/**
 * The reservation: amounts that one attempt of one call holds in several accounts at once. It is closed exactly once, and
 * closing it settles every account, because both stand in one unit.
 *
 * Not here: counting (`limiter.ts`), when an attempt counts as lost (`@reborn/host-runtime`).
 * Source: specification 2, a.8.
 */
import { z } from 'zod';
import { boundedLine } from '../bounded-text.ts';
import { invocationIdSchema } from '../ids.ts';
import { RECORD_KEY_BYTES_MAX, RESERVATION_ACCOUNTS_MAX } from '../limits.ts';
import { resourceAmountsSchema, type ResourceAmounts } from '../resource.ts';
import { limiterMachine, type LimiterTerms, type LimiterWindow } from './limiter.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

const reserved = {
  /** The idempotency record of the effect: calls of other people may have the same invocation. */
  effectKey: boundedLine(RECORD_KEY_BYTES_MAX),
  invocationId: invocationIdSchema,
  attempt: z.int().positive(),
  /** The keys of the accounts; `held` is held in each of them. */
  accounts: z.array(boundedLine(RECORD_KEY_BYTES_MAX)).min(1).max(RESERVATION_ACCOUNTS_MAX),
  held: resourceAmountsSchema,
};

/** `used`: what the accounts were charged. Units: milliseconds since 1970. */
const reservationRowSchema = z.strictObject({
  status: z.enum(['active', 'reconciled', 'released', 'lost']),
  ...reserved,
  used: resourceAmountsSchema.optional(),
  openedAtMs: z.int().nonnegative(),
});
export type ReservationRow = z.infer<typeof reservationRowSchema>;

const reservationCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('open'), ...reserved }),
  z.strictObject({ trigger: z.literal('reconcile'), used: resourceAmountsSchema }),
  z.strictObject({ trigger: z.literal('release') }),
  z.strictObject({ trigger: z.literal('lose') }),
]);
type ReservationCommand = z.infer<typeof reservationCommandSchema>;

/** Refusals: each illegal edge as `<trigger>_from_<status>`, so that a closed reservation says how it was closed. */
export const reservationMachine = defineMachine<ReservationRow, ReservationCommand>({
  name: 'reservation',
  module: import.meta.url,
  row: reservationRowSchema,
  command: reservationCommandSchema,
  transitions: [
    { from: 'none', trigger: 'open', to: 'active' },
    { from: 'active', trigger: 'reconcile', to: 'reconciled' },
    { from: 'active', trigger: 'release', to: 'released' },
    { from: 'active', trigger: 'lose', to: 'lost' },
  ],
  decide: decideReservation,
  index: (row) => ({ owner: row.invocationId, status: row.status, rank: row.openedAtMs }),
});

export type NewReservation = Pick<ReservationRow, 'effectKey' | 'invocationId' | 'attempt' | 'held'>;

/** One account of a reservation, and what it has to keep to. */
export interface ReservedAccount {
  readonly key: string;
  readonly terms: LimiterTerms;
}

/** The key of the reservation of one attempt. */
export function toReservationKey({ effectKey, attempt }: Pick<NewReservation, 'effectKey' | 'attempt'>): string {
  return `${effectKey}#${attempt}`;
}

/** Holds the amounts in every account, or, since they stand in one unit, in none. Shape: one or more accounts. */
export function reserveAmounts(
  { effectKey, invocationId, attempt, held }: NewReservation,
  accounts: readonly ReservedAccount[],
): readonly TransitionWrite[] {
  const keys = accounts.map(({ key }) => key);
  const opened = { effectKey, invocationId, attempt, accounts: keys, held };
  return [
    transition(reservationMachine, toReservationKey(opened), { trigger: 'open', ...opened }),
    ...accounts.map(({ key, terms }) =>
      transition(limiterMachine, key, { trigger: 'reserve', amounts: held, ...terms }),
    ),
  ];
}

/** `window`: in which it is settled, where that is known. */
export interface SettledAccount {
  readonly key: string;
  readonly window: LimiterWindow | undefined;
}

/** Moves what was held to what was used, also when that is more. */
export function reconcileReservation(
  reservation: NewReservation,
  accounts: readonly SettledAccount[],
  used: ResourceAmounts,
): readonly TransitionWrite[] {
  return close(reservation, accounts, { trigger: 'reconcile', used }, used);
}

/** Gives back what was held: nothing was used. */
export function releaseReservation(
  reservation: NewReservation,
  accounts: readonly SettledAccount[],
): readonly TransitionWrite[] {
  return close(reservation, accounts, { trigger: 'release' }, {});
}

/** Charges what was held: nobody knows what was used. */
export function presumeReservationLost(
  reservation: NewReservation,
  accounts: readonly SettledAccount[],
): readonly TransitionWrite[] {
  return close(reservation, accounts, { trigger: 'lose' }, reservation.held);
}

function close(
  reservation: NewReservation,
  accounts: readonly SettledAccount[],
  command: ReservationCommand,
  used: ResourceAmounts,
): readonly TransitionWrite[] {
  return [
    transition(reservationMachine, toReservationKey(reservation), command),
    ...accounts.map(({ key, window }) =>
      transition(limiterMachine, key, { trigger: 'settle', held: reservation.held, used, window }),
    ),
  ];
}

function decideReservation(
  row: ReservationRow | undefined,
  command: ReservationCommand,
  { nowMs }: DecisionContext,
): Decision<ReservationRow> {
  if (command.trigger === 'open') {
    const { trigger: _, ...opened } = command;
    return { kind: 'write', row: { status: 'active', ...opened, openedAtMs: nowMs } };
  }
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  switch (command.trigger) {
    case 'reconcile':
      return { kind: 'write', row: { ...row, status: 'reconciled', used: command.used } };
    case 'release':
      return { kind: 'write', row: { ...row, status: 'released' } };
    case 'lose':
      return { kind: 'write', row: { ...row, status: 'lost', used: row.held } };
  }
}
