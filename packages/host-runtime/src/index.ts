// Faults, failures and bounds.
export { HostRuntimeError } from './errors.ts';
export { FAILURES, type Effect, type FailureFate, type FailureKind } from './failure.ts';
export { DOCUMENT_BYTES_MAX, GATE_TTL_MS, INPUT_BYTES_MAX, SCHEMA_BYTES_MAX } from './limits.ts';

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
  RuntimeStatusRequest,
  VisibleCapabilitiesRequest,
  VisibleCapability,
  VisibleSurface,
  WorkId,
} from './host-runtime.ts';
export { createHostRuntime, type HostRuntimeOptions, type HostRuntimeService } from './default-host-runtime.ts';
export type { RecoveryReport } from './invoke/recover.ts';
export { diffJson } from './invoke/json-diff.ts';

// Authority: the host's own, never a caller's.
export {
  ownerApproves,
  staticGrants,
  theseApprove,
  type ApproverPolicy,
  type GrantSource,
  type TrustSource,
} from './invoke/authority.ts';
export type {
  CallEnd,
  CallPolicy,
  JudgedCall,
  Judgement,
  Mutation,
  PolicyFact,
  Settlement,
} from './invoke/call-policy.ts';

// Capabilities.
export type {
  CapabilityHandler,
  HandlerCall,
  HandlerOutcome,
  InputCheck,
  LaneKind,
  LaneProbe,
  LaneState,
  ReportedUsage,
} from './lane/handler.ts';
export { defineTool, ToolFailure, type DefinedTool, type ToolDefinition } from './lane/define-tool.ts';
export { compileSchema, type CompiledSchema } from './lane/foreign-schema.ts';
export { capabilityManifestSchema, parseCapabilityManifest } from './lane/capability-manifest.ts';
export type { ManifestCapability } from './lane/capability-manifest.ts';
export { createProcessCapability, type ProcessCapabilityOptions } from './lane/process-lane.ts';
export { createLaneProbe } from './lane/lane-probe.ts';
export { createShellTool, type ShellParts } from './first-party/shell.ts';
export { createFileTools } from './first-party/file-tools.ts';
export { createBuiltinTools, type BuiltinToolParts } from './first-party/builtin-tools.ts';
export { createHttpTool } from './first-party/http.ts';
export { createCatalog, type Catalog, type CatalogEntry, type CatalogSource } from './surface/catalog.ts';

// Secrets.
export { SecretValue } from './secret/secret-value.ts';
export { secretMachine } from './secret/secret-machine.ts';
export { createStoredSecrets, type StoredSecretsOptions } from './secret/stored-secrets.ts';
export { environmentSecrets, firstOf } from './secret/environment-secrets.ts';
export type {
  SecretChange,
  SecretKeeping,
  SecretListing,
  SecretOwner,
  SecretSource,
  SecretStore,
} from './secret/secret-store.ts';
export type { StagedSecrets } from './secret/staged-secrets.ts';

// Budgets.
export { createBudgets, type BudgetsOptions } from './budget/durable-budgets.ts';
export {
  budgetLimitSchema,
  budgetLimitsSchema,
  type BudgetAxis,
  type BudgetLimit,
  type BudgetPeriod,
} from './budget/budget-limit.ts';
export type {
  BudgetBlock,
  BudgetHold,
  Budgets,
  BudgetStanding,
  BudgetWarning,
  HoldOutcome,
  HoldRequest,
} from './budget/budgets.ts';

// Processes.
export { createProcessDesk, type ProcessDesk, type ProcessDeskOptions } from './process/process-desk.ts';
export { createProcessTools } from './first-party/process-tools.ts';
export type { EndProcessOutcome, ProcessHost } from './process/process-host.ts';
export type { ProcessResult, ProcessView } from './process/process.ts';
