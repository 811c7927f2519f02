// Faults and bounds.
export { TurnsError } from './errors.ts';
export { CALL_ID_BYTES_MAX, CALLS_PER_STEP_MAX, MESSAGE_BYTES_MAX, RUN_LEASE_MS } from './limits.ts';

// Submit, cancel, look.
export { createTurnCoordinator, type TurnCoordinator } from './coordinator/coordinator.ts';
export type { SubmitTurnOutcome, SubmitTurnRequest } from './coordinator/submit.ts';
export type { CancelRunOutcome, CancelRunRequest } from './coordinator/cancel.ts';

// Where a run stands.
export {
  isTerminal,
  queueRunAfterGate,
  runMachine,
  runRowSchema,
  type CancelReason,
  type RunFailure,
  type RunRow,
  type RunStatus,
} from './run.ts';
export { runLeaseKey } from './worker/claim.ts';
export { INTERACTIVE_PROFILE, runProfileSchema, type RunProfile } from './profile.ts';
export {
  announceResume,
  parseLifecycleEvent,
  turnEventKindSchema,
  type TurnEventKind,
  type TurnLifecycleEvent,
} from './lifecycle-event.ts';

// What was said.
export type { ToolCall, ToolResult, TranscriptEntry } from './transcript/entry.ts';
