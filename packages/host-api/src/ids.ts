/**
 * Identifiers. Parsing is the only constructor: there is no unvalidated one, and every read from storage parses again.
 *
 * Not here: who owns what (`scope.ts`), and how new ids are made (the `Ids` port in `platform.ts`).
 * Source: specification 2, a.2.
 */
import { z } from 'zod';
import { boundedLine } from './bounded-text.ts';
import { parseWith } from './errors.ts';
import { IDEMPOTENCY_KEY_BYTES_MAX, NAME_ID_BYTES_MAX, SCOPE_ID_BYTES_MAX } from './limits.ts';

const scopeId = boundedLine(SCOPE_ID_BYTES_MAX)
  .refine((text) => text !== '.' && text !== '..', 'must not be "." or ".."')
  .refine((text) => !text.includes('/') && !text.includes('\\'), 'must not contain "/" or "\\"');

const nameId = boundedLine(NAME_ID_BYTES_MAX).refine(isName, {
  message: 'must start with a-z or 0-9, hold only a-z, 0-9, "_", "-" and ".", and have no empty part between dots',
});

const capabilityId = nameId.refine((text) => text.includes('.'), 'must have the form provider.name');

const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a lower-case UUID');

/** The customer whose data this is. Shape: scope id, 1–256 bytes. */
export const tenantIdSchema = scopeId.brand<'TenantId'>();
export type TenantId = z.infer<typeof tenantIdSchema>;
/** The person whose agent acts. */
export const userIdSchema = scopeId.brand<'UserId'>();
export type UserId = z.infer<typeof userIdSchema>;
/** One of a user's agents. */
export const agentIdSchema = scopeId.brand<'AgentId'>();
export type AgentId = z.infer<typeof agentIdSchema>;
/** A body of work that several threads share. */
export const projectIdSchema = scopeId.brand<'ProjectId'>();
export type ProjectId = z.infer<typeof projectIdSchema>;
/** A long-running goal. */
export const missionIdSchema = scopeId.brand<'MissionId'>();
export type MissionId = z.infer<typeof missionIdSchema>;
/** One conversation. */
export const threadIdSchema = scopeId.brand<'ThreadId'>();
export type ThreadId = z.infer<typeof threadIdSchema>;

/** Who provides a capability or a hook. Shape: name id, 1–128 bytes. */
export const extensionIdSchema = nameId.brand<'ExtensionId'>();
export type ExtensionId = z.infer<typeof extensionIdSchema>;
/** `provider.name`, at most 128 bytes as a whole. */
export const capabilityIdSchema = capabilityId.brand<'CapabilityId'>();
export type CapabilityId = z.infer<typeof capabilityIdSchema>;
/** A part of the host that acts by itself, such as `recovery`. */
export const systemServiceIdSchema = nameId.brand<'SystemServiceId'>();
export type SystemServiceId = z.infer<typeof systemServiceIdSchema>;

/** One accepted inbound message. Shape: UUID. */
export const turnIdSchema = uuid.brand<'TurnId'>();
export type TurnId = z.infer<typeof turnIdSchema>;
/** One execution that answers a turn. Shape: UUID. */
export const runIdSchema = uuid.brand<'RunId'>();
export type RunId = z.infer<typeof runIdSchema>;
/** One call through the door. Survives gates and restarts. Shape: UUID. */
export const invocationIdSchema = uuid.brand<'InvocationId'>();
export type InvocationId = z.infer<typeof invocationIdSchema>;
/** Ties together what belongs to one request from outside. Shape: UUID. */
export const correlationIdSchema = uuid.brand<'CorrelationId'>();
export type CorrelationId = z.infer<typeof correlationIdSchema>;
/** One question to somebody. Shape: UUID. */
export const gateIdSchema = uuid.brand<'GateId'>();
export type GateId = z.infer<typeof gateIdSchema>;
/** One grant of authority. Shape: UUID. */
export const grantIdSchema = uuid.brand<'GrantId'>();
export type GrantId = z.infer<typeof grantIdSchema>;
/** One piece of work that goes on by itself. Shape: UUID. */
export const processIdSchema = uuid.brand<'ProcessId'>();
export type ProcessId = z.infer<typeof processIdSchema>;
/** The name of a secret; never its value. Shape: name id, 1–128 bytes. */
export const secretHandleSchema = nameId.brand<'SecretHandle'>();
export type SecretHandle = z.infer<typeof secretHandleSchema>;
/** One record of the log; the key under which appends are idempotent. Shape: UUID. */
export const eventIdSchema = uuid.brand<'EventId'>();
export type EventId = z.infer<typeof eventIdSchema>;

/** The caller's name for one intended effect. Shape: one line, 1–256 bytes. */
export const idempotencyKeySchema = boundedLine(IDEMPOTENCY_KEY_BYTES_MAX).brand<'IdempotencyKey'>();
export type IdempotencyKey = z.infer<typeof idempotencyKeySchema>;

/** `sha256:` and 64 lower-case hex digits. Compare as whole strings. */
export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hex digits')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digestSchema>;

/** A link of a chain: 64 lower-case hex digits. */
export const chainLinkSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/** Each parser throws `host-api/invalid_id` naming the field and the rule, without the rejected value. */
export const parseTenantId = parser(tenantIdSchema, 'tenantId');
export const parseUserId = parser(userIdSchema, 'userId');
export const parseAgentId = parser(agentIdSchema, 'agentId');
export const parseProjectId = parser(projectIdSchema, 'projectId');
export const parseMissionId = parser(missionIdSchema, 'missionId');
export const parseThreadId = parser(threadIdSchema, 'threadId');
export const parseExtensionId = parser(extensionIdSchema, 'extensionId');
export const parseCapabilityId = parser(capabilityIdSchema, 'capabilityId');
export const parseSystemServiceId = parser(systemServiceIdSchema, 'systemServiceId');
export const parseTurnId = parser(turnIdSchema, 'turnId');
export const parseRunId = parser(runIdSchema, 'runId');
export const parseInvocationId = parser(invocationIdSchema, 'invocationId');
export const parseCorrelationId = parser(correlationIdSchema, 'correlationId');
export const parseProcessId = parser(processIdSchema, 'processId');
export const parseSecretHandle = parser(secretHandleSchema, 'secretHandle');
export const parseGateId = parser(gateIdSchema, 'gateId');
export const parseGrantId = parser(grantIdSchema, 'grantId');
export const parseEventId = parser(eventIdSchema, 'eventId');
export const parseIdempotencyKey = parser(idempotencyKeySchema, 'idempotencyKey');
export const parseDigest = parser(digestSchema, 'digest');

function parser<Schema extends z.ZodType>(schema: Schema, field: string): (value: unknown) => z.output<Schema> {
  return (value) => parseWith(schema, value, field, 'host-api/invalid_id');
}

function isName(text: string): boolean {
  return text.split('.').every((part) => /^[a-z0-9][a-z0-9_-]*$/.test(part));
}
