/** The words of the host: what two floors share, with no behaviour but validation, and the durable mechanisms. */

// Bugs
export { InvariantError, assert, assertNever } from './assert.ts';

// Faults
export { defineFaults, isFault, HostApiError, parseWith, describeIssues } from './errors.ts';
export type {
  FaultDefinition,
  FaultTable,
  FaultDetail,
  Fault,
  FaultJson,
  FaultOptions,
  FaultClass,
  HostApiErrorCode,
} from './errors.ts';

// Limits
export { SCOPE_ID_BYTES_MAX, NAME_ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
export { JSON_BYTES_MAX, PATH_BYTES_MAX, MOUNTS_MAX, REASON_BYTES_MAX, UNIT_WRITES_MAX } from './limits.ts';
export { UNIT_BYTES_MAX, PAGE_RECORDS_MAX, RECORD_KEY_BYTES_MAX, STREAM_RECORD_BYTES_MAX } from './limits.ts';
export { GRANTS_MAX, GATE_TTL_MS_MAX, LEASE_TTL_MS_MIN, LEASE_TTL_MS_MAX, VIRTUAL_PATH_BYTES_MAX } from './limits.ts';
export { DESCRIPTION_BYTES_MAX, DEADLINE_MS_MAX, OUTPUT_BYTES_MAX, TRUST_ENTRIES_MAX } from './limits.ts';
export { CREDENTIALS_MAX, HOST_NAME_BYTES_MAX, NETWORK_TARGETS_MAX, RESOURCE_AMOUNT_MAX } from './limits.ts';
export { RESERVATION_ACCOUNTS_MAX } from './limits.ts';
export { CURSOR_MAX, FILTER_KINDS_MAX, LABEL_BYTES_MAX, PACKAGE_PATH_BYTES_MAX, PAGE_BYTES_MAX } from './limits.ts';

// Text
export { utf8Bytes, hasControl, boundedLine, boundedText } from './bounded-text.ts';

// JSON
export { jsonValueSchema, jsonObjectSchema, parseJson, parseJsonValue, copyJson, isJsonObject } from './json.ts';
export type { JsonValue, JsonObject } from './json.ts';

// Canonical JSON and digests
export { toCanonicalJson, digestOf, digestBytes } from './canonical-json.ts';
export { compileRecogniser, type Recogniser } from './recogniser.ts';
export { portableDigest } from './portable-digest.ts';

// Identifiers
export { tenantIdSchema, userIdSchema, agentIdSchema, projectIdSchema, missionIdSchema } from './ids.ts';
export { threadIdSchema, extensionIdSchema, capabilityIdSchema, systemServiceIdSchema, turnIdSchema } from './ids.ts';
export { runIdSchema, invocationIdSchema, correlationIdSchema, gateIdSchema, grantIdSchema } from './ids.ts';
export { processIdSchema, secretHandleSchema, parseProcessId, parseSecretHandle } from './ids.ts';
export { eventIdSchema, idempotencyKeySchema, chainLinkSchema, digestSchema, parseTenantId } from './ids.ts';
export { parseUserId, parseAgentId, parseProjectId, parseMissionId, parseThreadId, parseExtensionId } from './ids.ts';
export { parseCapabilityId, parseSystemServiceId, parseTurnId, parseRunId, parseInvocationId } from './ids.ts';
export { parseCorrelationId, parseGateId, parseGrantId, parseEventId, parseIdempotencyKey } from './ids.ts';
export { parseDigest } from './ids.ts';
export type { TenantId, UserId, AgentId, ProjectId, MissionId, ThreadId, ExtensionId, CapabilityId } from './ids.ts';
export type { SystemServiceId, TurnId, RunId, InvocationId, CorrelationId, GateId, GrantId, EventId } from './ids.ts';
export type { IdempotencyKey, Digest, ProcessId, SecretHandle } from './ids.ts';

// Scope
export { resourceScopeSchema, SCOPE_AXES, parseResourceScope, isSameOwner } from './scope.ts';
export type { ResourceScope, ScopeAxis } from './scope.ts';
export { toScopeKey, toThreadKey, toIdempotencyRecordKey } from './scope-key.ts';
export type { ScopeKey } from './scope-key.ts';

// Principals and the context of a call
export { principalSchema, parsePrincipal, isSamePrincipal, principalsOf } from './principal.ts';
export type { Principal } from './principal.ts';
export { executionContextSchema, parseExecutionContext } from './execution-context.ts';
export type { ExecutionContext } from './execution-context.ts';

// Trust
export {
  wireTrustClassSchema,
  trustClassOutSchema,
  requestedTrustClassSchema,
  packageSourceSchema,
  packageIdentitySchema,
  evaluateTrust,
  createHostTrustPolicy,
  isEffectiveTrust,
} from './trust.ts';
export type {
  TrustClass,
  RequestedTrustClass,
  PackageSource,
  PackageIdentity,
  TrustEntry,
  HostTrustPolicy,
  EffectiveTrust,
} from './trust.ts';

// Capabilities and grants
export {
  effectKindSchema,
  effectsSchema,
  permissionModeSchema,
  capabilityDescriptorSchema,
  capabilityGrantSchema,
  parseCapabilityDescriptor,
  parseCapabilityGrant,
  isReadOnly,
} from './capability.ts';
export { credentialRequirementSchema } from './capability.ts';
export type { EffectKind, PermissionMode, CapabilityDescriptor, CapabilityGrant } from './capability.ts';
export type { CredentialRequirement } from './capability.ts';

// Manifests of packages
export { extensionManifestSchema, packagePathSchema, parseExtensionManifest } from './extension-manifest.ts';
export type { ExtensionManifest, PackagePath } from './extension-manifest.ts';

// Resources
export { addAmounts, exceededDimensions, moneySchema, narrowerAmounts, shareOf, subtractAmounts } from './resource.ts';
export { RESOURCE_DIMENSIONS, resourceAmountsSchema } from './resource.ts';
export type { ResourceAmounts, ResourceDimension } from './resource.ts';

// The way out to networks
export { defaultPort, findTarget, intersectTargets, networkTargetSchema, networkTargetsSchema } from './http-egress.ts';
export type { NetworkPlace, NetworkTarget, CredentialInjection, HttpMethod } from './http-egress.ts';
export type { HttpEgress, HttpEgressFailure, HttpEgressOutcome } from './http-egress.ts';
export type { HttpEgressRequest, HttpEgressResponse } from './http-egress.ts';

// Verdicts
export { verdictCodeSchema, verdictSchema, composeMostRestrictive, codesOf, parseVerdict } from './verdict.ts';
export type { Verdict } from './verdict.ts';

// Postures of a host
export { runtimeProfileNameSchema, runtimeProfile, approvalByPolicy } from './runtime-policy.ts';
export type { RuntimeProfileName, RuntimeProfile } from './runtime-policy.ts';

// Paths and mounts
export {
  VIRTUAL_ROOTS,
  WORKSPACE,
  virtualPathSchema,
  scopedPathSchema,
  parseScopedPath,
  parseVirtualPath,
  resolveToolPath,
} from './scoped-path.ts';
export type { VirtualPath, ScopedPath } from './scoped-path.ts';
export { isSensitivePath } from './sensitive-path.ts';
export {
  MOUNT_PERMISSIONS,
  mountGrantSchema,
  mountViewSchema,
  resolveMount,
  parseMountView,
  isMountSubset,
} from './mount.ts';
export type { MountPermission, MountGrant, MountView, MountResolution } from './mount.ts';

export { createTrustBook, type TrustBook, type TrustChange } from './trust-book.ts';

// The machine, as ports
export type {
  Clock,
  Timers,
  Ids,
  Random,
  DigestPort,
  Cipher,
  FileKind,
  FileStat,
  FolderEntry,
  FileRefusal,
  FileOutcome,
  FileSystem,
  ProcessRequest,
  ProcessOutcome,
  Processes,
  ProcessSandbox,
  SandboxMount,
  SandboxReport,
  NetworkRequest,
  NetworkOutcome,
  Network,
  Diagnostics,
  Platform,
} from './platform.ts';

// Durable mechanisms: records that move along machines
export { defineMachine } from './durable/state-machine.ts';
export type {
  Transition,
  DecisionContext,
  Decision,
  RecordIndex,
  StateMachine,
  StoredMachine,
  MachineStep,
  Machine,
} from './durable/state-machine.ts';

// Durable mechanisms: units of work, streams, stores
export { transition, getRecord, streamConflict, streamName } from './durable/unit-of-work.ts';
export type {
  TransitionWrite,
  AppendWrite,
  RemoveWrite,
  TruncateWrite,
  ImportWrite,
  StreamWrite,
  StreamRefusal,
  Write,
  WriteReceipt,
  CommitOutcome,
  UnitOfWork,
  ListRequest,
  StoredRecord,
  RecordReader,
  StoreDurability,
  DurableStore,
  StoreOpening,
} from './durable/unit-of-work.ts';
export { streamFamilySchema, streamKeySchema, LABELS, labelsSchema } from './durable/stream.ts';
export type {
  StreamFamily,
  StreamKey,
  Label,
  Labels,
  RecordDraft,
  StreamRecord,
  StreamFilter,
  StreamRequest,
  StreamPage,
  RawContent,
  RawRecord,
  RawRequest,
  RawPage,
  StreamInfo,
  StreamListRequest,
  CommitInterest,
  StreamReader,
} from './durable/stream.ts';
export { chainLink, chainOrigin, headAnchorSchema } from './durable/chain.ts';
export type { ChainedRecord, HeadAnchor, Sha256Hex } from './durable/chain.ts';
export { createInMemoryStore, IN_MEMORY_DURABILITY } from './durable/in-memory-store.ts';

// For those who write a store of their own: the checks, the ledger and the listeners that all stores share
export { parseUnit, parseRecordKey, parseMachine, indexMachines } from './durable/parse-unit.ts';
export type { MachineIndex, ParsedAppend, ParsedDraft, ParsedWrite } from './durable/parse-unit.ts';
export {
  parseListRequest,
  parseRawRequest,
  parseStreamListRequest,
  parseStreamRequest,
} from './durable/parse-request.ts';
export { emptyStream, linkHolds, planAppend, planImport, planRemove, planTruncate } from './durable/stream-ledger.ts';
export type { ExistingRecords, ImportPlan, LedgerEntries, StreamState } from './durable/stream-ledger.ts';
export { applyUnit } from './durable/apply-unit.ts';
export type { AppliedUnit, UnitContext } from './durable/apply-unit.ts';
export type { RecordMark, StoreTables, TableChange } from './durable/store-tables.ts';
export { InMemoryTables } from './durable/in-memory-tables.ts';
export { matchesFilter, toStreamRecord } from './durable/in-memory-stream.ts';
export { CommitListeners } from './durable/commit-listeners.ts';
export type { StreamChange } from './durable/commit-listeners.ts';

// Durable mechanisms: limiter, reservation
export { limiterMachine, limiterAccountAt, findLimiterRefusal, parseLimiterRefusal } from './durable/limiter.ts';
export { chargeAmounts } from './durable/limiter.ts';
export type { LimiterRow, LimiterStanding, LimiterWindow, LimiterTerms, LimiterRefusal } from './durable/limiter.ts';
export {
  reservationMachine,
  toReservationKey,
  reserveAmounts,
  reconcileReservation,
  releaseReservation,
  presumeReservationLost,
} from './durable/reservation.ts';
export type { NewReservation, ReservationRow, ReservedAccount, SettledAccount } from './durable/reservation.ts';

// Durable mechanisms: lease, idempotency, gate
export {
  leaseProofSchema,
  leaseRowSchema,
  leaseMachine,
  acquireLease,
  renewLease,
  checkLease,
  releaseLease,
} from './durable/lease.ts';
export type { LeaseProof, LeaseRow } from './durable/lease.ts';
export {
  idempotencyRowSchema,
  idempotencyMachine,
  suspendEffect,
  intendEffect,
  settleEffect,
  reopenEffect,
  presumeEffectLost,
} from './durable/idempotency.ts';
export type { IdempotencyRow } from './durable/idempotency.ts';
export {
  gateKindSchema,
  gateReceiptSchema,
  gateResolutionSchema,
  gateRowSchema,
  gateMachine,
  revokeGate,
  openGate,
  approveGate,
  denyGate,
  expireGate,
  supersedeGate,
  toGateOwner,
  consumeGate,
  checkGateOpen,
} from './durable/gate.ts';
export type { GateKind, GateReceipt, GateResolution, GateRow, NewGate } from './durable/gate.ts';

// Durable mechanisms: work item
export { workItemMachine, workItemRowSchema, toWorkOwner } from './durable/work-item.ts';
export { startWork, checkWorkRunning, requestWorkCancel, endWork } from './durable/work-item.ts';
export type { WorkItemRow, WorkItemEnd, NewWorkItem } from './durable/work-item.ts';
