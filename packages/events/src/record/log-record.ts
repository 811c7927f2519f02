/**
 * Records of all families as one union, and their way into and out of a stream.
 *
 * Not here: reading with authority (`event-log.ts`).
 */
import {
  compileRecogniser,
  describeIssues,
  isJsonObject,
  type AppendWrite,
  type JsonObject,
  type RecordDraft,
  type StreamFamily,
  type StreamRecord,
} from '@reborn/host-api';
import type { z } from 'zod';
import { EventsError } from '../errors.ts';
import { auditRecordSchema, type AuditRecord } from './audit.ts';
import { journalRecordSchema, type JournalRecord } from './journal.ts';
import { actorOf, toLabels } from './labels.ts';
import { runtimeEventSchema, type RuntimeEvent } from './runtime-event.ts';
import { securityAuditRecordSchema, type SecurityAuditRecord } from './security.ts';

export type LogRecord = RuntimeEvent | JournalRecord | AuditRecord | SecurityAuditRecord;
export type LogFamily = Extract<StreamFamily, 'runtime' | 'journal' | 'audit' | 'security'>;
export type LogRecordKind = LogRecord['kind'];

/** The version of the envelope below. Readers accept higher ones as records of an unknown kind. */
const ENVELOPE_VERSION = 1;

const SCHEMAS = {
  runtime: runtimeEventSchema,
  journal: journalRecordSchema,
  audit: auditRecordSchema,
  security: securityAuditRecordSchema,
} as const;

/** Nearly every record is in its proper form already and is known by these; the schemas refuse and redact the rest. */
const RECOGNISERS = {
  runtime: compileRecogniser(runtimeEventSchema),
  journal: compileRecogniser(journalRecordSchema),
  audit: compileRecogniser(auditRecordSchema),
  security: compileRecogniser(securityAuditRecordSchema),
} as const;

/** The families that are read through the log. The turn outbox and transcripts have readers of their own. */
export const LOG_FAMILIES: readonly LogFamily[] = ['runtime', 'journal', 'audit', 'security'];

/** A record as it was read. `unknown` keeps what a newer version wrote: readers pass it by and never fail on it. */
export type LogEntry =
  | { readonly known: true; readonly family: LogFamily; readonly cursor: number; readonly record: LogRecord }
  | {
      readonly known: false;
      readonly family: LogFamily;
      readonly cursor: number;
      readonly eventId: string;
      readonly kind: string;
      readonly atMs: number;
    };

/** The family that a kind belongs to. */
export const FAMILY_OF_KIND: ReadonlyMap<string, LogFamily> = new Map(
  LOG_FAMILIES.flatMap((family) => kindsOf(family).map((kind) => [kind, family] as const)),
);

/** The kinds of a family, in the order of their table. */
export function kindsOf(family: LogFamily): readonly string[] {
  return SCHEMAS[family].options.map((option) => option.shape.kind.value);
}

/**
 * A record, whoever made it: checked, redacted, with the fields of its kind and no others. Writing and reading do the
 * same again. Errors: `events/invalid_record` naming the field.
 */
export function parseLogRecord(record: unknown): LogRecord {
  return parseRecord(familyOf(record), record);
}

/**
 * Turns records into the appends of one unit, one for each stream they belong to, in the order of the records.
 * Errors: `events/invalid_record` naming the field.
 */
export function toAppends(records: readonly LogRecord[]): readonly AppendWrite[] {
  const appends = new Map<string, { write: AppendWrite; drafts: RecordDraft[] }>();
  for (const record of records) {
    const family = familyOf(record);
    const clean = RECOGNISERS[family](record) ?? parseRecord(family, record);
    const { tenantId } = clean.scope;
    const key = `${family}|${tenantId}`;
    const drafts: RecordDraft[] = appends.get(key)?.drafts ?? [];
    const write: AppendWrite = { kind: 'append', stream: { family, tenantId }, records: drafts };
    if (!appends.has(key)) appends.set(key, { write, drafts });
    drafts.push(toDraft(clean));
  }
  return [...appends.values()].map((entry) => entry.write);
}

/** Reads a stored record back. Stored text is not trusted: it is parsed and redacted again. */
export function toLogEntry(family: LogFamily, stored: StreamRecord): LogEntry {
  const { v, ...body }: JsonObject = isJsonObject(stored.body) ? stored.body : {};
  const record = v === ENVELOPE_VERSION ? recordOf(family, body) : undefined;
  const { cursor, eventId, kind, atMs } = stored;
  if (record?.eventId === eventId && record.kind === kind) return { known: true, family, cursor, record };
  return { known: false, family, cursor, eventId, kind, atMs };
}

function recordOf(family: LogFamily, body: unknown): LogRecord | undefined {
  return RECOGNISERS[family](body) ?? SCHEMAS[family].safeParse(body).data;
}

function parseRecord(family: LogFamily, record: unknown): LogRecord {
  const schema: z.ZodType<LogRecord> = SCHEMAS[family];
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  throw new EventsError('events/invalid_record', { detail: describeIssues(parsed.error, 'record') });
}

function toDraft(record: LogRecord): RecordDraft {
  const { eventId, kind, atMs, scope, runId, invocationId, correlationId } = record;
  const body = { v: ENVELOPE_VERSION, ...(record as unknown as JsonObject) };
  const capabilityId = 'capabilityId' in record ? record.capabilityId : undefined;
  const provider = 'provider' in record ? record.provider : undefined;
  const actorId = 'by' in record ? actorOf(record.by) : undefined;
  const about = { runId, invocationId, correlationId, capabilityId, provider, actorId };
  return { eventId, kind, atMs, labels: toLabels({ ...scope, ...about }), body };
}

/** Looks at nothing but the kind: callers from outside the compiler's reach may hand over anything. */
function familyOf(record: unknown): LogFamily {
  const kind = typeof record === 'object' && record !== null && 'kind' in record ? record.kind : undefined;
  const family = typeof kind === 'string' ? FAMILY_OF_KIND.get(kind) : undefined;
  if (family !== undefined) return family;
  throw new EventsError('events/invalid_record', { detail: { field: 'record.kind', rule: 'is not known' } });
}
