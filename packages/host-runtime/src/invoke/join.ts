/**
 * An effect that somebody has announced and not settled: wait for them, or, when they are gone, say that nobody knows.
 *
 * Source: rulings, section 3; specification 2, f.1.
 */
import { presumeEffectLost, type IdempotencyRow, type LeaseProof } from '@reborn/host-api';
import { toAppends } from '@reborn/events';
import type { InvokeOutcome } from '../host-runtime.ts';
import { JOIN_LOOK_MS } from '../limits.ts';
import { effectOf, failedOutcome, guardOf, leaseOf, recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { refuseLostLease } from './step.ts';
import { toStoredOutcome } from './stored-outcome.ts';

type Intended = Extract<IdempotencyRow, { status: 'intended' }>;

/** `look_again`: the record moved or may have moved. */
export type JoinOutcome =
  | { readonly kind: 'look_again' }
  | { readonly kind: 'outcome'; readonly outcome: InvokeOutcome };

export async function join(
  dependencies: RuntimeDependencies,
  call: Call,
  row: Intended,
  signal: AbortSignal,
): Promise<JoinOutcome> {
  const lost = isGone(row, leaseOf(call), dependencies.clock.nowMs())
    ? await presumeLost(dependencies, call, row)
    : undefined;
  if (lost !== undefined) return lost;
  if (signal.aborted) return { kind: 'outcome', outcome: failedOutcome(call, 'cancelled', 'uncertain') };
  await waitForChange(dependencies, call, row, signal);
  return { kind: 'look_again' };
}

function isGone(row: Intended, mine: LeaseProof | undefined, nowMs: number): boolean {
  return isFenced(row, mine) || nowMs >= row.settleByMs;
}

/** A newer token of the same lease: whoever announced the effect has lost its run to this caller. */
function isFenced(row: Intended, mine: LeaseProof | undefined): boolean {
  return row.lease !== undefined && row.lease.key === mine?.key && mine.fence > row.lease.fence;
}

/** `undefined`: not yet, says the writer, whose clock is another one. */
async function presumeLost(
  dependencies: RuntimeDependencies,
  call: Call,
  row: Intended,
): Promise<JoinOutcome | undefined> {
  const outcome = failedOutcome(call, 'uncertain', 'uncertain');
  const about = { effect: 'uncertain', errorKind: 'uncertain' } as const;
  const { attempt } = row;
  const cause = isFenced(row, leaseOf(call)) ? 'lease_fenced' : 'time_over';
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    presumeEffectLost(call.effectKey, effectOf(call), row.attempt, toStoredOutcome(outcome), leaseOf(call)),
    ...toAppends([
      { ...recordBase(dependencies, call), kind: 'dispatch_failed', ...about },
      { ...recordBase(dependencies, call), kind: 'recovery_marked', attempt, found: 'uncertain', cause },
      { ...recordBase(dependencies, call), kind: 'effect_settled', attempt, outcome: 'failed', ...about },
    ]),
  ]);
  if (committed.kind === 'committed') return { kind: 'outcome', outcome };
  refuseLostLease(call, committed);
  return committed.reason === 'still_running' ? undefined : { kind: 'look_again' };
}

/** Whoever settles the effect writes it into the tenant's journal; time alone makes a difference once it is over. */
function waitForChange(
  dependencies: RuntimeDependencies,
  call: Call,
  row: Intended,
  signal: AbortSignal,
): Promise<void> {
  const { store, timers, clock } = dependencies;
  const { tenantId } = call.context.scope;
  return new Promise((resolve) => {
    const done = (): void => {
      off();
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const off = store.onCommit(() => done(), { family: 'journal', tenantId });
    const cancel = timers.schedule(Math.max(JOIN_LOOK_MS, row.settleByMs - clock.nowMs()), () => done());
    signal.addEventListener('abort', done, { once: true });
  });
}
