import { assertNever } from '@reborn/host-api';
import { expectTypeOf } from 'vitest';
import type { AuditRecord } from './audit.ts';
import type { JournalRecord } from './journal.ts';
import { LOG_FAMILIES, type LogEntry, type LogFamily, type LogRecord } from './log-record.ts';
import type { RuntimeEvent } from './runtime-event.ts';
import type { SecurityAuditRecord } from './security.ts';

declare const base: Pick<Extract<LogRecord, { kind: 'run_submitted' }>, 'eventId' | 'atMs' | 'scope'>;

// A record has the fields of its kind.
const started: RuntimeEvent = { ...base, kind: 'model_started', attempt: 1 };
void started;
// @ts-expect-error a field of another kind
const bytes: RuntimeEvent = { ...base, kind: 'model_started', attempt: 1, outputBytes: 3 };
void bytes;
// @ts-expect-error a field is missing
const missing: RuntimeEvent = { ...base, kind: 'model_started' };
void missing;
// @ts-expect-error free text has no place
const prompt: RuntimeEvent = { ...base, kind: 'run_completed', text: 'hello' };
void prompt;
// @ts-expect-error an approval is no runtime event
const approval: RuntimeEvent = { ...base, kind: 'approval_resolved' };
void approval;
// @ts-expect-error plain text is no event id
const unbranded: RuntimeEvent = { ...base, eventId: 'one', kind: 'run_submitted' };
void unbranded;

// A switch over kinds is closed.
export function familyOf(record: LogRecord): LogFamily {
  switch (record.kind) {
    case 'run_submitted':
    case 'run_claimed':
    case 'run_parked':
    case 'run_yielded':
    case 'run_resumed':
    case 'run_recovered':
    case 'run_cancel_requested':
    case 'run_completed':
    case 'run_failed':
    case 'run_cancelled':
    case 'dispatch_requested':
    case 'dispatch_succeeded':
    case 'dispatch_failed':
    case 'process_started':
    case 'process_ended':
    case 'model_started':
    case 'model_completed':
    case 'model_failed':
    case 'assistant_reply_finalized':
    case 'hook_dispatched':
    case 'hook_decision_emitted':
    case 'hook_failed':
    case 'subscription_terminated':
      expectTypeOf(record).toExtend<RuntimeEvent>();
      return 'runtime';
    case 'verdict_given':
    case 'hook_decision_accepted':
    case 'hook_decision_rejected':
    case 'judgement_settled':
    case 'effect_intended':
    case 'effect_settled':
    case 'recovery_marked':
    case 'input_changed':
    case 'resources_held':
    case 'resources_closed':
    case 'hook_poisoned':
    case 'hook_note':
    case 'delivery_failed':
    case 'delivery_dead_lettered':
      expectTypeOf(record).toExtend<JournalRecord>();
      return 'journal';
    case 'call_denied':
    case 'approval_requested':
    case 'approval_resolved':
    case 'approval_refused':
    case 'approval_closed':
    case 'retention_applied':
    case 'secrets_staged':
    case 'network_exchanged':
    case 'budget_warned':
    case 'secret_changed':
    case 'trust_changed':
      expectTypeOf(record).toExtend<AuditRecord>();
      return 'audit';
    case 'boundary_decided':
      expectTypeOf(record).toExtend<SecurityAuditRecord>();
      return 'security';
    default:
      return assertNever(record, 'LogRecord');
  }
}

// An entry of a newer version shows no record.
declare const entry: LogEntry;
if (!entry.known) {
  // @ts-expect-error there is none
  void entry.record;
}

expectTypeOf(LOG_FAMILIES).toEqualTypeOf<readonly LogFamily[]>();

// A security record is payload-free: ids, scopes and words of closed vocabularies, and nothing that takes any text.
type Values = SecurityAuditRecord[Exclude<keyof SecurityAuditRecord, 'scope'>];
expectTypeOf<string extends Values ? true : false>().toEqualTypeOf<false>();
expectTypeOf<keyof SecurityAuditRecord>().toEqualTypeOf<
  | 'kind'
  | 'eventId'
  | 'atMs'
  | 'scope'
  | 'runId'
  | 'invocationId'
  | 'correlationId'
  | 'capabilityId'
  | 'provider'
  | 'boundary'
  | 'decision'
  | 'code'
>();
const decided: SecurityAuditRecord = {
  ...base,
  kind: 'boundary_decided',
  boundary: 'hook_deny',
  decision: 'blocked',
  code: 'hook_refused',
};
// @ts-expect-error free text is no code
const described: SecurityAuditRecord = { ...decided, code: 'because I say so' };
void described;
// @ts-expect-error there is no field for a message
const told: SecurityAuditRecord = { ...decided, message: 'hello' };
void told;
