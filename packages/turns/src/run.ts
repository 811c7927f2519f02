/**
 * Where a run stands, and the table of who may move it where.
 *
 * Not here: the lease under which a worker moves it (`@reborn/host-api`), the one-run-per-thread lock (`thread-lock.ts`).
 * Source: specification 3, a.4 with g-1, g-2; rulings, section 9.
 */
import {
  boundedText,
  correlationIdSchema,
  defineMachine,
  describeIssues,
  eventIdSchema,
  gateIdSchema,
  HostApiError,
  principalSchema,
  resourceScopeSchema,
  runIdSchema,
  transition,
  turnIdSchema,
  type Decision,
  type GateId,
  type JsonObject,
  type RunId,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';
import { CRASHES_MAX, EXPLANATION_BYTES_MAX, GATES_PER_RUN_MAX } from './limits.ts';
import { runProfileSchema } from './profile.ts';

export const runStatusSchema = z.enum(['queued', 'running', 'parked', 'completed', 'failed', 'cancelled']);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Why a run was cancelled. */
export const cancelReasonSchema = z.enum(['user_requested', 'superseded', 'timeout', 'operator_requested', 'policy']);
export type CancelReason = z.infer<typeof cancelReasonSchema>;

/** Why a run failed: a closed kind, and a sentence for people that holds no content and no backend text. */
export const runFailureSchema = z.strictObject({
  kind: z.enum([
    'model_unavailable',
    'model_refused',
    'model_invalid_output',
    'recording_left',
    'model_calls_exhausted',
    'capability_calls_exhausted',
    'wall_clock_exhausted',
    'no_progress',
    'capability_failed',
    'driver_failed',
    'driver_protocol_violation',
    'crash_retry_exhausted',
  ]),
  explanation: boundedText(EXPLANATION_BYTES_MAX),
});
export type RunFailure = z.infer<typeof runFailureSchema>;

/** Units: milliseconds since 1970. `gates`: what a parked run waits for. `crashes`: leases that ran out under it. */
export const runRowSchema = z.strictObject({
  status: runStatusSchema,
  runId: runIdSchema,
  turnId: turnIdSchema,
  correlationId: correlationIdSchema,
  scope: resourceScopeSchema,
  actor: principalSchema,
  profile: runProfileSchema,
  gates: z.array(gateIdSchema).max(GATES_PER_RUN_MAX),
  claims: z.int().nonnegative(),
  crashes: z.int().nonnegative(),
  queuedAtMs: z.int().nonnegative(),
  updatedAtMs: z.int().nonnegative(),
  cancel: cancelReasonSchema.optional(),
  replyEntryId: eventIdSchema.optional(),
  failure: runFailureSchema.optional(),
});
export type RunRow = z.infer<typeof runRowSchema>;

const newRunSchema = runRowSchema.pick({
  runId: true,
  turnId: true,
  correlationId: true,
  scope: true,
  actor: true,
  profile: true,
});
export type NewRun = z.infer<typeof newRunSchema>;

const runCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('submit'), run: newRunSchema }),
  /** `claims`: which claim of the run this one is, as its event says. */
  z.strictObject({ trigger: z.literal('claim'), claims: z.int().positive() }),
  z.strictObject({ trigger: z.literal('park'), gates: runRowSchema.shape.gates.min(1) }),
  z.strictObject({ trigger: z.literal('gate_resolved'), gateId: gateIdSchema }),
  /** `ends`: the unit also does what belongs to the end of a run. */
  z.strictObject({ trigger: z.literal('request_cancel'), reason: cancelReasonSchema, ends: z.boolean() }),
  z.strictObject({ trigger: z.literal('complete'), replyEntryId: eventIdSchema }),
  z.strictObject({ trigger: z.literal('fail'), failure: runFailureSchema }),
  z.strictObject({ trigger: z.literal('cancel') }),
  /** Its worker stops for reasons of its own and gives the run back. */
  z.strictObject({ trigger: z.literal('yield') }),
  /** `to`: what the rest of the unit was built for. */
  z.strictObject({ trigger: z.literal('recover'), to: z.enum(['queued', 'failed', 'cancelled']) }),
]);
type RunCommand = z.infer<typeof runCommandSchema>;

/**
 * No dead end: every status that is not final has an edge that a worker, a person or the sweep takes.
 * Refusals: `run_moved` (the unit was built for another state of the run; look again), `cancel_requested` (it cannot
 * park or be given back any more), `cancel_already_requested`, `cancel_not_requested`, and each illegal edge as `<trigger>_from_<status>`.
 */
export const runMachine = defineMachine<RunRow, RunCommand>({
  name: 'run',
  module: import.meta.url,
  row: runRowSchema,
  command: runCommandSchema,
  transitions: [
    { from: 'none', trigger: 'submit', to: 'queued' },
    { from: 'queued', trigger: 'claim', to: 'running' },
    { from: 'queued', trigger: 'gate_resolved', to: 'queued' },
    { from: 'queued', trigger: 'request_cancel', to: 'cancelled' },
    { from: 'running', trigger: 'park', to: 'parked' },
    { from: 'running', trigger: 'gate_resolved', to: 'running' },
    { from: 'running', trigger: 'request_cancel', to: 'running' },
    { from: 'running', trigger: 'complete', to: 'completed' },
    { from: 'running', trigger: 'fail', to: 'failed' },
    { from: 'running', trigger: 'cancel', to: 'cancelled' },
    { from: 'running', trigger: 'yield', to: 'queued' },
    { from: 'running', trigger: 'recover', to: 'queued' },
    { from: 'running', trigger: 'recover', to: 'failed' },
    { from: 'running', trigger: 'recover', to: 'cancelled' },
    { from: 'parked', trigger: 'gate_resolved', to: 'queued' },
    { from: 'parked', trigger: 'request_cancel', to: 'cancelled' },
  ],
  decide: decideRun,
  index: (row) => ({ owner: row.scope.tenantId, status: row.status, rank: row.queuedAtMs }),
});

