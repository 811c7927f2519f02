/**
 * What a worker may write while it holds a run: steps, and one end. Every unit carries the proof of its lease, so a
 * worker that was overtaken writes nothing.
 *
 * Not here: whether an end is believed (`../loop-exit/validate.ts`).
 */
import {
  assert,
  checkGateOpen,
  checkLease,
  eventIdSchema,
  getRecord,
  parseWith,
  releaseLease,
  type AppendWrite,
  type CommitOutcome,
  type GateId,
  type Write,
} from '@reborn/host-api';
import { checkpointSchema, storeCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { TurnsError } from '../errors.ts';
import { closeGates } from '../gate-closing.ts';
import { toOutbox, type TurnEventKind } from '../lifecycle-event.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import { loopExitSchema } from '../loop-exit/exit.ts';
import { moveRun, runMachine, type RunFailure, type RunRow } from '../run.ts';
import { unlockThread } from '../thread-lock.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';
import { appendEntries } from '../transcript/transcript.ts';
import type { ClaimedRun } from './claim.ts';
import type { RunnerDependencies } from './dependencies.ts';

/** `lost`: the lease is gone; nothing was written, and the worker must stop. */
export type StepOutcome = { readonly kind: 'written' } | { readonly kind: 'lost' };

/** The end of one sitting. `parked` is not an end of the run. */
export type RunEnd =
  | { readonly kind: 'completed'; readonly replyEntryId: TranscriptEntry['entryId'] }
  | { readonly kind: 'parked'; readonly gates: readonly GateId[]; readonly checkpoint: Checkpoint }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: RunFailure };

/** `gate_answered`: a gate was resolved while the run was on its way to park; look at it again. */
export type EndOutcome = StepOutcome | { readonly kind: 'gate_answered' };

/**
 * One checkpoint, what was said since the last one and what else belongs to it, together. Errors: `host-api/invalid_value` naming the field;
 * `turns/invalid_request` for entries of another run and for words put into a person's mouth.
 */
export async function writeStep(
  dependencies: RunnerDependencies,
  claimed: ClaimedRun,
  step: { readonly checkpoint: Checkpoint; readonly entries: readonly TranscriptEntry[] },
  also: readonly AppendWrite[] = [],
): Promise<StepOutcome> {
  const { store, clock } = dependencies;
  const { run, lease } = claimed;
  const checkpoint = parseWith(checkpointSchema, step.checkpoint, 'checkpoint');
  for (const entry of step.entries) {
    if (entry.runId !== run.runId) throw invalid('entries.runId', 'must be the run at work');
    if (entry.kind === 'user_message') throw invalid('entries.kind', 'must be of the model or of a tool');
  }
  const entries = step.entries.length === 0 ? [] : [appendEntries(run.scope, step.entries, clock.nowMs())];
  const outcome = await store.commit([checkLease(lease), storeCheckpoint(run.runId, checkpoint), ...entries, ...also]);
  return { kind: outcome.kind === 'committed' ? 'written' : 'lost' };
}

/**
 * Ends the sitting and gives the lease back, in one unit. `opened`: the gates that were opened in this sitting; the end of
 * the run closes them with those it waited for. A run that somebody asked to cancel does not park any more: it
 * is settled as cancelled. Errors: `host-api/invalid_value` naming the field; `turns/invalid_request` for a cancelled end
 * that nobody asked for; `turns/contended`.
 */
export async function endSitting(
  dependencies: RunnerDependencies,
  claimed: ClaimedRun,
  end: RunEnd,
  opened: readonly GateId[] = [],
): Promise<EndOutcome> {
  const { store } = dependencies;
  let wanted: RunEnd = parseWith(loopExitSchema, end, 'end');
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    // As it stands now: since it was claimed, gates may have been answered and the run may have been cancelled.
    const run = await getRecord(store, runMachine, claimed.run.runId);
    if (run === undefined) return { kind: 'lost' };
    if (wanted.kind === 'parked' && run.cancel !== undefined) wanted = { kind: 'cancelled' };
    const writes = await endWrites(dependencies, { run, lease: claimed.lease }, wanted, opened);
    const outcome = await store.commit(writes);
    if (outcome.kind === 'committed') return { kind: 'written' };
    const settled = settleConflict(outcome, wanted);
    if (settled !== undefined) return settled;
  }
  throw new TurnsError('turns/contended');
}

