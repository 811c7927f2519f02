// Faults and bounds.
export { EventsError } from './errors.ts';
export { NOTE_BYTES_MAX, PAGE_ENTRIES_MAX } from './limits.ts';

// Records: what can have happened.
export { toErrorKind, UNCLASSIFIED } from './redaction.ts';
export { runtimeEventSchema, type RuntimeEvent, type RuntimeEventKind } from './record/runtime-event.ts';
export { journalRecordSchema, type JournalRecord, type JournalRecordKind } from './record/journal.ts';
export { auditRecordSchema, type AuditRecord, type AuditRecordKind } from './record/audit.ts';
export {
  FAMILY_OF_KIND,
  kindsOf,
  toAppends,
  toLogEntry,
  type LogEntry,
  type LogFamily,
  type LogRecord,
  type LogRecordKind,
} from './record/log-record.ts';

// The log.
export { cursorSchema, ORIGIN, parseCursor, type Cursor } from './cursor.ts';
export {
  isReadScope,
  LOG_READ_CAPABILITY,
  readScopeByGrant,
  readScopeFor,
  type ReadNarrowing,
  type ReadScope,
} from './read-scope.ts';
export type { EventLog, ReadOutcome, ReadRequest, TailRequest } from './event-log.ts';
export { createEventLog } from './stored-event-log.ts';

// Durable followers.
export {
  subscriptionKey,
  type Consumer,
  type ConsumerOptions,
  type ConsumerStep,
  type Delivery,
  type DeliveryFailure,
} from './subscription/consumer.ts';
export { createConsumer } from './subscription/follower.ts';
export {
  subscriptionMachine,
  subscriptionRowSchema,
  terminateSubscription,
  type SubscriptionRow,
} from './subscription/subscription.ts';
