/**
 * The one door for side effects: the port that agent loops, surfaces and bridges call.
 *
 * Not here: the pipeline behind it (`invoke/`), what a run does with an outcome (`@reborn/reborn`).
 * Source: specification 2, b; rulings, sections 2 and 3.
 */
import {
  boundedText,
  capabilityIdSchema,
  correlationIdSchema,
  describeIssues,
  executionContextSchema,
  gateIdSchema,
  idempotencyKeySchema,
  invocationIdSchema,
  jsonValueSchema,
  principalSchema,
  resourceScopeSchema,
  tenantIdSchema,
  type CapabilityDescriptor,
  type CapabilityId,
  type Digest,
  type GateId,
  type GateRow,
  type InvocationId,
  type JsonValue,
} from '@reborn/host-api';
import { z } from 'zod';
import { HostRuntimeError } from './errors.ts';
import type { Effect, FailureFate, FailureKind } from './failure.ts';

/**
 * `idempotencyKey` names the intended effect; without one the invocation id does. Repeating a call with the same key
 * gives the stored outcome, the same open gate, or joins the call that is still running.
 */
export const invokeRequestSchema = z.strictObject({
  context: executionContextSchema,
  capabilityId: capabilityIdSchema,
  input: jsonValueSchema,
  idempotencyKey: idempotencyKeySchema.optional(),
});
export type InvokeRequest = z.input<typeof invokeRequestSchema>;

interface OutcomeBase {
  readonly capabilityId: CapabilityId;
  readonly invocationId: InvocationId;
}

/** Nothing was executed yet, unless `kind` is `completed`, `spawned_process` or a `failed` that says so. */
export type InvokeOutcome =
  | (OutcomeBase & { readonly kind: 'completed'; readonly output: JsonValue; readonly outputBytes: number })
  /** Somebody has to decide. `asked`: closed codes of those who want it. */
  | (OutcomeBase & { readonly kind: 'approval_required'; readonly gateId: GateId; readonly asked: readonly string[] })
  | (OutcomeBase & { readonly kind: 'auth_required'; readonly gateId: GateId; readonly requiredSecrets: number })
  | (OutcomeBase & { readonly kind: 'resource_blocked'; readonly gateId: GateId })
  | (OutcomeBase & { readonly kind: 'spawned_process'; readonly processId: string })
  | (OutcomeBase & {
      readonly kind: 'failed';
      readonly failureKind: FailureKind;
      readonly fate: FailureFate;
      readonly effect: Effect;
      /** For people and models; holds no path, secret or backend text. */
      readonly message: string;
    });

/** `input` replaces the input of an approved call; it is checked and judged again. */
export const resolveGateSchema = z.strictObject({
  tenantId: tenantIdSchema,
  gateId: gateIdSchema,
  approver: principalSchema,
  decision: z.enum(['approve', 'deny']),
  input: jsonValueSchema.optional(),
  reason: boundedText(1024).optional(),
});
export type ResolveGateRequest = z.input<typeof resolveGateSchema>;

/** Only `resolved` changed anything. `unknown_gate` stands for gates of other tenants too. */
export type ResolveGateOutcome =
  | { readonly kind: 'resolved'; readonly gate: GateRow }
  | { readonly kind: 'not_authorised' }
  | { readonly kind: 'invalid_edit'; readonly field: string; readonly rule: string }
  | { readonly kind: 'already_closed'; readonly status: GateRow['status'] }
  | { readonly kind: 'unknown_gate' };

export const visibleCapabilitiesSchema = z.strictObject({ scope: resourceScopeSchema });
export type VisibleCapabilitiesRequest = z.input<typeof visibleCapabilitiesSchema>;

/** `access`: what would happen to a call with an input that nobody objects to. Order: by capability id. */
export interface VisibleCapability {
  readonly descriptor: CapabilityDescriptor;
  readonly access: 'available' | 'requires_approval';
}

/** `version` changes with whatever a caller can see, with the profile and with the set of hooks; never with their order. */
export interface VisibleSurface {
  readonly version: Digest;
  readonly capabilities: readonly VisibleCapability[];
}

/**
 * Which calls to stop: those of exactly this scope, under way in this process, that match every field that is given; at
 * least one is. A call that others wait for too goes on for them.
 */
export const cancelWorkSchema = z
  .strictObject({
    scope: resourceScopeSchema,
    invocationId: invocationIdSchema.optional(),
    correlationId: correlationIdSchema.optional(),
  })
  .refine((target) => target.invocationId !== undefined || target.correlationId !== undefined, {
    message: 'must name an invocation or a correlation',
  });
export type CancelWorkRequest = z.input<typeof cancelWorkSchema>;

/** `cancelled` were told to stop; each still settles its own outcome. Nothing in it means that nothing was cancelled. */
export interface CancelWorkOutcome {
  readonly cancelled: readonly InvocationId[];
}

export interface RuntimeStatus {
  readonly active: readonly { readonly invocationId: InvocationId; readonly capabilityId: CapabilityId }[];
}

/** What stands behind the door and how durable it is. */
export interface RuntimeHealth {
  readonly ready: boolean;
  readonly components: readonly {
    readonly name: string;
    readonly state: 'ready' | 'unavailable';
    readonly detail: string;
  }[];
}

/**
 * Errors of every method: `host-runtime/invalid_request`, `host-runtime/unavailable`; of `invokeCapability` also
 * `host-runtime/idempotency_conflict` and `host-runtime/lease_lost`. Waits and failed calls are outcomes.
 */
export interface HostRuntime {
  /**
   * `signal` stops waiting and asks the capability to stop; the outcome then says what is known of the effect. When
   * others in this process wait for the same call, it goes on for them, and this caller's outcome says so.
   */
  invokeCapability(request: InvokeRequest, options?: { readonly signal?: AbortSignal }): Promise<InvokeOutcome>;
  /** The only way to answer a gate. Queues the run that waits for it in the same unit of work. */
  resolveGate(request: ResolveGateRequest): Promise<ResolveGateOutcome>;
  visibleCapabilities(request: VisibleCapabilitiesRequest): Promise<VisibleSurface>;
  cancelWork(request: CancelWorkRequest): Promise<CancelWorkOutcome>;
  runtimeStatus(): Promise<RuntimeStatus>;
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
