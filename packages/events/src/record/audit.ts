/**
 * Who asked, who decided, and what was refused.
 *
 * Not here: the free text that people give as reasons; it stays with the gate, which `explain` reads. Decisions at
 * security boundaries: `security.ts`.
 * Source: specification 1, R-01; specification 2, a.11.
 */
import {
  digestSchema,
  effectKindSchema,
  extensionIdSchema,
  gateIdSchema,
  gateKindSchema,
  packageSourceSchema,
  principalSchema,
  RESOURCE_DIMENSIONS,
  secretHandleSchema,
  streamFamilySchema,
  trustClassOutSchema,
} from '@reborn/host-api';
import { z } from 'zod';
import { authorSchema, errorKindSchema, hostSchema, labelSchema, subscriptionNameSchema } from '../redaction.ts';
import { aboutCapability, recordBase, tenantRecordBase } from './record-base.ts';

const record = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const count = z.int().nonnegative();
/** `gateKind` is absent in records from before there were several. */
const aboutGate = {
  ...aboutCapability,
  gateId: gateIdSchema,
  gateKind: gateKindSchema.optional(),
  inputDigest: digestSchema,
};
const trust = z.strictObject({ class: trustClassOutSchema, allowedEffects: z.array(effectKindSchema) });

export const auditRecordSchema = z.discriminatedUnion('kind', [
  record('call_denied', { ...aboutCapability, by: authorSchema, code: labelSchema }),
  /** `by`: in whose name the call was made. */
  record('approval_requested', { ...aboutGate, by: principalSchema.optional(), asked: z.array(labelSchema).min(1) }),
  record('approval_resolved', {
    ...aboutGate,
    by: principalSchema,
    decision: z.enum(['approve', 'deny', 'edit', 'authenticate', 'decline']),
    edited: z.boolean(),
  }),
  record('approval_refused', { ...aboutGate, by: principalSchema, code: labelSchema }),
  /** `by`: who took it back. */
  record('approval_closed', {
    ...aboutGate,
    how: z.enum(['expired', 'superseded', 'revoked']),
    by: principalSchema.optional(),
  }),
  /** Secrets were lent to one attempt: how many, never which. */
  record('secrets_staged', { ...aboutCapability, count: z.int().positive() }),
  /** One request left the host, or was about to. No path, query, header or address. */
  record('network_exchanged', {
    ...aboutCapability,
    host: hostSchema,
    method: labelSchema,
    status: z.int().min(100).max(599).optional(),
    errorKind: errorKindSchema.optional(),
    requestBytes: count,
    responseBytes: count,
  }),
  /** A threshold was passed by this call; it went on. */
  record('budget_warned', { ...aboutCapability, axis: labelSchema, dimension: z.enum(RESOURCE_DIMENSIONS) }),
  z.strictObject({
    kind: z.literal('secret_changed'),
    ...tenantRecordBase,
    by: principalSchema,
    handle: secretHandleSchema,
    how: z.enum(['stored', 'removed']),
  }),
  /** The operator decided otherwise about a package; from this record on no call is judged by the old decision. */
  z.strictObject({
    kind: z.literal('trust_changed'),
    ...tenantRecordBase,
    packageId: extensionIdSchema,
    source: packageSourceSchema,
    before: trust,
    after: trust,
  }),
  /**
   * What retention took away, in the unit that took it. `cutThrough`: the last cursor that is gone with everything before
   * it, 0 when nothing was cut off. `passedBy`: the followers that had not seen all of it.
   */
  z.strictObject({
    kind: z.literal('retention_applied'),
    ...tenantRecordBase,
    by: principalSchema,
    family: streamFamilySchema,
    cutThrough: count,
    cut: count,
    removed: count,
    passedBy: z.array(subscriptionNameSchema),
  }),
]);
export type AuditRecord = z.output<typeof auditRecordSchema>;
export type AuditRecordKind = AuditRecord['kind'];
