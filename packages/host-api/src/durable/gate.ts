/**
 * The gate: one question that stands between a call and its effect, with the final input and a receipt that binds the
 * answer to exactly what was asked. Answered once, used once.
 *
 * Not here: who mints gates and who may answer them (`@reborn/host-runtime`), how people are asked (the surfaces).
 * Source: rulings, sections 2 and 4.
 */
import { z } from 'zod';
import { boundedLine, boundedText } from '../bounded-text.ts';
import { parseWith } from '../errors.ts';
import {
  capabilityIdSchema,
  correlationIdSchema,
  digestSchema,
  gateIdSchema,
  invocationIdSchema,
  runIdSchema,
  secretHandleSchema,
} from '../ids.ts';
import { jsonObjectSchema, jsonValueSchema } from '../json.ts';
import { CREDENTIALS_MAX, NAME_ID_BYTES_MAX, REASON_BYTES_MAX, RECORD_KEY_BYTES_MAX } from '../limits.ts';
import { principalSchema } from '../principal.ts';
import { RESOURCE_DIMENSIONS, resourceAmountsSchema } from '../resource.ts';
import { toScopeKey } from '../scope-key.ts';
import { resourceScopeSchema, type ResourceScope } from '../scope.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

/**
 * What is asked for: a decision, a credential that is missing, or more than a budget allows. Further kinds join with
 * their first caller.
 */
export const gateKindSchema = z.enum(['approval', 'credentials', 'budget']);
export type GateKind = z.infer<typeof gateKindSchema>;

/**
 * What the answer is bound to. `inputDigest`: the final input; `authorityDigest`: the descriptor, the policy and the set
 * of hooks as they were when the question was asked. A difference in either makes the answer void.
 */
export const gateReceiptSchema = z.strictObject({
  requestedBy: principalSchema,
  scope: resourceScopeSchema,
  runId: runIdSchema.optional(),
  invocationId: invocationIdSchema,
  correlationId: correlationIdSchema,
  capabilityId: capabilityIdSchema,
  inputDigest: digestSchema,
  authorityDigest: digestSchema,
  expiresAtMs: z.int().positive(),
});
export type GateReceipt = z.infer<typeof gateReceiptSchema>;

/** `reason` is the answerer's own text: for the audit and for people, never for a model's system prompt. */
export const gateResolutionSchema = z.strictObject({
  by: principalSchema,
  decision: z.enum(['approve', 'deny', 'edit', 'authenticate', 'decline']),
  /** What stood in the gate before the answerer edited it. */
  replacedInput: jsonValueSchema.optional(),
  reason: boundedText(REASON_BYTES_MAX).optional(),
  atMs: z.int().nonnegative(),
});
export type GateResolution = z.infer<typeof gateResolutionSchema>;

/** Which account does not have enough of what, and how much the call would need. */
const gateBlockSchema = z.strictObject({
  reason: z.enum(['paused', 'exhausted']),
  axis: z.enum(['tenant', 'user', 'project', 'agent', 'thread']),
  dimension: z.enum(RESOURCE_DIMENSIONS),
  estimate: resourceAmountsSchema,
});

/**
 * `asked` are closed codes of those who want the question asked. `input` is the final input, as it will be executed;
 * after an edit it is the edited one, and `receipt.inputDigest` goes with it.
 */
export const gateRowSchema = z.strictObject({
  status: z.enum(['open', 'approved', 'denied', 'expired', 'superseded', 'revoked', 'consumed']),
  gateId: gateIdSchema,
  kind: gateKindSchema,
  asked: z.array(boundedLine(NAME_ID_BYTES_MAX)).min(1).max(64),
  /** What earlier gates of the same call have answered, as `<kind>:<code>`; it holds while both digests of the receipt do. */
  granted: z.array(boundedLine(NAME_ID_BYTES_MAX)).max(192).optional(),
  /** The secrets that a gate for credentials wants, by name. */
  credentials: z.array(secretHandleSchema).max(CREDENTIALS_MAX).optional(),
  /** What a gate for a budget is about. */
  block: gateBlockSchema.optional(),
  input: jsonValueSchema,
  receipt: gateReceiptSchema,
  /** The idempotency record that waits for the answer. */
  effectKey: boundedLine(RECORD_KEY_BYTES_MAX),
  openedAtMs: z.int().nonnegative(),
  resolution: gateResolutionSchema.optional(),
  /** Who took the approval back before it was used, and why. */
  revokedBy: principalSchema.optional(),
  revokedReason: gateResolutionSchema.shape.reason,
});
export type GateRow = z.infer<typeof gateRowSchema>;

/** A gate begins open and unanswered. */
const newGateSchema = gateRowSchema.extend({ status: z.literal('open'), resolution: z.undefined().optional() });

const gateCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('open'), gate: jsonObjectSchema }),
  z.strictObject({
    trigger: z.literal('approve'),
    by: principalSchema,
    decision: z.enum(['approve', 'edit', 'authenticate']).optional(),
    reason: gateResolutionSchema.shape.reason,
    edit: z.strictObject({ input: jsonValueSchema, inputDigest: digestSchema }).optional(),
  }),
  z.strictObject({
    trigger: z.literal('deny'),
    by: principalSchema,
    decision: z.enum(['deny', 'decline']).optional(),
    reason: gateResolutionSchema.shape.reason,
  }),
  z.strictObject({ trigger: z.literal('revoke'), by: principalSchema, reason: gateResolutionSchema.shape.reason }),
  z.strictObject({ trigger: z.literal('expire') }),
  z.strictObject({ trigger: z.literal('supersede') }),
  z.strictObject({ trigger: z.literal('consume'), inputDigest: digestSchema, authorityDigest: digestSchema }),
  z.strictObject({ trigger: z.literal('check_open') }),
]);
type GateCommand = z.infer<typeof gateCommandSchema>;

