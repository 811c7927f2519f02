/**
 * Valid records of every kind: a test names only what it is about.
 *
 * Not here: scopes and contexts (`@reborn/host-api/testkit`).
 */
import {
  digestSchema,
  parseCapabilityId,
  parseEventId,
  parseExtensionId,
  parseGateId,
  parseProcessId,
  parseSecretHandle,
  parseTenantId,
  parseUserId,
  type AppendWrite,
  type JsonObject,
  type Principal,
} from '@reborn/host-api';
import { buildScope, FAKE_START_MS, fixedUuid } from '@reborn/host-api/testkit';
import type { LogRecord, LogRecordKind } from '../record/log-record.ts';

type OfKind<Kind extends LogRecordKind> = Extract<LogRecord, { kind: Kind }>;
type Common = 'kind' | 'eventId' | 'atMs' | 'scope' | 'runId' | 'invocationId' | 'correlationId';

const provider = parseExtensionId('notes');
const call = { capabilityId: parseCapabilityId('notes.write'), provider };
const digest = digestSchema.parse(`sha256:${'ab'.repeat(32)}`);
const gate = { ...call, gateId: parseGateId(fixedUuid(9)), inputDigest: digest };
const processId = parseProcessId(fixedUuid(11));
const alice: Principal = { kind: 'user', id: parseUserId('alice') };
const hookId = `hook:${'cd'.repeat(32)}`;
const hook = { hookId, provider, point: 'before_capability' };
const answer = { ...hook, inputDigest: digest, decisionKey: digest };
const delivery = { subscription: 'event_hook:notes', cursor: 1 };

/** What a kind has of its own. */
const FIELDS: { readonly [Kind in LogRecordKind]: Omit<OfKind<Kind>, Common> } = {
  run_submitted: {},
  run_claimed: { attempt: 1 },
  run_parked: { gates: 1 },
  run_resumed: {},
  run_yielded: {},
  run_recovered: {},
  run_cancel_requested: { reason: 'user_requested' },
  run_completed: {},
  run_failed: { errorKind: 'model_unavailable' },
  run_cancelled: { reason: 'user_requested' },
  dispatch_requested: { ...call, attempt: 1 },
  dispatch_succeeded: { ...call, outputBytes: 12, durationMs: 40 },
  dispatch_failed: { ...call, errorKind: 'timed_out', effect: 'uncertain', durationMs: 5000 },
  process_started: { ...call, processId },
  process_ended: {
    ...call,
    processId,
    outcome: 'failed',
    effect: 'uncertain',
    errorKind: 'timed_out',
    durationMs: 900,
  },
  model_started: { attempt: 1 },
  model_completed: { calls: 2, durationMs: 900 },
  model_failed: { errorKind: 'unavailable', attempt: 1, durationMs: 900 },
  assistant_reply_finalized: { entryId: parseEventId(fixedUuid(8)) },
  hook_dispatched: { ...hook, tier: 'trusted' },
  hook_decision_emitted: { ...hook, verb: 'refuse' },
  hook_failed: { ...hook, category: 'timeout', disposition: 'poisoned' },
  subscription_terminated: { family: 'runtime', subscription: 'event_hook:notes', reason: 'ended_by_operator' },
  verdict_given: { ...call, by: 'hook:notes', verdict: 'deny', code: 'hook_refused', inputDigest: digest },
  hook_decision_accepted: { ...answer, verb: 'refuse', code: 'hook_refused' },
  hook_decision_rejected: { ...answer, category: 'malformed' },
  judgement_settled: { ...call, inputDigest: digest, result: 'denied' },
  input_changed: {
    ...call,
    by: 'hook:notes',
    beforeDigest: digest,
    afterDigest: digest,
    changes: [{ path: '/path', op: 'replace', before: '"a.md"', after: '"b.md"' }],
  },
  resources_held: { ...call, attempt: 1, held: { usd: '0.25', calls: 1 } },
  resources_closed: { ...call, attempt: 1, how: 'reconciled', used: { usd: '0.2', calls: 1 } },
  effect_intended: {
    ...call,
    attempt: 1,
    inputDigest: digest,
    authorityDigest: digest,
    gateId: parseGateId(fixedUuid(9)),
  },
  effect_settled: {
    ...call,
    attempt: 1,
    outcome: 'completed',
    effect: 'happened',
    errorKind: 'capability_failed',
    outputDigest: digest,
    outputBytes: 12,
  },
  recovery_marked: { ...call, attempt: 1, found: 'uncertain', cause: 'time_over' },
  hook_poisoned: { hookId, provider, category: 'timeout' },
  hook_note: { hookId, provider, ...delivery, text: 'seen' },
  delivery_failed: { ...delivery, attempt: 1, errorKind: 'timeout' },
  delivery_dead_lettered: { ...delivery, attempts: 5 },
  call_denied: { ...call, by: 'grants', code: 'missing_grant' },
  approval_requested: { ...gate, by: alice, asked: ['permission_ask'] },
  approval_resolved: { ...gate, by: { kind: 'host' }, decision: 'approve', edited: false },
  approval_refused: { ...gate, by: alice, code: 'not_authorised' },
  approval_closed: { ...gate, how: 'expired' },
  secrets_staged: { ...call, count: 1 },
  network_exchanged: {
    ...call,
    host: 'api.example.com',
    method: 'get',
    status: 200,
    errorKind: 'response_blocked',
    requestBytes: 120,
    responseBytes: 512,
  },
  budget_warned: { ...call, axis: 'user', dimension: 'usd' },
  secret_changed: { by: alice, handle: parseSecretHandle('github_token'), how: 'stored' },
  trust_changed: {
    packageId: provider,
    source: 'composed',
    before: { class: 'user_trusted', allowedEffects: ['network', 'read_filesystem'] },
    after: { class: 'sandbox', allowedEffects: [] },
  },
  retention_applied: {
    by: alice,
    family: 'runtime',
    cutThrough: 40,
    cut: 40,
    removed: 2,
    passedBy: ['event_hook:notes'],
  },
  boundary_decided: { ...call, boundary: 'hook_deny', decision: 'blocked', code: 'hook_refused' },
};

/** Every kind there is. */
export const LOG_RECORD_KINDS = Object.keys(FIELDS) as readonly LogRecordKind[];

/** A record of `kind` whose event id stands for `number`, owned by Alice unless told otherwise. */
export function buildLogRecord<Kind extends LogRecordKind>(
  kind: Kind,
  number: number,
  overrides: Partial<OfKind<Kind>> = {},
): OfKind<Kind> {
  const common = { eventId: parseEventId(fixedUuid(number)), atMs: FAKE_START_MS, scope: buildScope() };
  const record: object = { kind, ...common, ...FIELDS[kind], ...overrides };
  return record as OfKind<Kind>;
}

/** What somebody other than this version wrote: a record of any form, straight into a stream. */
export function buildForeignAppend(
  family: AppendWrite['stream']['family'],
  number: number,
  foreign: { readonly kind?: string; readonly body: JsonObject },
): AppendWrite {
  const { tenantId, ...labels } = buildScope();
  const { kind = 'run_submitted', body } = foreign;
  const draft = { eventId: parseEventId(fixedUuid(number)), kind, atMs: FAKE_START_MS, labels, body };
  return { kind: 'append', stream: { family, tenantId: parseTenantId(tenantId) }, records: [draft] };
}
