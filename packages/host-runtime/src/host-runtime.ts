/**
 * The one door for side effects: the port that agent loops, surfaces and bridges call.
 *
 * Not here: the pipeline behind it (`invoke/`), what a run does with an outcome (`@reborn/reborn`).
 * Source: specification 2, b; rulings, sections 2 and 3.
 */
import {
  boundedLine,
  boundedText,
  capabilityIdSchema,
  correlationIdSchema,
  CREDENTIALS_MAX,
  describeIssues,
  effectsSchema,
  executionContextSchema,
  gateIdSchema,
  idempotencyKeySchema,
  invocationIdSchema,
  jsonValueSchema,
  principalSchema,
  processIdSchema,
  resourceAmountsSchema,
  resourceScopeSchema,
  runIdSchema,
  secretHandleSchema,
  tenantIdSchema,
  type CapabilityDescriptor,
  type CapabilityId,
  type Digest,
  type GateId,
  type GateRow,
  type InvocationId,
  type JsonValue,
  type ProcessId,
  type ResourceAmounts,
  type ResourceDimension,
} from '@reborn/host-api';
import { z } from 'zod';
import type { BudgetBlock } from './budget/budgets.ts';
import { HostRuntimeError } from './errors.ts';
import type { Effect, FailureFate, FailureKind } from './failure.ts';
import type { LaneKind } from './lane/handler.ts';
import { SECRET_BYTES_MAX, SURFACE_BYTES_MAX, VISIBLE_CAPABILITIES_MAX } from './limits.ts';

/**
 * `idempotencyKey` names the intended effect; without one the invocation id does. Repeating a call with the same key
 * gives the stored outcome, the same open gate, or joins the call that is still running. `estimate`: what the caller
 * expects beyond what the capability declares; it never makes a declared estimate smaller.
 */
export const invokeRequestSchema = z.strictObject({
  context: executionContextSchema,
  capabilityId: capabilityIdSchema,
  input: jsonValueSchema,
  idempotencyKey: idempotencyKeySchema.optional(),
  estimate: resourceAmountsSchema.optional(),
});
export type InvokeRequest = z.input<typeof invokeRequestSchema>;

interface OutcomeBase {
  readonly capabilityId: CapabilityId;
  readonly invocationId: InvocationId;
}

/** Nothing was executed yet, unless `kind` is `completed`, `spawned_process` or a `failed` that says so. */
export type InvokeOutcome =
  | (OutcomeBase & {
      readonly kind: 'completed';
      readonly output: JsonValue;
      readonly outputBytes: number;
      /** What it took, as the host measured it and the capability said. */
      readonly usage: ResourceAmounts;
    })
  /** Somebody has to decide. `asked`: closed codes of those who want it. */
  | (OutcomeBase & { readonly kind: 'approval_required'; readonly gateId: GateId; readonly asked: readonly string[] })
  /** A credential is missing. Only their number: the names stand in the gate. */
  | (OutcomeBase & { readonly kind: 'auth_required'; readonly gateId: GateId; readonly requiredSecrets: number })
  | (OutcomeBase & {
      readonly kind: 'resource_blocked';
      readonly gateId: GateId;
      readonly reason: BudgetBlock['reason'];
      readonly dimension: ResourceDimension;
      readonly estimate: ResourceAmounts;
    })
  /** It runs by itself from here on. */
  | (OutcomeBase & { readonly kind: 'spawned_process'; readonly processId: ProcessId })
  | (OutcomeBase & {
      readonly kind: 'failed';
      readonly failureKind: FailureKind;
      readonly fate: FailureFate;
      readonly effect: Effect;
      /** For people and models; holds no path, secret or backend text. */
      readonly message: string;
    });

/**
 * An answer to a gate. `approve`, `deny` and `edit` answer gates for approvals and budgets (`edit` replaces the input,
 * which is checked and judged again); `authenticate` and `decline` answer gates for credentials. `credentials` are stored
 * in the same unit as the answer; without them the secrets have to be there already. `revoke` takes an answer back that
 * nothing has used yet.
 */
