/** For authors of hooks: try one without a host. */

// Gates
export { tryGate, type GateTrial, type GateTrialOptions } from './try-gate.ts';
export { buildInstallation, buildJudgedCall } from './builder.ts';

// Event hooks
export { recordingEventHook, type RecordedDelivery, type RecordingEventHook } from './recording-event-hook.ts';
