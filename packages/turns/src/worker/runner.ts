/**
 * The transitions of a run as a worker makes them.
 *
 * Not here: the worker itself: its timing, its driver, its host (`@reborn/reborn`).
 */
import { getRecord, type Clock, type DurableStore, type Ids, type LeaseProof, type RunId, type TenantId } from '@reborn/host-api';
import { checkpointMachine, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { runMachine, type RunRow } from '../run.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';
import { readThread } from '../transcript/transcript.ts';
import { claimNext, heartbeat, recoverExpired, type ClaimedRun } from './claim.ts';
import { endSitting, writeStep, type EndOutcome, type RunEnd, type StepOutcome } from './step.ts';

/** `holder` names this worker; `leaseMs` is how long it holds a run without a heartbeat. Units: milliseconds. */
export interface RunnerDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly holder: string;
  readonly leaseMs: number;
}

export interface Runner {
  claimNext(request: { readonly tenantId: TenantId; readonly only?: RunId }): Promise<ClaimedRun | undefined>;
  /** `false`: the lease is lost, stop at once. */
  heartbeat(lease: LeaseProof): Promise<boolean>;
  recoverExpired(request: { readonly tenantId: TenantId }): Promise<readonly RunId[]>;
  /** The run as it stands now: its status, and whether somebody asked to cancel it. */
  look(runId: RunId): Promise<RunRow | undefined>;
  readThread(run: RunRow): Promise<readonly TranscriptEntry[]>;
  readCheckpoint(runId: RunId): Promise<Checkpoint | undefined>;
  writeStep(claimed: ClaimedRun, step: { readonly checkpoint: Checkpoint; readonly entries: readonly TranscriptEntry[] }): Promise<StepOutcome>;
  endSitting(claimed: ClaimedRun, end: RunEnd): Promise<EndOutcome>;
}

export function createRunner(dependencies: RunnerDependencies): Runner {
  const { store } = dependencies;
  return {
    claimNext: (request) => claimNext(dependencies, request),
    heartbeat: (lease) => heartbeat(dependencies, lease),
    recoverExpired: (request) => recoverExpired(dependencies, request),
    look: (runId) => getRecord(store, runMachine, runId),
    readThread: (run) => readThread(store, run.scope),
    readCheckpoint: async (runId) => (await getRecord(store, checkpointMachine, runId))?.checkpoint,
    writeStep: (claimed, step) => writeStep(dependencies, claimed, step),
    endSitting: (claimed, end) => endSitting(dependencies, claimed, end),
  };
}
