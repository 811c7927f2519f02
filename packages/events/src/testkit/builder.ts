/**
 * Valid records of every kind: a test names only what it is about.
 *
 * Not here: scopes and contexts (`@reborn/host-api/testkit`).
 */
import {
  digestSchema,
  parseCapabilityId,
  parseEventId,
  parseGateId,
  parseTenantId,
  type AppendWrite,
  type JsonObject,
} from '@reborn/host-api';
import { buildScope, FAKE_START_MS, fixedUuid } from '@reborn/host-api/testkit';
import type { LogRecord, LogRecordKind } from '../record/log-record.ts';

type OfKind<Kind extends LogRecordKind> = Extract<LogRecord, { kind: Kind }>;
type Common = 'kind' | 'eventId' | 'atMs' | 'scope' | 'runId' | 'invocationId' | 'correlationId';

const capabilityId = parseCapabilityId('notes.write');
const digest = digestSchema.parse(`sha256:${'ab'.repeat(32)}`);
const gate = { capabilityId, gateId: parseGateId(fixedUuid(9)), inputDigest: digest };
const hook = { hookId: 'hook:notes', point: 'before_capability' };

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
  dispatch_requested: { capabilityId, attempt: 1 },
  dispatch_succeeded: { capabilityId, outputBytes: 12 },
  dispatch_failed: { capabilityId, errorKind: 'timed_out', effect: 'uncertain' },
  model_started: { attempt: 1 },
  model_completed: { calls: 2 },
  model_failed: { errorKind: 'unavailable', attempt: 1 },
  hook_dispatched: hook,
  hook_decision_emitted: { ...hook, verb: 'refuse' },
  hook_failed: { ...hook, category: 'timeout' },
  verdict_given: { capabilityId, by: 'authoriser', verdict: 'allow', inputDigest: digest },
  effect_intended: { capabilityId, attempt: 1, inputDigest: digest, authorityDigest: digest },
  effect_settled: { capabilityId, attempt: 1, outcome: 'completed', effect: 'happened' },
  hook_poisoned: { hookId: 'hook:notes', category: 'timeout' },
  hook_note: { hookId: 'hook:notes', subscription: 'hook:notes', cursor: 1, text: 'seen' },
  delivery_failed: { subscription: 'hook:notes', cursor: 1, attempt: 1, errorKind: 'timeout' },
  delivery_dead_lettered: { subscription: 'hook:notes', cursor: 1, attempts: 5 },
  call_denied: { capabilityId, by: 'grants', code: 'missing_grant' },
  approval_requested: { ...gate, asked: ['permission_ask'] },
  approval_resolved: { ...gate, by: { kind: 'host' }, decision: 'approve', edited: false },
  approval_refused: { ...gate, by: { kind: 'host' }, code: 'not_authorised' },
  approval_closed: { ...gate, how: 'expired' },
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
