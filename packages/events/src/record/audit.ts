/**
 * Who asked, who decided, and what was refused.
 *
 * Not here: the free text that people give as reasons; it stays with the gate, which `explain` reads. Decisions at
 * security boundaries: `security.ts`.
 * Source: specification 1, R-01; specification 2, a.11.
 */
import { digestSchema, gateIdSchema, principalSchema, streamFamilySchema } from '@reborn/host-api';
import { z } from 'zod';
import { authorSchema, labelSchema, subscriptionNameSchema } from '../redaction.ts';
import { aboutCapability, recordBase, tenantRecordBase } from './record-base.ts';

const record = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const count = z.int().nonnegative();
const aboutGate = { ...aboutCapability, gateId: gateIdSchema, inputDigest: digestSchema };

export const auditRecordSchema = z.discriminatedUnion('kind', [
  record('call_denied', { ...aboutCapability, by: authorSchema, code: labelSchema }),
  /** `by`: in whose name the call was made. */
  record('approval_requested', { ...aboutGate, by: principalSchema.optional(), asked: z.array(labelSchema).min(1) }),
  record('approval_resolved', {
    ...aboutGate,
    by: principalSchema,
    decision: z.enum(['approve', 'deny']),
    edited: z.boolean(),
  }),
  record('approval_refused', { ...aboutGate, by: principalSchema, code: labelSchema }),
  record('approval_closed', { ...aboutGate, how: z.enum(['expired', 'superseded']) }),
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
