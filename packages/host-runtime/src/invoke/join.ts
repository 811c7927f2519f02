/**
 * An effect that somebody has announced and not settled: wait for them, or, when they are gone, say that nobody knows.
 *
 * Source: rulings, section 3; specification 2, f.1.
 */
import {
  getRecord,
  idempotencyMachine,
  presumeEffectLost,
  type IdempotencyRow,
  type LeaseProof,
} from '@reborn/host-api';
import type { InvokeOutcome } from '../host-runtime.ts';
import { JOIN_LOOK_MS } from '../limits.ts';
import { effectOf, failedOutcome, guardOf, leaseOf, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { lostWrites } from './recover.ts';
import { refuseLostLease } from './step.ts';
import { toStoredOutcome } from './stored-outcome.ts';

type Intended = Extract<IdempotencyRow, { status: 'intended' }>;

/** `look_again`: the record moved or may have moved. `contended`: it could not be given up, though its caller is gone. */
export type JoinOutcome =
  | { readonly kind: 'look_again' | 'contended' }
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
  const { attempt } = row;
  const { scope, correlationId, run } = call.context;
  const { capabilityId, invocationId } = call;
  const about = {
    scope,
    correlationId,
    capabilityId,
    invocationId,
    ...(run === undefined ? {} : { runId: run.runId }),
  };
  const cause = isFenced(row, leaseOf(call)) ? 'lease_fenced' : 'time_over';
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    presumeEffectLost(call.effectKey, effectOf(call), attempt, toStoredOutcome(outcome), leaseOf(call)),
    ...(await lostWrites(dependencies, about, { effectKey: call.effectKey, attempt }, cause)),
  ]);
  if (committed.kind === 'committed') return { kind: 'outcome', outcome };
  refuseLostLease(call, committed);
  return committed.reason === 'still_running' ? undefined : { kind: 'contended' };
}

/** Looks once more when it listens: what was settled since the row was read is told to nobody. */
async function waitForChange(
  dependencies: RuntimeDependencies,
  call: Call,
  row: Intended,
  signal: AbortSignal,
): Promise<void> {
  const heard = listen(dependencies, call, row, signal);
  try {
    const now = await getRecord(dependencies.store, idempotencyMachine, call.effectKey);
    if (now?.status === row.status && now.attempt === row.attempt) await heard.change;
  } finally {
    heard.stop();
  }
}

/** Whoever settles the effect writes it into the tenant's journal; time alone makes a difference once it is over. */
function listen(
  { store, timers, clock }: RuntimeDependencies,
  call: Call,
  row: Intended,
  signal: AbortSignal,
): { readonly change: Promise<void>; stop(): void } {
  const { tenantId } = call.context.scope;
  const change = Promise.withResolvers<void>();
  const tell = (): void => change.resolve();
  const off = store.onCommit(tell, { family: 'journal', tenantId });
  const cancel = timers.schedule(Math.max(JOIN_LOOK_MS, row.settleByMs - clock.nowMs()), tell);
  signal.addEventListener('abort', tell, { once: true });
  const stop = (): void => {
    off();
    cancel();
    signal.removeEventListener('abort', tell);
  };
  return { change: change.promise, stop };
}
