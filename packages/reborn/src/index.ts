// Faults and configuration.
export { RebornError } from './errors.ts';
export { parseConfig, rebornConfigSchema, type RebornConfig } from './config.ts';

// The host, assembled in one call.
export { createReborn, HOST_MACHINES, inspectReborn } from './create-reborn.ts';
export type { ExplainSubject, Reborn, RebornOptions, RunTarget, WorkOptions } from './reborn.ts';
export type { HostExtension } from './extension.ts';
export { inMemory, type HostStorage } from './host-storage.ts';
export type { DriveOutcome } from './worker/worker.ts';
export type { Component, ReadinessIssue, ReadinessReport } from './readiness.ts';

// What happened, as a story.
export type { CallStory, Explanation, StoryItem } from './explain.ts';
export { toInvocationId } from './loop-host/call-identity.ts';

// Loops and models.
export { plannedDriver } from './agent-loop/planned-driver.ts';
export { createReplayModel } from './model/replay-model.ts';
export { parseRecording, type Recording } from './model/recording.ts';
