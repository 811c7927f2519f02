/**
 * The transitions of a run as a worker makes them.
 *
 * Not here: the worker itself: its timing, its driver, its host (`@reborn/reborn`).
 */
import {
  boundedLine,
  getRecord,
  LEASE_TTL_MS_MAX,
  LEASE_TTL_MS_MIN,
  SCOPE_ID_BYTES_MAX,
  type AppendWrite,
  type LeaseProof,
  type GateId,
  type RunId,
  type TenantId,
} from '@reborn/host-api';
import { checkpointMachine, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { TurnsError } from '../errors.ts';
import { runMachine, type RunRow } from '../run.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';
import { readThread } from '../transcript/transcript.ts';
import type { RunnerDependencies } from './dependencies.ts';
import { claimNext, heartbeat, recoverExpired, type ClaimedRun } from './claim.ts';
import { endSitting, writeStep, yieldRun, type EndOutcome, type RunEnd, type StepOutcome } from './step.ts';

export interface Runner {
  claimNext(request: { readonly tenantId: TenantId; readonly only?: RunId }): Promise<ClaimedRun | undefined>;
  /** `false`: the lease is lost, stop at once. A cancelled run's lease is not extended any more. */
  heartbeat(lease: LeaseProof): Promise<boolean>;
  recoverExpired(request: { readonly tenantId: TenantId; readonly only?: RunId }): Promise<readonly RunId[]>;
  /** The run as it stands now: its status, and whether somebody asked to cancel it. */
  look(runId: RunId): Promise<RunRow | undefined>;
  readThread(run: RunRow): Promise<readonly TranscriptEntry[]>;
  readCheckpoint(runId: RunId): Promise<Checkpoint | undefined>;
  /** `also`: what else belongs into the unit, such as an event about what was said. */
  writeStep(
    claimed: ClaimedRun,
    step: { readonly checkpoint: Checkpoint; readonly entries: readonly TranscriptEntry[] },
    also?: readonly AppendWrite[],
  ): Promise<StepOutcome>;
  /** `opened`: the gates of this sitting; they are closed with the run. */
  endSitting(claimed: ClaimedRun, end: RunEnd, opened?: readonly GateId[]): Promise<EndOutcome>;
  /** Gives the run back at once, unless somebody asked to cancel it. */
  yieldRun(claimed: ClaimedRun): Promise<StepOutcome>;
}

/** Errors: `turns/invalid_request` for a holder or a lease time that no lease can have. */
export function createRunner(dependencies: RunnerDependencies): Runner {
  const { store } = dependencies;
  checkLeaseTerms(dependencies);
  return {
    claimNext: (request) => claimNext(dependencies, request),
    heartbeat: (lease) => heartbeat(dependencies, lease),
    recoverExpired: (request) => recoverExpired(dependencies, request),
    look: (runId) => getRecord(store, runMachine, runId),
    readThread: (run) => readThread(store, run.scope),
    readCheckpoint: async (runId) => (await getRecord(store, checkpointMachine, runId))?.checkpoint,
    writeStep: (claimed, step, also) => writeStep(dependencies, claimed, step, also),
    endSitting: (claimed, end, opened) => endSitting(dependencies, claimed, end, opened),
    yieldRun: (claimed) => yieldRun(dependencies, claimed),
  };
}

function checkLeaseTerms({ holder, leaseMs }: RunnerDependencies): void {
  if (!boundedLine(SCOPE_ID_BYTES_MAX).safeParse(holder).success) {
    throw invalid('holder', `must be one line of at most ${SCOPE_ID_BYTES_MAX} bytes`);
  }
  if (!Number.isInteger(leaseMs) || leaseMs < LEASE_TTL_MS_MIN || leaseMs > LEASE_TTL_MS_MAX) {
    throw invalid('leaseMs', `must be a whole number from ${LEASE_TTL_MS_MIN} to ${LEASE_TTL_MS_MAX}`);
  }
}

function invalid(field: string, rule: string): TurnsError {
  return new TurnsError('turns/invalid_request', { detail: { field, rule } });
}
