/**
 * The door, put together from its parts.
 *
 * Not here: choosing the parts (`@reborn/reborn`).
 */
import {
  createTrustBook,
  GATE_TTL_MS_MAX,
  runtimeProfile,
  type CapabilityId,
  type Clock,
  type Diagnostics,
  type DigestPort,
  type DurableStore,
  type HostTrustPolicy,
  type Ids,
  type Network,
  type RuntimeProfileName,
  type Timers,
} from '@reborn/host-api';
import type { Budgets } from './budget/budgets.ts';
import { createBudgets } from './budget/durable-budgets.ts';
import { HostRuntimeError, toHostRuntimeError } from './errors.ts';
import { resolveGate } from './gate/resolve.ts';
import {
  cancelWorkSchema,
  invokeRequestSchema,
  parseRequest,
  resolveGateSchema,
  runtimeStatusSchema,
  visibleCapabilitiesSchema,
  type HostRuntime,
} from './host-runtime.ts';
import { ownerApproves, type ApproverPolicy, type GrantSource, type TrustSource } from './invoke/authority.ts';
import type { CallPolicy } from './invoke/call-policy.ts';
import { cancelWork } from './invoke/cancel-work.ts';
import type { RuntimeDependencies } from './invoke/dependencies.ts';
import { Desk } from './invoke/desk.ts';
import { noHooks } from './invoke/no-hooks.ts';
import { recover, type RecoveryReport } from './invoke/recover.ts';
import { adoptHandler, type AdoptedHandler } from './lane/adopt-handler.ts';
import type { CapabilityHandler, LaneProbe } from './lane/handler.ts';
import { GATE_TTL_MS } from './limits.ts';
import type { ProcessDesk } from './process/process-desk.ts';
import { health, runtimeStatus } from './readiness.ts';
import type { SecretStore } from './secret/secret-store.ts';
import { visibleSurface } from './surface/visible-surface.ts';

/**
 * `policy` and `approvers` default to no hooks, and to the person in whose name a call is made; `budgets` to none. What
 * `secrets`, `network` and `processes` stand for cannot be done by a host that has none; without `lanes` only what runs in
 * this process is there. Units: milliseconds.
 */
export interface HostRuntimeOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly digest: DigestPort;
  readonly profile: RuntimeProfileName;
  /** A book where decisions may change while the host runs; a policy stays as it is. */
  readonly trust: TrustSource | HostTrustPolicy;
  readonly capabilities: readonly CapabilityHandler[];
  readonly grants: GrantSource;
  readonly policy?: CallPolicy;
  readonly approvers?: ApproverPolicy;
  readonly gateTtlMs?: number;
  readonly budgets?: Budgets;
  readonly secrets?: SecretStore;
  readonly network?: Network;
  readonly processes?: ProcessDesk;
  readonly lanes?: LaneProbe;
  readonly diagnostics?: Diagnostics;
}

/** The door, and what only its host may do with it. */
export interface HostRuntimeService extends HostRuntime {
  /**
   * Closes what hosts that are gone have left behind, with what is known of it. For when a host opens, and now and then.
   * Errors: `host-runtime/unavailable`.
   */
  recover(): Promise<RecoveryReport>;
}

/** Errors: `host-runtime/invalid_composition` naming the part that is wrong, and for two capabilities of one id. */
export function createHostRuntime(options: HostRuntimeOptions): HostRuntimeService {
  const gateTtlMs = options.gateTtlMs ?? GATE_TTL_MS;
  if (!Number.isInteger(gateTtlMs) || gateTtlMs < 1 || gateTtlMs > GATE_TTL_MS_MAX) {
    throw invalidComposition('gateTtlMs', `must be a whole number from 1 to ${GATE_TTL_MS_MAX}`);
  }
  const dependencies: RuntimeDependencies = {
    ...options,
    profile: runtimeProfile(options.profile),
    trust: 'evaluate' in options.trust ? options.trust : createTrustBook(options.trust),
    handlers: indexHandlers(options.capabilities, options.digest),
    policy: options.policy ?? noHooks(options.digest),
    approvers: options.approvers ?? ownerApproves,
    budgets: options.budgets ?? createBudgets({ store: options.store, clock: options.clock, limits: [] }),
    secrets: options.secrets,
    network: options.network,
    processes: options.processes,
    lanes: options.lanes,
    gateTtlMs,
    authorityDigests: new Map(),
  };
  const desk = new Desk(dependencies);
  return {
    invokeCapability: (request, call) =>
      asDoor(() => desk.invoke(parseRequest(invokeRequestSchema, request), 'call', call?.signal)),
    spawnCapability: (request, call) =>
      asDoor(() => desk.invoke(parseRequest(invokeRequestSchema, request), 'spawn', call?.signal)),
    resolveGate: (request) => asDoor(() => resolveGate(dependencies, parseRequest(resolveGateSchema, request))),
    visibleCapabilities: (request) =>
      asDoor(() => visibleSurface(dependencies, parseRequest(visibleCapabilitiesSchema, request))),
    cancelWork: (request) => asDoor(() => cancelWork(dependencies, desk, parseRequest(cancelWorkSchema, request))),
    runtimeStatus: (request) =>
      asDoor(() => runtimeStatus(dependencies, desk, parseRequest(runtimeStatusSchema, request).scope)),
    health: () => asDoor(() => health(dependencies)),
    recover: () => asDoor(() => recover(dependencies)),
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
