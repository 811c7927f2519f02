// For workers and storage adapters only: the transitions of a run.
export { createRunner, type Runner } from './worker/runner.ts';
export type { RunnerDependencies } from './worker/dependencies.ts';
export { runLeaseKey, type ClaimedRun } from './worker/claim.ts';
export type { EndOutcome, RunEnd, StepOutcome } from './worker/step.ts';
export { validateExit, type ExitEvidence } from './loop-exit/validate.ts';
export { HEARTBEATS_PER_LEASE } from './limits.ts';

// The machines whose records a store keeps for turns.
export { runMachine } from './run.ts';
export { threadLockMachine } from './thread-lock.ts';
export { checkpointMachine } from './checkpoint/checkpoint.ts';
