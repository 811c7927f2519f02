/**
 * Taking a run to work on it, keeping it, and giving back what a dead worker held.
 *
 * Not here: the work (`../loop/`), its results (`step.ts`).
 * Source: specification 3, a.5 and c.5.
 */
import {
  acquireLease,
  eventIdSchema,
  getRecord,
  leaseMachine,
  leaseRowSchema,
  releaseLease,
  renewLease,
  supersedeGate,
  type CommitOutcome,
  type LeaseProof,
  type RunId,
  type TenantId,
} from '@reborn/host-api';
import { toOutbox, type TurnEventKind } from '../lifecycle-event.ts';
import { CRASHES_MAX } from '../limits.ts';
import { moveRun, runMachine, runRowSchema, type RunRow } from '../run.ts';
import { unlockThread } from '../thread-lock.ts';
import type { RunnerDependencies } from './runner.ts';

/** A run in the hands of one worker. */
export interface ClaimedRun {
  readonly run: RunRow;
  readonly lease: LeaseProof;
}

/** How many candidates one claim looks at before it gives up for this time. */
const CANDIDATES = 16;

export function runLeaseKey(runId: RunId): string {
  return `lease:run|${runId}`;
}

/** Claims the run that has waited longest, or exactly `only`. `undefined` when there is nothing to claim. */
export async function claimNext(
  dependencies: RunnerDependencies,
  request: { readonly tenantId: TenantId; readonly only?: RunId },
): Promise<ClaimedRun | undefined> {
  for (const run of await candidates(dependencies, request)) {
    const claimed = await claim(dependencies, run);
    if (claimed !== undefined) return claimed;
  }
  return undefined;
}

/** Extends the lease. `false`: it is lost, and the worker must stop at once. */
export async function heartbeat(dependencies: RunnerDependencies, lease: LeaseProof): Promise<boolean> {
  const outcome = await dependencies.store.commit([renewLease(lease, dependencies.leaseMs)]);
  return outcome.kind === 'committed';
}

/** Takes back runs whose worker died: their lease ran out. Returns those that it moved. */
export async function recoverExpired(dependencies: RunnerDependencies, request: { readonly tenantId: TenantId }): Promise<readonly RunId[]> {
  const { store, clock } = dependencies;
  const moved: RunId[] = [];
  const running = await store.list(runMachine.name, { status: 'running', limit: 1000 });
  for (const { row } of running) {
    const run = runRowSchema.parse(row);
    if (run.scope.tenantId !== request.tenantId) continue;
    const lease = await getRecord(store, leaseMachine, runLeaseKey(run.runId));
    if (lease?.status === 'held' && lease.expiresAtMs > clock.nowMs()) continue;
    if (await recover(dependencies, run)) moved.push(run.runId);
  }
  return moved;
}

async function candidates(
  dependencies: RunnerDependencies,
  request: { readonly tenantId: TenantId; readonly only?: RunId },
): Promise<readonly RunRow[]> {
  const { store } = dependencies;
  if (request.only !== undefined) {
    const run = await getRecord(store, runMachine, request.only);
    return run?.status === 'queued' && run.scope.tenantId === request.tenantId ? [run] : [];
  }
  const queued = await store.list(runMachine.name, { owner: request.tenantId, status: 'queued', limit: CANDIDATES });
  return queued.map((record) => runRowSchema.parse(record.row));
}

async function claim(dependencies: RunnerDependencies, run: RunRow): Promise<ClaimedRun | undefined> {
  const { store, holder, leaseMs } = dependencies;
  const outcome = await store.commit([
    acquireLease(runLeaseKey(run.runId), holder, leaseMs),
    moveRun(run.runId, { trigger: 'claim' }),
    toOutbox(run, event(dependencies, 'run_claimed', { count: run.claims + 1 })),
  ]);
  if (outcome.kind === 'conflict') return undefined;
  return { run: runRowSchema.parse(rowAt(outcome, 1)), lease: proofAt(outcome, run.runId, holder) };
}

async function recover(dependencies: RunnerDependencies, run: RunRow): Promise<boolean> {
  const { store, holder, leaseMs } = dependencies;
  const taken = await store.commit([acquireLease(runLeaseKey(run.runId), holder, leaseMs)]);
  if (taken.kind === 'conflict') return false;
  const lease = proofAt(taken, run.runId, holder);
  const over = run.cancel !== undefined || run.crashes + 1 >= CRASHES_MAX;
  const kind = run.cancel !== undefined ? 'run_cancelled' : over ? 'run_failed' : 'run_recovered';
  const reason = run.cancel ?? (over ? 'crash_retry_exhausted' : undefined);
  const outcome = await store.commit([
    releaseLease(lease),
    moveRun(run.runId, { trigger: 'recover' }),
    ...(over ? [...run.gates.map((gateId) => supersedeGate(gateId)), unlockThread(run.scope, run.runId)] : []),
    toOutbox(run, event(dependencies, kind, reason === undefined ? {} : { reason })),
  ]);
  return outcome.kind === 'committed';
}

function event<Kind extends TurnEventKind>(dependencies: RunnerDependencies, kind: Kind, facts: { count?: number; reason?: string }) {
  const { ids, clock } = dependencies;
  return { eventId: eventIdSchema.parse(ids.uuid()), atMs: clock.nowMs(), kind, ...facts };
}

function rowAt(outcome: Extract<CommitOutcome, { kind: 'committed' }>, at: number): unknown {
  const receipt = outcome.receipts[at];
  return receipt?.kind === 'record' ? receipt.row : undefined;
}

function proofAt(outcome: Extract<CommitOutcome, { kind: 'committed' }>, runId: RunId, holder: string): LeaseProof {
  return { key: runLeaseKey(runId), holder, fence: leaseRowSchema.parse(rowAt(outcome, 0)).fence };
}
