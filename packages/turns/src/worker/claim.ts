/**
 * Taking a run to work on it, keeping it, and giving back what a dead worker held.
 *
 * Not here: the work (`../loop/`), its results (`step.ts`).
 * Source: specification 3, a.5 and c.5.
 */
import {
  acquireLease,
  assert,
  checkLease,
  eventIdSchema,
  getRecord,
  leaseMachine,
  PAGE_RECORDS_MAX,
  parseRunId,
  releaseLease,
  renewLease,
  type CommitOutcome,
  type JsonObject,
  type LeaseProof,
  type RunId,
  type TenantId,
  type Write,
} from '@reborn/host-api';
import { closeGates } from '../gate-closing.ts';
import { toOutbox, type TurnEventKind } from '../lifecycle-event.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import { moveRun, parseRun, recoveryOf, runMachine, type RunRow } from '../run.ts';
import { unlockThread } from '../thread-lock.ts';
import type { RunnerDependencies } from './dependencies.ts';

/** A run in the hands of one worker. */
export interface ClaimedRun {
  readonly run: RunRow;
  readonly lease: LeaseProof;
}

/** How many candidates one claim looks at before it gives up for this time. */
const CANDIDATES = 16;
const LEASE_PREFIX = 'lease:run|';

export function runLeaseKey(runId: RunId): string {
  return `${LEASE_PREFIX}${runId}`;
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

/**
 * Extends the lease; the lease of a run that somebody asked to cancel is left as it is, so that cancelling takes no longer
 * than one lease. `false`: the lease is lost, and the worker must stop at once.
 */
export async function heartbeat(dependencies: RunnerDependencies, lease: LeaseProof): Promise<boolean> {
  const { store, leaseMs } = dependencies;
  const run = await getRecord(store, runMachine, toRunId(lease));
  const outcome = await store.commit([run?.cancel === undefined ? renewLease(lease, leaseMs) : checkLease(lease)]);
  return outcome.kind === 'committed';
}

/** Takes back runs whose worker died: their lease ran out; all that there are, or exactly `only`. Returns those it moved. */
export async function recoverExpired(
  dependencies: RunnerDependencies,
  request: { readonly tenantId: TenantId; readonly only?: RunId },
): Promise<readonly RunId[]> {
  const moved: RunId[] = [];
  if (request.only !== undefined) {
    const run = await getRecord(dependencies.store, runMachine, request.only);
    const own = run?.scope.tenantId === request.tenantId;
    return own && (await recover(dependencies, request.only)) ? [request.only] : [];
  }
  const running = await dependencies.store.list(runMachine.name, {
    owner: request.tenantId,
    status: 'running',
    limit: PAGE_RECORDS_MAX,
  });
  for (const { row } of running) {
    const { runId } = parseRun(row);
    if (await recover(dependencies, runId)) moved.push(runId);
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
  return queued.map((record) => parseRun(record.row));
}

async function claim(dependencies: RunnerDependencies, run: RunRow): Promise<ClaimedRun | undefined> {
  const { store, holder, leaseMs } = dependencies;
  const outcome = await store.commit([
    acquireLease(runLeaseKey(run.runId), holder, leaseMs),
    moveRun(run.runId, { trigger: 'claim', claims: run.claims + 1 }),
    toOutbox(run, event(dependencies, 'run_claimed', { count: run.claims + 1 })),
  ]);
  if (outcome.kind === 'conflict') return undefined;
  const { fence } = leaseMachine.row.parse(rowAt(outcome, 0));
  return { run: parseRun(rowAt(outcome, 1)), lease: { key: runLeaseKey(run.runId), holder, fence } };
}

/**
 * One unit: it takes the lease, gives it back under its next token, which fences the dead worker off, and moves the run.
 * What the unit does was decided by a look at the run; the machine refuses it when the run has moved since.
 */
async function recover(dependencies: RunnerDependencies, runId: RunId): Promise<boolean> {
  const { store, clock, holder, leaseMs } = dependencies;
  const key = runLeaseKey(runId);
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const run = await getRecord(store, runMachine, runId);
    if (run?.status !== 'running') return false;
    const lease = await getRecord(store, leaseMachine, key);
    if (lease?.status === 'held' && lease.expiresAtMs > clock.nowMs()) return false;
    const outcome = await store.commit([
      acquireLease(key, holder, leaseMs),
      releaseLease({ key, holder, fence: (lease?.fence ?? 0) + 1 }),
      ...(await recoveryWrites(dependencies, run)),
    ]);
    if (outcome.kind === 'committed') return true;
    if (outcome.machine === leaseMachine.name) return false;
  }
  return false;
}

async function recoveryWrites(dependencies: RunnerDependencies, run: RunRow): Promise<readonly Write[]> {
  const to = recoveryOf(run);
  const move = moveRun(run.runId, { trigger: 'recover', to });
  if (to === 'queued') return [move, toOutbox(run, event(dependencies, 'run_recovered'))];
  const over = [...(await closeGates(dependencies.store, run.gates)), unlockThread(run.scope, run.runId)];
  const said =
    to === 'failed'
      ? event(dependencies, 'run_failed', { reason: 'crash_retry_exhausted' })
      : event(dependencies, 'run_cancelled', run.cancel === undefined ? {} : { reason: run.cancel });
  return [move, ...over, toOutbox(run, said)];
}

function event(
  { ids, clock }: RunnerDependencies,
  kind: TurnEventKind,
  facts: { readonly count?: number; readonly reason?: string } = {},
) {
  return { eventId: eventIdSchema.parse(ids.uuid()), atMs: clock.nowMs(), kind, ...facts };
}

function toRunId(lease: LeaseProof): RunId {
  return parseRunId(lease.key.startsWith(LEASE_PREFIX) ? lease.key.slice(LEASE_PREFIX.length) : undefined);
}

function rowAt(outcome: Extract<CommitOutcome, { kind: 'committed' }>, at: number): JsonObject {
  const receipt = outcome.receipts[at];
  assert(receipt?.kind === 'record' && receipt.row !== undefined, 'a moved record is in its receipt');
  return receipt.row;
}