export function isTerminal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Reads a run that a list handed out. Errors: `host-api/store_corrupt`. */
export function parseRun(stored: JsonObject): RunRow {
  const parsed = runRowSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(parsed.error, 'run') });
}

/** What becomes of a run whose worker is gone: settled if it was cancelled, given up after too many crashes, or queued. */
export function recoveryOf(run: Pick<RunRow, 'cancel' | 'crashes'>): 'queued' | 'failed' | 'cancelled' {
  if (run.cancel !== undefined) return 'cancelled';
  return run.crashes + 1 < CRASHES_MAX ? 'queued' : 'failed';
}

/** Moves a run. The compiler checks the command; the writer checks the edge. */
export function moveRun(runId: RunId, command: RunCommand): TransitionWrite {
  return transition(runMachine, runId, command);
}

/** Puts the run that waits for a gate back into the queue; joins the unit that resolves the gate. */
export function queueRunAfterGate(runId: RunId, gateId: GateId): TransitionWrite {
  return moveRun(runId, { trigger: 'gate_resolved', gateId });
}

function decideRun(
  row: RunRow | undefined,
  command: RunCommand,
  context: { readonly nowMs: number },
): Decision<RunRow> {
  const now = context.nowMs;
  if (command.trigger === 'submit') {
    const fresh = { gates: [], claims: 0, crashes: 0, queuedAtMs: now, updatedAtMs: now };
    return { kind: 'write', row: { status: 'queued', ...command.run, ...fresh } };
  }
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  const write = (changes: Partial<RunRow>): Decision<RunRow> => ({
    kind: 'write',
    row: { ...row, ...changes, updatedAtMs: now },
  });
  switch (command.trigger) {
    case 'claim':
      return command.claims === row.claims + 1
        ? write({ status: 'running', claims: command.claims })
        : { kind: 'refuse', reason: 'run_moved' };
    case 'park':
      return row.cancel === undefined
        ? write({ status: 'parked', gates: command.gates })
        : { kind: 'refuse', reason: 'cancel_requested' };
    case 'gate_resolved':
      return decideGateResolved(row, command.gateId, write, now);
    case 'request_cancel':
      return decideRequestCancel(row, command, write);
    case 'complete':
      return write({ status: 'completed', replyEntryId: command.replyEntryId, gates: [] });
    case 'fail':
      return write({ status: 'failed', failure: command.failure, gates: [] });
    case 'cancel':
      return row.cancel === undefined
        ? { kind: 'refuse', reason: 'cancel_not_requested' }
        : write({ status: 'cancelled', gates: [] });
    case 'yield':
      return row.cancel === undefined
        ? write({ status: 'queued', queuedAtMs: now })
        : { kind: 'refuse', reason: 'cancel_requested' };
    case 'recover':
      return decideRecover(row, command.to, write, now);
  }
}

type WriteRow = (changes: Partial<RunRow>) => Decision<RunRow>;

function decideGateResolved(row: RunRow, gateId: GateId, write: WriteRow, now: number): Decision<RunRow> {
  const gates = row.gates.filter((open) => open !== gateId);
  if (row.status === 'running' && gates.length === row.gates.length) return { kind: 'keep' };
  return write(row.status === 'parked' ? { status: 'queued', gates, queuedAtMs: now } : { gates });
}

/** A run that nobody works on ends at once; a running one is told. The first reason stands. */
function decideRequestCancel(
  row: RunRow,
  command: Extract<RunCommand, { trigger: 'request_cancel' }>,
  write: WriteRow,
): Decision<RunRow> {
  const ends = row.status !== 'running';
  if (command.ends !== ends) return { kind: 'refuse', reason: 'run_moved' };
  if (ends) return write({ status: 'cancelled', cancel: command.reason, gates: [] });
  return row.cancel === undefined
    ? write({ cancel: command.reason })
    : { kind: 'refuse', reason: 'cancel_already_requested' };
}

/** The lease of its worker ran out. */
function decideRecover(row: RunRow, to: ReturnType<typeof recoveryOf>, write: WriteRow, now: number): Decision<RunRow> {
  if (to !== recoveryOf(row)) return { kind: 'refuse', reason: 'run_moved' };
  const crashes = row.crashes + 1;
  switch (to) {
    case 'cancelled':
      return write({ status: 'cancelled', gates: [] });
    case 'queued':
      return write({ status: 'queued', crashes, queuedAtMs: now });
    case 'failed': {
      const explanation = `The run was given up after its worker had died ${crashes} times.`;
      return write({ status: 'failed', crashes, gates: [], failure: { kind: 'crash_retry_exhausted', explanation } });
    }
  }
}
