/**
 * What is held for one attempt of one call, as the writes that hold and close it.
 *
 * Not here: whether it may be held (`durable-budgets.ts`), which units the writes join (`../invoke/`).
 * Source: rulings, section 2, barriers.
 */
import {
  chargeAmounts,
  limiterMachine,
  parseLimiterRefusal,
  reconcileReservation,
  releaseReservation,
  reservationMachine,
  reserveAmounts,
  RESOURCE_DIMENSIONS,
  toReservationKey,
  type ResourceAmounts,
  type SettledAccount,
  type Write,
} from '@reborn/host-api';
import type { LimitedAccount } from './budget-account.ts';
import type { BudgetHold, BudgetWarning, HoldRequest } from './budgets.ts';

interface HoldTerms {
  readonly request: HoldRequest;
  readonly accounts: readonly LimitedAccount[];
  readonly amounts: ResourceAmounts;
  readonly warnings: readonly BudgetWarning[];
  readonly nowMs: () => number;
  readonly forget: () => void;
}

export function createHold({ request, accounts, amounts, warnings, nowMs, forget }: HoldTerms): BudgetHold {
  const { effectKey, invocationId, attempt, reads, overridden } = request;
  const placed = accounts.flatMap(({ place, ...account }) => (place === undefined ? [] : [{ ...place, ...account }]));
  const counted = placed.filter(({ axis }) => axis !== 'grant');
  const reservation = { effectKey, invocationId, attempt, held: amounts };
  const settled = (): readonly SettledAccount[] =>
    counted.map(({ key, windowAt }) => ({ key, window: windowAt(nowMs()) }));
  const chargeFor = (used: ResourceAmounts): ResourceAmounts => fillIn({ ...used, calls: 1 }, amounts);

  return {
    held: amounts,
    warnings,
    reserve: reads ? [] : [...reserve(), ...chargeGrant()],
    chargeFor,
    reconcile: (used) => {
      const charged = chargeFor(used);
      if (reads) return [...counted.map((account) => charge(account, charged)), ...chargeGrant()];
      return counted.length === 0 ? [] : reconcileReservation(reservation, settled(), charged);
    },
    release: () => (reads || counted.length === 0 ? [] : releaseReservation(reservation, settled())),
    blockedBy: ({ machine, key, reason }) => {
      if (machine === reservationMachine.name) {
        return key === toReservationKey(reservation) ? 'look_again' : undefined;
      }
      const account = placed.find((account) => account.key === key);
      if (machine !== limiterMachine.name || account === undefined) return undefined;
      const refusal = parseLimiterRefusal(reason);
      // A threshold is nothing to ask about while another account may be exhausted: who looks again sees all of them.
      return refusal?.reason === 'exhausted' ? { axis: account.axis, ...refusal } : 'look_again';
    },
    forget,
  };

  function reserve(): readonly Write[] {
    if (counted.length === 0) return [];
    return reserveAmounts(
      reservation,
      counted.map(({ key, windowAt, limit, pauseAt }) => ({
        key,
        terms: { window: windowAt(nowMs()), limit, ...(overridden ? {} : { pauseAt }) },
      })),
    );
  }

  /** What was used was used: a limit does not refuse it any more. */
  function charge({ key, windowAt }: (typeof placed)[number], charged: ResourceAmounts): Write {
    return chargeAmounts(key, charged, { window: windowAt(nowMs()) });
  }

  /** A grant is authority: it is never used more often than it may be. */
  function chargeGrant(): readonly Write[] {
    return placed
      .filter(({ axis }) => axis === 'grant')
      .map(({ key, windowAt, limit }) => chargeAmounts(key, { calls: 1 }, { window: windowAt(nowMs()), limit }));
  }
}

/** Dimension by dimension what the first names, otherwise what the second does. */
function fillIn(amounts: ResourceAmounts, otherwise: ResourceAmounts): ResourceAmounts {
  const known = RESOURCE_DIMENSIONS.map(
    (dimension) => [dimension, amounts[dimension] ?? otherwise[dimension]] as const,
  );
  return Object.fromEntries(known.filter(([, amount]) => amount !== undefined));
}
