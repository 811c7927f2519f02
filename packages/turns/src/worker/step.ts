/**
 * What a worker may write while it holds a run: steps, and one end. Every unit carries the proof of its lease, so a
 * worker that was overtaken writes nothing.
 *
 * Not here: whether an end is believed (`../loop-exit/validate.ts`).
 */
import {
  checkGateOpen,
  checkLease,
  eventIdSchema,
  releaseLease,
  supersedeGate,
  type GateId,
  type Write,
} from '@reborn/host-api';
import { storeCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { toOutbox, type TurnEventKind } from '../lifecycle-event.ts';
import type { RunFailure } from '../run.ts';
import { moveRun } from '../run.ts';
import { unlockThread } from '../thread-lock.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';
import { appendEntries } from '../transcript/transcript.ts';
import type { ClaimedRun } from './claim.ts';
import type { RunnerDependencies } from './runner.ts';

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

export async function writeStep(
  dependencies: RunnerDependencies,
  claimed: ClaimedRun,
  step: { readonly checkpoint: Checkpoint; readonly entries: readonly TranscriptEntry[] },
): Promise<StepOutcome> {
  const { store, clock } = dependencies;
  const { run, lease } = claimed;
  const entries = step.entries.length === 0 ? [] : [appendEntries(run.scope, step.entries, clock.nowMs())];
  const outcome = await store.commit([checkLease(lease), storeCheckpoint(run.runId, step.checkpoint), ...entries]);
  return { kind: outcome.kind === 'committed' ? 'written' : 'lost' };
}

/** Ends the sitting and gives the lease back, in one unit. */
export async function endSitting(dependencies: RunnerDependencies, claimed: ClaimedRun, end: RunEnd): Promise<EndOutcome> {
  const outcome = await dependencies.store.commit(endWrites(dependencies, claimed, end));
  if (outcome.kind === 'committed') return { kind: 'written' };
  return { kind: outcome.machine === 'gate' ? 'gate_answered' : 'lost' };
}

function endWrites(dependencies: RunnerDependencies, claimed: ClaimedRun, end: RunEnd): readonly Write[] {
  const { run, lease } = claimed;
  const guard = checkLease(lease);
  const out = (kind: TurnEventKind, facts: { count?: number; reason?: string } = {}): Write => {
    const { ids, clock } = dependencies;
    return toOutbox(run, { eventId: eventIdSchema.parse(ids.uuid()), atMs: clock.nowMs(), kind, ...facts });
  };
  const over = [unlockThread(run.scope, run.runId), releaseLease(lease)];
  switch (end.kind) {
    case 'parked':
      return [
        guard,
        ...end.gates.map((gateId) => checkGateOpen(gateId)),
        moveRun(run.runId, { trigger: 'park', gates: [...end.gates] }),
        storeCheckpoint(run.runId, end.checkpoint),
        out('run_parked', { count: end.gates.length }),
        releaseLease(lease),
      ];
    case 'completed':
      return [guard, moveRun(run.runId, { trigger: 'complete', replyEntryId: end.replyEntryId }), out('run_completed'), ...over];
    case 'cancelled':
      return [guard, moveRun(run.runId, { trigger: 'cancel' }), out('run_cancelled', { reason: run.cancel ?? 'user_requested' }), ...over];
    case 'failed':
      return [
        guard,
        moveRun(run.runId, { trigger: 'fail', failure: end.failure }),
        ...run.gates.map((gateId) => supersedeGate(gateId)),
        out('run_failed', { reason: end.failure.kind }),
        ...over,
      ];
  }
}
