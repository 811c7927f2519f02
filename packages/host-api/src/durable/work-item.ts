/**
 * The work item: one piece of work that goes on by itself under the lease of whoever does it, and ends once. How it ended
 * and what came of it become visible in one commit, so nobody ever reads one without the other.
 *
 * Not here: doing the work and finding what a dead host left behind (`@reborn/host-runtime`), the lease (`lease.ts`).
 * Source: rulings, section 4; specification 2, b.9.
 */
import { z } from 'zod';
import { boundedLine, utf8Bytes } from '../bounded-text.ts';
import { jsonObjectSchema, type JsonObject } from '../json.ts';
import { NAME_ID_BYTES_MAX, RECORD_KEY_BYTES_MAX, WORK_ABOUT_BYTES_MAX, WORK_RESULT_BYTES_MAX } from '../limits.ts';
import { toScopeKey } from '../scope-key.ts';
import { resourceScopeSchema, type ResourceScope } from '../scope.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

const token = boundedLine(NAME_ID_BYTES_MAX);

const base = {
  /** What sort of work it is; items of one sort and scope are listed together. */
  kind: token,
  scope: resourceScopeSchema,
  /** What its owner has to know of it. Bounded when the work starts. */
  about: jsonObjectSchema,
  /** The lease under which it is done. */
  leaseKey: boundedLine(RECORD_KEY_BYTES_MAX),
  /** Which attempt of the effect that started it this is; the work itself is never started again. */
  attempt: z.int().nonnegative(),
};
const time = z.int().nonnegative();
const progress = {
  startedAtMs: time,
  cancelRequested: z.strictObject({ reason: token, atMs: time }).optional(),
};

/**
 * `cancelled` exactly when somebody asked for it before the end. `lost`: whoever did the work is gone.
 * Units: milliseconds since 1970, of the store's clock.
 */
export const workItemRowSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('running'), ...base, ...progress }),
  z.strictObject({
    status: z.enum(['completed', 'failed', 'cancelled', 'lost']),
    ...base,
    ...progress,
    endedAtMs: time,
    result: jsonObjectSchema,
  }),
]);
export type WorkItemRow = z.infer<typeof workItemRowSchema>;
export type WorkItemEnd = Exclude<WorkItemRow['status'], 'running'>;

const newWorkItemSchema = z.strictObject({
  ...base,
  about: jsonObjectSchema.refine((about) => fits(about, WORK_ABOUT_BYTES_MAX), {
    message: `must be at most ${WORK_ABOUT_BYTES_MAX} bytes`,
  }),
});
export type NewWorkItem = z.infer<typeof newWorkItemSchema>;

const result = jsonObjectSchema.refine((value) => fits(value, WORK_RESULT_BYTES_MAX), {
  message: `must be at most ${WORK_RESULT_BYTES_MAX} bytes`,
});

const workItemCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('start'), item: newWorkItemSchema }),
  z.strictObject({ trigger: z.literal('check_running') }),
  z.strictObject({ trigger: z.literal('request_cancel'), reason: token }),
  z.strictObject({ trigger: z.literal('complete'), result }),
  z.strictObject({ trigger: z.literal('fail'), result }),
  z.strictObject({ trigger: z.literal('cancel'), result }),
  z.strictObject({ trigger: z.literal('lose'), result }),
]);
type WorkItemCommand = z.infer<typeof workItemCommandSchema>;

/**
 * Refusals: `cancel_requested` (work that was told to stop ends cancelled or lost, however far it came),
 * `cancel_not_requested`, and each illegal edge as `<trigger>_from_<status>`: nothing leaves an end.
 * Invariant: `complete`, `fail` and `cancel` stand in one unit with a check of the lease, `lose` with its takeover.
 */
export const workItemMachine = defineMachine<WorkItemRow, WorkItemCommand>({
  name: 'work_item',
  module: import.meta.url,
  row: workItemRowSchema,
  command: workItemCommandSchema,
  transitions: [
    { from: 'none', trigger: 'start', to: 'running' },
    { from: 'running', trigger: 'check_running', to: 'running' },
    { from: 'running', trigger: 'request_cancel', to: 'running' },
    { from: 'running', trigger: 'complete', to: 'completed' },
    { from: 'running', trigger: 'fail', to: 'failed' },
    { from: 'running', trigger: 'cancel', to: 'cancelled' },
    { from: 'running', trigger: 'lose', to: 'lost' },
  ],
  decide: decideWorkItem,
  index: (row) => ({ owner: toWorkOwner(row.kind, row.scope), status: row.status, rank: row.startedAtMs }),
});

export function startWork(key: string, item: NewWorkItem): TransitionWrite {
  return transition(workItemMachine, key, { trigger: 'start', item });
}

/** Guards a unit: it goes through only while the work goes on. The receipt's row says whether it was told to stop. */
export function checkWorkRunning(key: string): TransitionWrite {
  return transition(workItemMachine, key, { trigger: 'check_running' });
}

/** Tells whoever does the work to stop. The first reason stands; asking again changes nothing. */
export function requestWorkCancel(key: string, reason: string): TransitionWrite {
  return transition(workItemMachine, key, { trigger: 'request_cancel', reason });
}

/** Ends the work, with what came of it. */
export function endWork(key: string, how: WorkItemEnd, value: JsonObject): TransitionWrite {
  return transition(workItemMachine, key, { trigger: TRIGGERS[how], result: value });
}

/** By what the work of one sort in exactly one scope is listed. */
export function toWorkOwner(kind: string, scope: ResourceScope): string {
  return `${kind}|${toScopeKey(scope)}`;
}

const TRIGGERS = { completed: 'complete', failed: 'fail', cancelled: 'cancel', lost: 'lose' } as const;

function decideWorkItem(
  row: WorkItemRow | undefined,
  command: WorkItemCommand,
  { nowMs }: DecisionContext,
): Decision<WorkItemRow> {
  if (command.trigger === 'start') {
    return { kind: 'write', row: { status: 'running', ...command.item, startedAtMs: nowMs } };
  }
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  const cancelling = row.cancelRequested !== undefined;
  switch (command.trigger) {
    case 'check_running':
      return { kind: 'keep' };
    case 'request_cancel': {
      const cancelRequested = { reason: command.reason, atMs: nowMs };
      return cancelling ? { kind: 'keep' } : { kind: 'write', row: { ...row, cancelRequested } };
    }
    case 'complete':
      return cancelling
        ? { kind: 'refuse', reason: 'cancel_requested' }
        : ended(row, 'completed', command.result, nowMs);
    case 'fail':
      return cancelling ? { kind: 'refuse', reason: 'cancel_requested' } : ended(row, 'failed', command.result, nowMs);
    case 'cancel':
      return cancelling
        ? ended(row, 'cancelled', command.result, nowMs)
        : { kind: 'refuse', reason: 'cancel_not_requested' };
    case 'lose':
      return ended(row, 'lost', command.result, nowMs);
  }
}

function ended(row: WorkItemRow, status: WorkItemEnd, value: JsonObject, endedAtMs: number): Decision<WorkItemRow> {
  return { kind: 'write', row: { ...row, status, result: value, endedAtMs } };
}

function fits(value: JsonObject, bytesMax: number): boolean {
  return utf8Bytes(JSON.stringify(value)) <= bytesMax;
}
