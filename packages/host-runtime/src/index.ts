// Faults, failures and bounds.
export { HostRuntimeError } from './errors.ts';
export { FAILURES, type Effect, type FailureFate, type FailureKind } from './failure.ts';
export { GATE_TTL_MS, INPUT_BYTES_MAX } from './limits.ts';

// The door.
export type {
  CancelWorkOutcome,
  CancelWorkRequest,
  HostRuntime,
  InvokeOutcome,
  InvokeRequest,
  ResolveGateOutcome,
  ResolveGateRequest,
  RuntimeHealth,
  RuntimeStatus,
  VisibleCapabilitiesRequest,
  VisibleCapability,
  VisibleSurface,
} from './host-runtime.ts';
export { createHostRuntime, type HostRuntimeOptions } from './default-host-runtime.ts';

// Authority: the host's own, never a caller's.
export {
  ownerApproves,
  staticGrants,
  theseApprove,
  type ApproverPolicy,
  type GrantSource,
} from './invoke/authority.ts';
export type { CallPolicy, JudgedCall, Judgement } from './invoke/call-policy.ts';

// Capabilities.
export type { CapabilityHandler, HandlerCall, HandlerOutcome, InputCheck } from './lane/handler.ts';
export { defineTool, ToolFailure, type ToolDefinition } from './lane/define-tool.ts';
export { createFileTools } from './first-party/file-tools.ts';
