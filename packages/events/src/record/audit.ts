/**
 * Who asked, who decided, and what was refused.
 *
 * Not here: the free text that people give as reasons; it stays with the gate, which `explain` reads.
 * Source: specification 1, R-01; specification 2, a.11.
 */
import { digestSchema, gateIdSchema, principalSchema } from '@reborn/host-api';
import { z } from 'zod';
import { aboutCapability, author, recordBase, token } from './record-base.ts';

const record = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const aboutGate = { ...aboutCapability, gateId: gateIdSchema, inputDigest: digestSchema };

export const auditRecordSchema = z.discriminatedUnion('kind', [
  record('call_denied', { ...aboutCapability, by: author, code: token }),
  record('approval_requested', { ...aboutGate, asked: z.array(token).min(1) }),
  record('approval_resolved', {
    ...aboutGate,
    by: principalSchema,
    decision: z.enum(['approve', 'deny']),
    edited: z.boolean(),
  }),
  record('approval_refused', { ...aboutGate, by: principalSchema, code: token }),
  record('approval_closed', { ...aboutGate, how: z.enum(['expired', 'superseded']) }),
]);
export type AuditRecord = z.output<typeof auditRecordSchema>;
export type AuditRecordKind = AuditRecord['kind'];
