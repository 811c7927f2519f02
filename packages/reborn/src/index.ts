// Faults and configuration.
export { RebornError } from './errors.ts';
export { parseConfig, rebornConfigSchema, type RebornConfig } from './config.ts';

// The host, assembled in one call.
export { createReborn, inspectReborn } from './create-reborn.ts';
export { HOST_MACHINES } from './host-machines.ts';
export type { ExplainSubject, Reborn, RebornOptions, RunTarget, WorkOptions } from './reborn.ts';
export type { HostExtension } from './extension/host-extension.ts';
export type { ExtensionDecision, ExtensionSource } from './extension/extension-source.ts';
export type { ExtensionStanding } from './extension/extension-registry.ts';
export { QUARANTINE, type Quarantine, type QuarantineCode } from './extension/quarantine.ts';
export { inMemory, type HostStorage } from './host-storage.ts';
export type { DriveOutcome } from './worker/worker.ts';
export type { HostSecrets, SecretsOption, SecretTarget } from './secrets.ts';
export type { Component, ReadinessIssue, ReadinessReport } from './readiness.ts';

// The log in the hands of an operator.
export {
  openOperatorLog,
  type OperatorLog,
  type OperatorLogOptions,
  type RetainRequest,
  type StreamStanding,
} from './operator/operator-log.ts';

// What happens, for those who watch.
export type { HostEvents, WatchRequest, WatchTarget } from './watching.ts';

// Followers of a tenant's events.
export type { EndSubscriptionOutcome, SubscriptionTarget } from './subscriptions.ts';

// What happened, as a story.
export type { Explanation } from './explain.ts';
export type { CallStory } from './explain/call-story.ts';
export type { StoryItem } from './explain/merge-story.ts';
export type { CallStage, StageName } from './explain/call-stages.ts';
export { toInvocationId } from './loop-host/call-identity.ts';

// Loops and models.
export { plannedDriver } from './agent-loop/planned-driver.ts';
export { createReplayModel } from './model/replay-model.ts';
export { parseRecording, type Recording } from './model/recording.ts';