export const resolveGateSchema = z
  .strictObject({
    tenantId: tenantIdSchema,
    gateId: gateIdSchema,
    approver: principalSchema,
    decision: z.enum(['approve', 'deny', 'edit', 'authenticate', 'decline', 'revoke']),
    input: jsonValueSchema.optional(),
    credentials: z
      .array(z.strictObject({ handle: secretHandleSchema, value: boundedText(SECRET_BYTES_MAX).min(1) }))
      .max(CREDENTIALS_MAX)
      .optional(),
    reason: boundedText(1024).optional(),
  })
  .refine(({ decision, input }) => (decision === 'edit') === (input !== undefined), {
    path: ['input'],
    message: 'goes with the decision "edit", and with no other',
  })
  .refine(({ decision, credentials }) => decision === 'authenticate' || credentials === undefined, {
    path: ['credentials'],
    message: 'go with the decision "authenticate" only',
  });
export type ResolveGateRequest = z.input<typeof resolveGateSchema>;

/** Only `resolved` changed anything. `unknown_gate` stands for gates of other tenants too. */
export type ResolveGateOutcome =
  | { readonly kind: 'resolved'; readonly gate: GateRow }
  | { readonly kind: 'not_authorised' }
  | { readonly kind: 'invalid_edit'; readonly field: string; readonly rule: string }
  /** A gate of this kind is not answered like that. */
  | { readonly kind: 'wrong_decision'; readonly gateKind: GateRow['kind'] }
  /** Secrets that the gate asks for are still not there. */
  | { readonly kind: 'credentials_missing'; readonly missing: number }
  | { readonly kind: 'already_closed'; readonly status: GateRow['status'] }
  | { readonly kind: 'unknown_gate' };

/**
 * `surface` is a name under which a caller keeps what it was shown; it never changes what that is. `maxCapabilities` 0
 * asks nobody anything.
 */
export const visibleCapabilitiesSchema = z.strictObject({
  scope: resourceScopeSchema,
  surface: boundedLine(SURFACE_BYTES_MAX).optional(),
  allowedEffects: effectsSchema.optional(),
  includeRequiresApproval: z.boolean().default(true),
  maxCapabilities: z.int().min(0).max(VISIBLE_CAPABILITIES_MAX).default(VISIBLE_CAPABILITIES_MAX),
});
export type VisibleCapabilitiesRequest = z.input<typeof visibleCapabilitiesSchema>;

/** `access`: what would happen to a call with an input that nobody objects to. Order: by capability id. */
export interface VisibleCapability {
  readonly descriptor: CapabilityDescriptor;
  readonly access: 'available' | 'requires_approval';
}

/**
 * `version` changes with whatever a caller can see and may do: descriptors, access, grants, trust, profile, the set of
 * hooks, the request; never with their order, with calls, or with time.
 */
export interface VisibleSurface {
  readonly version: Digest;
  readonly capabilities: readonly VisibleCapability[];
}

/** What goes on behind the door: a call under way in this process, a process, or a gate. */
export type WorkId =
  | { readonly kind: 'invocation'; readonly invocationId: InvocationId }
  | { readonly kind: 'process'; readonly processId: ProcessId }
  | { readonly kind: 'gate'; readonly gateId: GateId };

/** What to stop, of exactly this scope. `all`: everything of it; gates are closed as superseded. */
export const cancelWorkSchema = z.strictObject({
  scope: resourceScopeSchema,
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('invocation'), invocationId: invocationIdSchema }),
    z.strictObject({ kind: z.literal('correlation'), correlationId: correlationIdSchema }),
    z.strictObject({ kind: z.literal('run'), runId: runIdSchema }),
    z.strictObject({ kind: z.literal('process'), processId: processIdSchema }),
    z.strictObject({ kind: z.literal('gate'), gateId: gateIdSchema }),
    z.strictObject({ kind: z.literal('all') }),
  ]),
  reason: z.enum(['user_requested', 'turn_cancelled', 'shutdown', 'timeout']).default('user_requested'),
});
export type CancelWorkRequest = z.input<typeof cancelWorkSchema>;

