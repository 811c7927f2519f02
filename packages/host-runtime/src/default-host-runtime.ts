/**
 * The door, put together from its parts.
 *
 * Not here: choosing the parts (`@reborn/reborn`).
 */
import {
  describeIssues,
  runtimeProfile,
  type CapabilityId,
  type Clock,
  type CorrelationId,
  type DigestPort,
  type DurableStore,
  type HostTrustPolicy,
  type Ids,
  type InvocationId,
  type ResourceScope,
  type RuntimeProfileName,
  type Timers,
  isSameOwner,
} from '@reborn/host-api';
import type { z } from 'zod';
import { HostRuntimeError } from './errors.ts';
import { resolveGate } from './gate/resolve.ts';
import {
  cancelWorkSchema,
  invokeRequestSchema,
  resolveGateSchema,
  visibleCapabilitiesSchema,
  type CancelWorkOutcome,
  type HostRuntime,
  type InvokeOutcome,
  type RuntimeHealth,
} from './host-runtime.ts';
import { ownerApproves, type ApproverPolicy, type GrantSource } from './invoke/authority.ts';
import { startCall, type ParsedInvoke } from './invoke/call.ts';
import type { CallPolicy } from './invoke/call-policy.ts';
import type { RuntimeDependencies } from './invoke/dependencies.ts';
import { noHooks } from './invoke/no-hooks.ts';
import { runPipeline } from './invoke/pipeline.ts';
import type { CapabilityHandler } from './lane/handler.ts';
import { GATE_TTL_MS } from './limits.ts';
import { visibleSurface } from './surface/visible-surface.ts';

/** `policy` and `approvers` default to no hooks, and to the person in whose name a call is made. Units: milliseconds. */
export interface HostRuntimeOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly digest: DigestPort;
  readonly profile: RuntimeProfileName;
  readonly trust: HostTrustPolicy;
  readonly capabilities: readonly CapabilityHandler[];
  readonly grants: GrantSource;
  readonly policy?: CallPolicy;
  readonly approvers?: ApproverPolicy;
  readonly gateTtlMs?: number;
}

/** Errors: `host-runtime/invalid_composition` for two capabilities of one id. */
export function createHostRuntime(options: HostRuntimeOptions): HostRuntime {
  const dependencies: RuntimeDependencies = {
    ...options,
    profile: runtimeProfile(options.profile),
    handlers: indexHandlers(options.capabilities),
    policy: options.policy ?? noHooks(options.digest),
    approvers: options.approvers ?? ownerApproves,
    gateTtlMs: options.gateTtlMs ?? GATE_TTL_MS,
  };
  const desk = new Desk(dependencies);
  return {
    invokeCapability: async (request, call) => desk.invoke(parse(invokeRequestSchema, request), call?.signal),
    resolveGate: async (request) => resolveGate(dependencies, parse(resolveGateSchema, request)),
    visibleCapabilities: async (request) => visibleSurface(dependencies, parse(visibleCapabilitiesSchema, request).scope),
    cancelWork: async (request) => desk.cancel(parse(cancelWorkSchema, request)),
    runtimeStatus: async () => ({ active: desk.active() }),
    health: async () => health(dependencies),
  };
}

interface Work {
  readonly scope: ResourceScope;
  readonly invocationId: InvocationId;
  readonly correlationId: CorrelationId;
  readonly capabilityId: CapabilityId;
  readonly fingerprint: string;
  readonly stop: AbortController;
  readonly outcome: Promise<InvokeOutcome>;
}

/** The calls under way in this process. Two calls of one key are one call. */
class Desk {
  readonly #dependencies: RuntimeDependencies;
  readonly #work = new Map<string, Work>();

  constructor(dependencies: RuntimeDependencies) {
    this.#dependencies = dependencies;
  }

  async invoke(request: ParsedInvoke, signal: AbortSignal | undefined): Promise<InvokeOutcome> {
    const { effectKey, fingerprint } = startCall(this.#dependencies, request);
    const running = this.#work.get(effectKey);
    if (running !== undefined) {
      if (running.fingerprint !== fingerprint) throw new HostRuntimeError('host-runtime/idempotency_conflict');
      return running.outcome;
    }
    const stop = new AbortController();
    const forward = (): void => stop.abort();
    signal?.addEventListener('abort', forward, { once: true });
    if (signal?.aborted === true) stop.abort();
    const outcome = runPipeline(this.#dependencies, request, stop.signal).finally(() => {
      this.#work.delete(effectKey);
      signal?.removeEventListener('abort', forward);
    });
    const { context, capabilityId } = request;
    const { scope, invocationId, correlationId } = context;
    this.#work.set(effectKey, { scope, invocationId, correlationId, capabilityId, fingerprint, stop, outcome });
    return outcome;
  }

  cancel(target: z.output<typeof cancelWorkSchema>): CancelWorkOutcome {
    const { scope, invocationId, correlationId } = target;
    if (invocationId === undefined && correlationId === undefined) {
      throw invalidRequest('target', 'must name an invocation or a correlation');
    }
    const matching = [...this.#work.values()].filter(
      (work) =>
        isSameOwner(work.scope, scope) &&
        (invocationId === undefined || work.invocationId === invocationId) &&
        (correlationId === undefined || work.correlationId === correlationId),
    );
    for (const work of matching) work.stop.abort();
    return { cancelled: matching.map((work) => work.invocationId) };
  }

  active(): readonly { readonly invocationId: InvocationId; readonly capabilityId: CapabilityId }[] {
    return [...this.#work.values()].map(({ invocationId, capabilityId }) => ({ invocationId, capabilityId }));
  }
}

async function health(dependencies: RuntimeDependencies): Promise<RuntimeHealth> {
  const { store, handlers } = dependencies;
  const answers = await store.list('gate', { limit: 1 }).then(
    () => true,
    () => false,
  );
  const { backend, survives } = store.durability;
  return {
    ready: answers,
    components: [
      { name: 'store', state: answers ? 'ready' : 'unavailable', detail: `${backend}, survives ${survives}` },
      { name: 'capabilities', state: 'ready', detail: `${handlers.size} in process` },
    ],
  };
}

function indexHandlers(capabilities: readonly CapabilityHandler[]): ReadonlyMap<CapabilityId, CapabilityHandler> {
  const handlers = new Map<CapabilityId, CapabilityHandler>();
  for (const handler of [...capabilities].sort(byId)) {
    const { id } = handler.descriptor;
    if (handlers.has(id)) throw new HostRuntimeError('host-runtime/invalid_composition', { detail: { field: 'capabilities', rule: `has ${id} twice` } });
    handlers.set(id, handler);
  }
  return handlers;
}

function byId(left: CapabilityHandler, right: CapabilityHandler): number {
  if (left.descriptor.id === right.descriptor.id) return 0;
  return left.descriptor.id < right.descriptor.id ? -1 : 1;
}

function parse<T>(schema: z.ZodType<T>, request: unknown): T {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  throw new HostRuntimeError('host-runtime/invalid_request', { detail: describeIssues(parsed.error, 'request') });
}

function invalidRequest(field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_request', { detail: { field, rule } });
}
