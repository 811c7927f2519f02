// Faults and bounds.
export { EventsError } from './errors.ts';
export { NOTE_BYTES_MAX, PAGE_ENTRIES_MAX, RETENTION_RULES_MAX } from './limits.ts';

// Records: what can have happened.
export { toErrorKind, UNCLASSIFIED } from './redaction.ts';
export {
  runtimeEventSchema,
  type RuntimeEvent,
  type RuntimeEventKind,
  type SubscriptionEndReason,
} from './record/runtime-event.ts';
export { journalRecordSchema, type InputChange, type JournalRecord, type JournalRecordKind } from './record/journal.ts';
export { auditRecordSchema, type AuditRecord, type AuditRecordKind } from './record/audit.ts';
export {
  securityAuditRecordSchema,
  type SecurityAuditRecord,
  type SecurityAuditRecordKind,
  type SecurityBoundary,
  type SecurityCode,
  type SecurityDecision,
} from './record/security.ts';
export { toActorId } from './record/labels.ts';
export {
  FAMILY_OF_KIND,
  kindsOf,
  LOG_FAMILIES,
  parseLogRecord,
  toAppends,
  toLogEntry,
  type LogEntry,
  type LogFamily,
  type LogRecord,
  type LogRecordKind,
} from './record/log-record.ts';

// Reading a journal from its beginning.
export { replayJournal } from './replay/reducer.ts';
export type {
  RepairQuestion,
  Replay,
  ReplayBlocker,
  ReplayedCall,
  ReplayedDecision,
  ReplayedEffect,
  ReplayFinding,
  ReplayMode,
  ReplayRequest,
} from './replay/replay.ts';

// The log.
export { before, cursorSchema, ORIGIN, parseCursor, type Cursor } from './cursor.ts';
export {
  isReadScope,
  LOG_READ_CAPABILITY,
  readScopeByGrant,
  readScopeFor,
  type ReadNarrowing,
  type ReadScope,
} from './read-scope.ts';
export type {
  BatchResult,
  BoundsOutcome,
  BoundsRequest,
  BrokenRule,
  CursorGap,
  EventLog,
  QueryPage,
  QueryRequest,
  ReadOutcome,
  ReadRequest,
  TailRequest,
  TracePage,
  TraceRequest,
  VerifyOutcome,
  VerifyRequest,
} from './event-log.ts';
export { toCursorGap } from './log/cursor-gap.ts';
export { createEventLog, type EventLogOptions } from './stored-event-log.ts';

// What is kept for how long.
export {
  DEFAULT_RETENTION_RULES,
  parseRetentionRules,
  retentionRuleSchema,
  type RetentionRule,
} from './retention/rule.ts';
export { planRetention, type RetentionRequest, type StreamPlan } from './retention/plan-retention.ts';
export { applyRetention, type ApplyRequest, type RetentionReport } from './retention/apply-retention.ts';
export {
  listPins,
  pinEvent,
  pinMachine,
  unpinEvent,
  type PinOutcome,
  type PinRequest,
  type PinRow,
  type UnpinOutcome,
} from './retention/pin.ts';
export { retentionMachine } from './retention/retention-guard.ts';
export type { Obstacle, RetentionHold } from './retention/view.ts';

// Streams as text, there and back.
export { exportStream, type ExportRequest } from './transfer/export-stream.ts';
export { importStream, type ImportReport, type ImportRequest } from './transfer/import-stream.ts';

// Durable followers.
export { endSubscription, type EndedSubscription } from './subscription/end-subscription.ts';
export type { Consumer, ConsumerOptions, ConsumerStep, Delivery, DeliveryFailure } from './subscription/consumer.ts';
export { subscriptionKey } from './subscription/subscription-key.ts';
export { createConsumer } from './subscription/follower.ts';
export { listSubscriptions, type SubscriptionStanding } from './subscription/registry.ts';
export {
  subscriptionMachine,
  subscriptionRowSchema,
  type SubscriptionGap,
  type SubscriptionRow,
} from './subscription/subscription.ts';

// Where runs stand, for those who watch.
export { createRunProjection } from './projection/log-projection.ts';
export {
  applyUpdate,
  type ProjectionSnapshot,
  type ProjectionUpdate,
  type RunProjection,
  type SnapshotRequest,
  type UpdatesRequest,
} from './projection/projection.ts';
export type { ProjectionCursor, RebaseReason, RebaseRequired } from './projection/projection-cursor.ts';
export type { RunStatus, RunStatusToken, RunSubject } from './projection/run-status.ts';
export type { TimelineEntry } from './projection/timeline-entry.ts';
export type { ProjectionLog } from './projection/projection-source.ts';

// Event streams: being told what happens.
export type {
  AdmissionBound,
  EventStream,
  EventStreamItem,
  EventStreamRequest,
  EventStreams,
  LagReason,
  OpenStreamOutcome,
} from './streaming/event-stream.ts';
export type { AccessCheck, AccessQuestion } from './streaming/access.ts';
export { ADMISSION_LIMITS, type AdmissionLimits } from './streaming/admission.ts';
export { createEventStreams, type EventStreamsOptions } from './streaming/open-event-streams.ts';
