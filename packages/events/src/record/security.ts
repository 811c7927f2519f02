/**
 * Decisions at security boundaries, payload-free by construction: three words of closed vocabularies, and whose call it
 * was. No field takes text, and none may be added that does.
 *
 * Not here: who denied what to whom (`audit.ts`); a boundary that this host does not have.
 * Source: specification 1, R-07 and W-33.
 */
import { z } from 'zod';
import { aboutCapability, recordBase } from './record-base.ts';

/**
 * `hook_deny`: gates of hooks. `authority`: descriptor, trust, profile and grants. `gate_answer`: who may answer a
 * question, and once. `run_ownership`: calls in the name of a run. `mount`: paths that file tools are given. `egress`:
 * requests to networks. `output`: what a capability hands out.
 */
export const SECURITY_BOUNDARIES = [
  'hook_deny',
  'authority',
  'gate_answer',
  'run_ownership',
  'mount',
  'egress',
  'output',
] as const;
export type SecurityBoundary = (typeof SECURITY_BOUNDARIES)[number];

export const SECURITY_DECISIONS = ['blocked', 'allowed', 'scope_mismatch', 'replay_rejected'] as const;
export type SecurityDecision = (typeof SECURITY_DECISIONS)[number];

export const SECURITY_CODES = [
  'hook_refused',
  'hook_failed',
  'hook_poisoned',
  'missing_grant',
  'permission_denied',
  'policy_denied',
  'network_denied',
  'answer_accepted',
  'answer_of_requester',
  'author_not_permitted',
  'tenant_foreign',
  'gate_closed',
  'gate_expired',
  'run_foreign',
  'path_denied',
  'target_denied',
  'address_private',
  'request_refused',
  'request_leak',
  'response_leak',
  'secret_not_granted',
  'secret_missing',
  'output_redacted',
  'output_leak',
] as const;
export type SecurityCode = (typeof SECURITY_CODES)[number];

export const securityAuditRecordSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('boundary_decided'),
    ...recordBase,
    capabilityId: aboutCapability.capabilityId.optional(),
    provider: aboutCapability.provider,
    boundary: z.enum(SECURITY_BOUNDARIES),
    decision: z.enum(SECURITY_DECISIONS),
    code: z.enum(SECURITY_CODES),
  }),
]);
export type SecurityAuditRecord = z.output<typeof securityAuditRecordSchema>;
export type SecurityAuditRecordKind = SecurityAuditRecord['kind'];
