/**
 * The door, put together from its parts.
 *
 * Not here: choosing the parts (`@reborn/reborn`).
 */
import {
  GATE_TTL_MS_MAX,
  runtimeProfile,
  type CapabilityId,
  type Clock,
  type Diagnostics,
  type DigestPort,
  type DurableStore,
  type HostTrustPolicy,
  type Ids,
  type RuntimeProfileName,
  type Timers,
} from '@reborn/host-api';
import { HostRuntimeError, toHostRuntimeError } from './errors.ts';
import { resolveGate } from './gate/resolve.ts';
import {
  cancelWorkSchema,
  invokeRequestSchema,
  parseRequest,
  resolveGateSchema,
  visibleCapabilitiesSchema,
  type HostRuntime,
  type RuntimeHealth,
} from './host-runtime.ts';
import { ownerApproves, type ApproverPolicy, type GrantSource } from './invoke/authority.ts';
import type { CallPolicy } from './invoke/call-policy.ts';
import type { RuntimeDependencies } from './invoke/dependencies.ts';
import { Desk } from './invoke/desk.ts';
import { noHooks } from './invoke/no-hooks.ts';
import { adoptHandler, type AdoptedHandler } from './lane/adopt-handler.ts';
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
  readonly diagnostics?: Diagnostics;
}

/** Errors: `host-runtime/invalid_composition` naming the part that is wrong, and for two capabilities of one id. */
export function createHostRuntime(options: HostRuntimeOptions): HostRuntime {
  const gateTtlMs = options.gateTtlMs ?? GATE_TTL_MS;
  if (!Number.isInteger(gateTtlMs) || gateTtlMs < 1 || gateTtlMs > GATE_TTL_MS_MAX) {
    throw invalidComposition('gateTtlMs', `must be a whole number from 1 to ${GATE_TTL_MS_MAX}`);
  }
  const dependencies: RuntimeDependencies = {
    ...options,
    profile: runtimeProfile(options.profile),
    handlers: indexHandlers(options.capabilities, options.digest),
    policy: options.policy ?? noHooks(options.digest),
    approvers: options.approvers ?? ownerApproves,
    gateTtlMs,
  };
  const desk = new Desk(dependencies);
  return {
    invokeCapability: (request, call) =>
      asDoor(() => desk.invoke(parseRequest(invokeRequestSchema, request), call?.signal)),
    resolveGate: (request) => asDoor(() => resolveGate(dependencies, parseRequest(resolveGateSchema, request))),
    visibleCapabilities: (request) =>
      asDoor(() => visibleSurface(dependencies, parseRequest(visibleCapabilitiesSchema, request).scope)),
    cancelWork: (request) => asDoor(() => desk.cancel(parseRequest(cancelWorkSchema, request))),
    runtimeStatus: () => asDoor(() => ({ active: desk.active() })),
    health: () => asDoor(() => health(dependencies)),
  };
}

/** One class of faults comes out of the door, whatever failed behind it. */
async function asDoor<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toHostRuntimeError(error);
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

function indexHandlers(
  capabilities: readonly CapabilityHandler[],
  digest: DigestPort,
): ReadonlyMap<CapabilityId, AdoptedHandler> {
  const handlers = new Map<CapabilityId, AdoptedHandler>();
  for (const handler of capabilities.map((each) => adoptHandler(each, digest)).sort(byId)) {
    const { id } = handler.descriptor;
    if (handlers.has(id)) throw invalidComposition('capabilities', `has ${id} twice`);
    handlers.set(id, handler);
  }
  return handlers;
}

function byId(left: AdoptedHandler, right: AdoptedHandler): number {
  if (left.descriptor.id === right.descriptor.id) return 0;
  return left.descriptor.id < right.descriptor.id ? -1 : 1;
}

function invalidComposition(field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_composition', { detail: { field, rule } });
}