/**
 * `cancelled` were told to stop; calls and processes still settle their own outcome. `alreadyTerminal` were over.
 * `unsupported` go on: a call that others wait for too, or one that another host process has announced. Nothing in any list means that
 * nothing was found.
 */
export interface CancelWorkOutcome {
  readonly cancelled: readonly WorkId[];
  readonly alreadyTerminal: readonly WorkId[];
  readonly unsupported: readonly WorkId[];
}

/** `correlationId` is for tracing; it filters nothing. */
export const runtimeStatusSchema = z.strictObject({
  scope: resourceScopeSchema,
  correlationId: correlationIdSchema.optional(),
});
export type RuntimeStatusRequest = z.input<typeof runtimeStatusSchema>;

/** What goes on in exactly this scope: calls of this process, processes of any. No process is listed as a call too. */
export interface RuntimeStatus {
  readonly active: readonly {
    readonly work: WorkId;
    readonly capabilityId: CapabilityId;
    readonly lane: LaneKind;
  }[];
}

/** What stands behind the door and how durable it is. `missingLanes`: lanes that some capability needs and that are not there. */
export interface RuntimeHealth {
  readonly ready: boolean;
  readonly missingLanes: readonly LaneKind[];
  readonly components: readonly {
    readonly name: string;
    readonly state: 'ready' | 'unavailable';
    readonly detail: string;
  }[];
}

/**
 * Errors of every method: `host-runtime/invalid_request`, `host-runtime/unavailable`; of `invokeCapability` and
 * `spawnCapability` also `host-runtime/idempotency_conflict` and `host-runtime/lease_lost`; of both and `resolveGate` also
 * `host-runtime/secrets_unavailable`. Waits and failed calls are outcomes. No method knows who calls it or why: authority
 * comes from the context and from what the host holds itself. Requests are closed: a key that is not known is refused, so
 * that a field that joins later is never passed over by a host that does not know it.
 */
export interface HostRuntime {
  /**
   * `signal` stops waiting and asks the capability to stop; the outcome then says what is known of the effect. When
   * others in this process wait for the same call, it goes on for them, and this caller's outcome says so.
   */
  invokeCapability(request: InvokeRequest, options?: { readonly signal?: AbortSignal }): Promise<InvokeOutcome>;
  /**
   * As `invokeCapability`, but the work goes on by itself once it has begun: the outcome is then `spawned_process`. Needs
   * the effect `spawn_process` in grant and trust besides those that the capability declares. A call and a spawn of one
   * key are different effects.
   */
  spawnCapability(request: InvokeRequest, options?: { readonly signal?: AbortSignal }): Promise<InvokeOutcome>;
  /** The only way to answer a gate. Queues the run that waits for it in the same unit of work. */
  resolveGate(request: ResolveGateRequest): Promise<ResolveGateOutcome>;
  visibleCapabilities(request: VisibleCapabilitiesRequest): Promise<VisibleSurface>;
  cancelWork(request: CancelWorkRequest): Promise<CancelWorkOutcome>;
  runtimeStatus(request: RuntimeStatusRequest): Promise<RuntimeStatus>;
  health(): Promise<RuntimeHealth>;
}

/** Parses as every implementation does. Errors: `host-runtime/invalid_request` naming the field and the rule. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, request: unknown): z.output<Schema> {
  const parsed = safeParse(schema, request);
  if (parsed?.success === true) return parsed.data;
  const detail =
    parsed === undefined ? { field: 'request', rule: 'must be plain data' } : describeIssues(parsed.error, 'request');
  throw new HostRuntimeError('host-runtime/invalid_request', { detail });
}

/** `undefined` for what throws when it is looked at. */
function safeParse<Schema extends z.ZodType>(schema: Schema, request: unknown) {
  try {
    return schema.safeParse(request);
  } catch {
    return undefined;
  }
}
