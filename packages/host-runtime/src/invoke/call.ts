/**
 * One call on its way through the pipeline: what was asked, under which key it happens at most once, and what every unit
 * of it must prove.
 */
import {
  checkLease,
  digestOf,
  eventIdSchema,
  HostApiError,
  toCanonicalJson,
  toIdempotencyRecordKey,
  toScopeKey,
  idempotencyKeySchema,
  utf8Bytes,
  type CapabilityId,
  type Digest,
  type ExecutionContext,
  type GateId,
  type InvocationId,
  type JsonValue,
  type LeaseProof,
  type ResourceAmounts,
  type ResourceScope,
  type Write,
} from '@reborn/host-api';
import type { z } from 'zod';
import { HostRuntimeError } from '../errors.ts';
import type { invokeRequestSchema, InvokeOutcome } from '../host-runtime.ts';
import { FAILURES, type Effect, type FailureKind } from '../failure.ts';
import { INPUT_BYTES_MAX } from '../limits.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { deepFreeze, ownJson } from './own-json.ts';

export type ParsedInvoke = z.output<typeof invokeRequestSchema>;

/** Whether somebody waits for the outcome, or the work goes on by itself. */
export type CallMode = 'call' | 'spawn';

/** `invocationId` is that of the first attempt: a call keeps its identity across gates and restarts. */
export interface Call {
  /** What the caller sent, as a frozen copy. */
  readonly input: JsonValue;
  readonly mode: CallMode;
  readonly context: ExecutionContext;
  readonly capabilityId: CapabilityId;
  /** What the caller expects it to use up. */
  readonly estimate: ResourceAmounts;
  readonly effectKey: string;
  readonly fingerprint: Digest;
  readonly invocationId: InvocationId;
  /** The gate for which the effect waited until now. */
  readonly after: GateId | undefined;
  /** How often the effect was announced before. */
  readonly attempts: number;
}

/** True for the record of the effect of a call of exactly this scope. */
export function isCallOf(scope: ResourceScope, effectKey: string): boolean {
  return effectKey.startsWith(`call|${toScopeKey(scope)}#`);
}

/** Errors: `host-runtime/invalid_request`. */
export function startCall(dependencies: RuntimeDependencies, request: ParsedInvoke, mode: CallMode): Call {
  const { capabilityId, estimate = {} } = request;
  const context = deepFreeze(structuredClone(request.context));
  const { input, fingerprint } = takeInput(dependencies, request, mode);
  const key = request.idempotencyKey ?? idempotencyKeySchema.parse(context.invocationId);
  return {
    input,
    mode,
    context,
    capabilityId,
    estimate,
    effectKey: `${mode}|${toIdempotencyRecordKey(context.scope, key)}`,
    fingerprint,
    invocationId: context.invocationId,
    after: undefined,
    attempts: 0,
  };
}

function takeInput(
  dependencies: RuntimeDependencies,
  request: ParsedInvoke,
  mode: CallMode,
): { readonly input: JsonValue; readonly fingerprint: Digest } {
  const { capabilityId } = request;
  const field = 'request.input';
  try {
    const input = ownJson(request.input, field);
    const spawn = mode === 'spawn' ? { spawn: true } : {};
    const fingerprint = digestOf({ capabilityId, input, ...spawn }, dependencies.digest);
    if (utf8Bytes(toCanonicalJson(input)) <= INPUT_BYTES_MAX) return { input, fingerprint };
  } catch (error) {
    const rule = HostApiError.is(error) ? String(error.detail['rule']) : 'must be plain JSON';
    throw new HostRuntimeError('host-runtime/invalid_request', { detail: { field, rule } });
  }
  const rule = `must be at most ${INPUT_BYTES_MAX} bytes`;
  throw new HostRuntimeError('host-runtime/invalid_request', { detail: { field, rule } });
}

export function leaseOf(call: Call): LeaseProof | undefined {
  return call.context.run?.lease;
}

/** What every unit of a call begins with: the proof that the run is still in its caller's hands. */
export function guardOf(call: Call): readonly Write[] {
  const lease = leaseOf(call);
  return lease === undefined ? [] : [checkLease(lease)];
}

/** The identity of the effect in its idempotency record, and where it stands: after so many attempts. */
export function effectOf(call: Call, attempts: number = call.attempts) {
  return { fingerprint: call.fingerprint, invocationId: call.invocationId, after: call.after, attempts };
}

/** What each record about this call carries. The provider is stated where the host knows the capability. */
export function recordBase(dependencies: RuntimeDependencies, call: Call) {
  const { scope, correlationId, run } = call.context;
  const provider = dependencies.handlers.get(call.capabilityId)?.descriptor.provider;
  return {
    eventId: eventIdSchema.parse(dependencies.ids.uuid()),
    atMs: dependencies.clock.nowMs(),
    scope,
    correlationId,
    invocationId: call.invocationId,
    capabilityId: call.capabilityId,
    ...(provider === undefined ? {} : { provider }),
    ...(run === undefined ? {} : { runId: run.runId }),
  };
}

export function failedOutcome(
  call: Call,
  failureKind: FailureKind,
  effect: Effect = 'none',
  message: string = FAILURES[failureKind].message,
): Extract<InvokeOutcome, { kind: 'failed' }> {
  const { capabilityId, invocationId } = call;
  return { kind: 'failed', capabilityId, invocationId, failureKind, fate: FAILURES[failureKind].fate, effect, message };
}