/**
 * Gives the run back into the queue, so that another worker need not wait until the lease has run out. `lost` also for a
 * run that somebody asked to cancel: it has to be settled instead.
 */
export async function yieldRun(dependencies: RunnerDependencies, { run, lease }: ClaimedRun): Promise<StepOutcome> {
  const outcome = await dependencies.store.commit([
    checkLease(lease),
    moveRun(run.runId, { trigger: 'yield' }),
    out(dependencies, run, 'run_yielded'),
    releaseLease(lease),
  ]);
  return { kind: outcome.kind === 'committed' ? 'written' : 'lost' };
}

/** `undefined`: look again. */
function settleConflict(conflict: Extract<CommitOutcome, { kind: 'conflict' }>, end: RunEnd): EndOutcome | undefined {
  if (conflict.machine === 'lease') return { kind: 'lost' };
  if (conflict.machine === 'gate') return end.kind === 'parked' ? { kind: 'gate_answered' } : undefined;
  assert(conflict.machine === runMachine.name, 'a run holds the lock of its thread until it ends');
  if (conflict.reason === 'cancel_requested') return undefined;
  if (conflict.reason === 'cancel_not_requested') throw invalid('end', 'needs somebody who asked to cancel the run');
  return { kind: 'lost' };
}

async function endWrites(
  dependencies: RunnerDependencies,
  held: ClaimedRun,
  end: RunEnd,
  opened: readonly GateId[],
): Promise<readonly Write[]> {
  const { run, lease } = held;
  if (end.kind === 'parked') {
    return [
      checkLease(lease),
      ...end.gates.map((gateId) => checkGateOpen(gateId)),
      moveRun(run.runId, { trigger: 'park', gates: [...end.gates] }),
      storeCheckpoint(run.runId, end.checkpoint),
      out(dependencies, run, 'run_parked', { count: end.gates.length }),
      releaseLease(lease),
    ];
  }
  return [
    checkLease(lease),
    ...finalWrites(dependencies, run, end),
    ...(await closeGates(dependencies.store, [...run.gates, ...opened])),
    unlockThread(run.scope, run.runId),
    releaseLease(lease),
  ];
}

function finalWrites(
  dependencies: RunnerDependencies,
  run: RunRow,
  end: Exclude<RunEnd, { kind: 'parked' }>,
): readonly Write[] {
  switch (end.kind) {
    case 'completed':
      return [
        moveRun(run.runId, { trigger: 'complete', replyEntryId: end.replyEntryId }),
        out(dependencies, run, 'run_completed'),
      ];
    case 'cancelled':
      return [
        moveRun(run.runId, { trigger: 'cancel' }),
        out(dependencies, run, 'run_cancelled', run.cancel === undefined ? {} : { reason: run.cancel }),
      ];
    case 'failed':
      return [
        moveRun(run.runId, { trigger: 'fail', failure: end.failure }),
        out(dependencies, run, 'run_failed', { reason: end.failure.kind }),
      ];
  }
}

function out(
  { ids, clock }: RunnerDependencies,
  run: RunRow,
  kind: TurnEventKind,
  facts: { readonly count?: number; readonly reason?: string } = {},
): Write {
  return toOutbox(run, { eventId: eventIdSchema.parse(ids.uuid()), atMs: clock.nowMs(), kind, ...facts });
}

function invalid(field: string, rule: string): TurnsError {
  return new TurnsError('turns/invalid_request', { detail: { field, rule } });
}
