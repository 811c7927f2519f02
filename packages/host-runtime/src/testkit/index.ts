/** For tests of this package and of everything above it: doubles of the door and of what stands behind it, its contract. */

// The door
export { createFakeHostRuntime, createLatch } from './fake-host-runtime.ts';
export type {
  FakeHostRuntime,
  FakeHostRuntimeScript,
  Latch,
  RecordedRequests,
  Scripted,
  ScriptedInvoke,
} from './fake-host-runtime.ts';
export { hostRuntimeContract } from './host-runtime-contract.ts';
export type { HostRuntimeHarness, PreparedCall, Situation } from './host-runtime-contract.ts';

// What stands behind it
export { scriptedHandler } from './scripted-handler.ts';
export type { ScriptedHandler, ScriptedHandlerOptions, ScriptedRun } from './scripted-handler.ts';
export { recordingPolicy } from './recording-policy.ts';
export type { RecordingPolicy, ScriptedJudgement } from './recording-policy.ts';
export { staticApprovers } from './static-approvers.ts';