/**
 * Refusals: `gate_expired`, `gate_not_expired`, `receipt_mismatch`, and each illegal edge as `<trigger>_from_<status>`
 * (an answered gate cannot be answered again, a used one cannot be used again).
 */
export const gateMachine = defineMachine<GateRow, GateCommand>({
  name: 'gate',
  module: import.meta.url,
  row: gateRowSchema,
  command: gateCommandSchema,
  transitions: [
    { from: 'none', trigger: 'open', to: 'open' },
    { from: 'open', trigger: 'check_open', to: 'open' },
    { from: 'open', trigger: 'approve', to: 'approved' },
    { from: 'open', trigger: 'deny', to: 'denied' },
    { from: 'open', trigger: 'expire', to: 'expired' },
    { from: 'approved', trigger: 'expire', to: 'expired' },
    { from: 'open', trigger: 'supersede', to: 'superseded' },
    { from: 'approved', trigger: 'supersede', to: 'superseded' },
    { from: 'approved', trigger: 'revoke', to: 'revoked' },
    { from: 'approved', trigger: 'consume', to: 'consumed' },
  ],
  decide: decideGate,
  index: (row) => ({ owner: toGateOwner(row.receipt.scope), status: row.status, rank: row.openedAtMs }),
});

export type NewGate = Omit<GateRow, 'status' | 'resolution' | 'openedAtMs'>;

export function openGate(gate: NewGate): TransitionWrite {
  const row = { ...gate, status: 'open', openedAtMs: 0 } satisfies GateRow;
  return transition(gateMachine, gate.gateId, { trigger: 'open', gate: JSON.parse(JSON.stringify(row)) as never });
}

export function approveGate(
  gateId: GateRow['gateId'],
  answer: Omit<Extract<GateCommand, { trigger: 'approve' }>, 'trigger'>,
): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'approve', ...answer });
}

export function denyGate(
  gateId: GateRow['gateId'],
  answer: Omit<Extract<GateCommand, { trigger: 'deny' }>, 'trigger'>,
): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'deny', ...answer });
}

/** Takes an approval back that nothing has used yet. */
export function revokeGate(
  gateId: GateRow['gateId'],
  answer: Omit<Extract<GateCommand, { trigger: 'revoke' }>, 'trigger'>,
): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'revoke', ...answer });
}

/** By what the gates of one person are listed. */
export function toGateOwner({ tenantId, userId }: Pick<ResourceScope, 'tenantId' | 'userId'>): string {
  return toScopeKey({ tenantId, userId });
}

/** Closes a gate whose time is over. */
export function expireGate(gateId: GateRow['gateId']): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'expire' });
}

/** Closes a gate whose question no longer fits what would be done. */
export function supersedeGate(gateId: GateRow['gateId']): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'supersede' });
}

/** Uses up an approval, in the unit that announces the effect, and only if both digests are those of the question. */
export function consumeGate(
  gateId: GateRow['gateId'],
  digests: Pick<GateReceipt, 'inputDigest' | 'authorityDigest'>,
): TransitionWrite {
  return transition(gateMachine, gateId, {
    trigger: 'consume',
    inputDigest: digests.inputDigest,
    authorityDigest: digests.authorityDigest,
  });
}

/** Guards a unit: it goes through only while nobody has answered. */
export function checkGateOpen(gateId: GateRow['gateId']): TransitionWrite {
  return transition(gateMachine, gateId, { trigger: 'check_open' });
}

function decideGate(row: GateRow | undefined, command: GateCommand, context: DecisionContext): Decision<GateRow> {
  if (command.trigger === 'open') {
    return { kind: 'write', row: { ...parseWith(newGateSchema, command.gate, 'gate'), openedAtMs: context.nowMs } };
  }
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  const expired = row.receipt.expiresAtMs <= context.nowMs;
  switch (command.trigger) {
    case 'check_open':
      return { kind: 'keep' };
    case 'expire':
      return expired
        ? { kind: 'write', row: { ...row, status: 'expired' } }
        : { kind: 'refuse', reason: 'gate_not_expired' };
    case 'supersede':
      return { kind: 'write', row: { ...row, status: 'superseded' } };
    case 'revoke':
      return {
        kind: 'write',
        row: { ...row, status: 'revoked', revokedBy: command.by, revokedReason: command.reason },
      };
    case 'approve':
    case 'deny':
      return expired
        ? { kind: 'refuse', reason: 'gate_expired' }
        : { kind: 'write', row: answered(row, command, context) };
    case 'consume':
      if (expired) return { kind: 'refuse', reason: 'gate_expired' };
      return row.receipt.inputDigest === command.inputDigest && row.receipt.authorityDigest === command.authorityDigest
        ? { kind: 'write', row: { ...row, status: 'consumed' } }
        : { kind: 'refuse', reason: 'receipt_mismatch' };
  }
}

function answered(
  row: GateRow,
  command: Extract<GateCommand, { trigger: 'approve' | 'deny' }>,
  context: DecisionContext,
): GateRow {
  const { by, reason } = command;
  const edit = command.trigger === 'approve' ? command.edit : undefined;
  const resolution: GateResolution = {
    by,
    decision: command.decision ?? command.trigger,
    atMs: context.nowMs,
    ...(reason === undefined ? {} : { reason }),
    ...(edit === undefined ? {} : { replacedInput: row.input }),
  };
  const edited =
    edit === undefined ? {} : { input: edit.input, receipt: { ...row.receipt, inputDigest: edit.inputDigest } };
  return { ...row, ...edited, status: command.trigger === 'approve' ? 'approved' : 'denied', resolution };
}
