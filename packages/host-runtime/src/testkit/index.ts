/** For tests of this package and of everything above it: doubles of the door and of what stands behind it, its contract. */

// The door
export { createFakeHostRuntime, createLatch } from './fake-host-runtime.ts';
export type {
  FakeHostRuntime,
  FakeHostRuntimeScript,
  Latch,
  RecordedAnswer,
  RecordedRequests,
  Scripted,
  ScriptedAnswer,
  ScriptedInvoke,
} from './fake-host-runtime.ts';
export { hostRuntimeContract } from './host-runtime-contract.ts';
export type { HostRuntimeHarness, PreparedCall, Situation } from './host-runtime/harness.ts';

// What stands behind it
export { scriptedHandler } from './scripted-handler.ts';
export type { RecordedEquipment, ScriptedHandler, ScriptedHandlerOptions, ScriptedRun } from './scripted-handler.ts';
export { scriptedAuthority } from './scripted-authority.ts';
export type { ScriptedAuthority, ScriptedVerdict } from './scripted-authority.ts';
export { recordingPolicy } from './recording-policy.ts';
export type { RecordingPolicy, ScriptedJudgement } from './recording-policy.ts';
export { staticApprovers } from './static-approvers.ts';

// Secrets
export { createFakeSecretStore } from './fake-secret-store.ts';
export type { FakeSecretStore, FakeSecretStoreScript, ScriptedSecret, SecretRequest } from './fake-secret-store.ts';
export { secretStoreContract } from './secret-store-contract.ts';
export type { SecretStoreHarness } from './secret-store-contract.ts';

// The authoriser, a second time
export { compareAuthorisers } from './compare-authorisers.ts';
export type { AuthoriserDifference, Comparison, ComparisonOptions } from './compare-authorisers.ts';

// The authoriser alone, for measuring it and for holding another one beside it
export { authorize, type Authorization, type AuthorizationRequest } from '../invoke/authorize.ts';
