/**
 * One agent host, assembled in one call.
 *
 * Not here: choosing adapters (the composers), any rule of the rooms below.
 */
import {
  gateMachine,
  gateRowSchema,
  getRecord,
  idempotencyMachine,
  leaseMachine,
  parseExecutionContext,
  parseGateId,
  parseInvocationId,
  parseResourceScope,
  parseRunId,
  parseTenantId,
  type CapabilityGrant,
  type DurableStore,
  type ExecutionContext,
  type GateId,
  type GateRow,
  type Ids,
  type InvocationId,
  type Platform,
  type ResourceScope,
  type RunId,
  type RuntimeProfileName,
} from '@reborn/host-api';
import { createEventLog, subscriptionMachine, type Consumer, type EventLog } from '@reborn/events';
import { hookPoisonMachine } from '@reborn/hooks';
import { createHostRuntime, staticGrants, type ApproverPolicy, type HostRuntime } from '@reborn/host-runtime';
import { createTurnCoordinator, RUN_LEASE_MS, type TurnCoordinator } from '@reborn/turns';
import type { AgentLoopDriver, ModelProvider } from '@reborn/turns/loop';
import { checkpointMachine, createRunner, runMachine, threadLockMachine } from '@reborn/turns/runner';
import { plannedDriver } from './agent-loop/planned-driver.ts';
import { grantComposed, trustComposed } from './binding/authority.ts';
import { bindHooks, type BoundHooks } from './binding/hooks.ts';
import { createLifecycleProjection } from './binding/projection.ts';
import { RebornError } from './errors.ts';
import { explainInvocation, explainRun, type Explanation } from './explain.ts';
import type { HostExtension } from './extension.ts';
import type { HostStorage } from './host-storage.ts';
import { DRAIN_MS, GATES_PAGE_MAX } from './limits.ts';
import { createModelGateway } from './model/gateway.ts';
import { noModel } from './model/no-model.ts';
import { assessReadiness, type ReadinessReport } from './readiness.ts';
import { createWorker, type DriveOutcome } from './worker/worker.ts';

/**
 * `profile` defaults to `local`, `tenants` to the one tenant `default`. `grants`: in `local` and `test` every composed
 * tool is granted unless grants are given; in `production` nothing is granted by default. A host without a `model` is a
 * door only: its runs fail, its runtime serves loops of others. Units: milliseconds.
 */
export interface RebornOptions {
  readonly platform: Platform;
  readonly storage: HostStorage;
  readonly model?: ModelProvider;
  readonly extensions?: readonly HostExtension[];
  readonly profile?: RuntimeProfileName;
  readonly tenants?: readonly string[];
  readonly grants?: readonly CapabilityGrant[];
  readonly approvers?: ApproverPolicy;
  readonly system?: string;
  readonly driver?: AgentLoopDriver;
  readonly leaseMs?: number;
  readonly gateTtlMs?: number;
}

/** A running host. Everything it acknowledges is in its storage; it may be killed at any moment. */
export interface Reborn {
  readonly turns: TurnCoordinator;
  readonly runtime: HostRuntime;
  readonly log: EventLog;
  /** The identity of a new call in the name of `scope`; for loops that make their own calls. */
  newContext(scope: ResourceScope): ExecutionContext;
  /** Works on one run until it ends, waits for a gate, or is held by another worker. */
  drive(target: { readonly scope: ResourceScope; readonly runId: RunId }, options?: { readonly signal?: AbortSignal }): Promise<DriveOutcome>;
  /** As `drive`, and waits for gates and for other workers. */
  follow(target: { readonly scope: ResourceScope; readonly runId: RunId }, options?: { readonly signal?: AbortSignal }): Promise<DriveOutcome>;
  /** Gates of this owner that wait for an answer, oldest first. */
  openGates(scope: ResourceScope): Promise<readonly GateRow[]>;
  /** `undefined` for an unknown gate and for one of another tenant alike. */
  getGate(scope: ResourceScope, gateId: GateId): Promise<GateRow | undefined>;
  explain(
    scope: ResourceScope,
    subject: { readonly runId: RunId } | { readonly invocationId: InvocationId },
  ): Promise<Explanation | undefined>;
  /** Lets everything that follows the log catch up with what is there now. */
  settle(): Promise<void>;
  readiness(): ReadinessReport;
  /** Settles, stops followers and closes the storage. Idempotent. */
  close(): Promise<void>;
}

/** Everything that a store of this host keeps. */
export const HOST_MACHINES = Object.freeze([
  leaseMachine,
  gateMachine,
  idempotencyMachine,
  subscriptionMachine,
  runMachine,
  threadLockMachine,
  checkpointMachine,
  hookPoisonMachine,
]);

const SYSTEM_TEXT =
  'You work for one person, through the tools that you are given. Use them to find out; do not guess. A call may be refused or need an approval: then say so and go on with what you may do. Answer briefly.';

/**
 * Errors: `reborn/not_production_ready` naming the parts, `reborn/invalid_configuration`, those of the storage, of hooks
 * and of tools that cannot be taken.
 */
export async function createReborn(options: RebornOptions): Promise<Reborn> {
  const parts = plan(options);
  refuseUnready(parts.readiness);
  const { platform } = options;
  const { clock, timers } = platform;
  const store = await options.storage.open({ machines: HOST_MACHINES, clock, timers });
  try {
    return await assemble(options, parts, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What a host of these parts would be, without opening anything. */
export function inspectReborn(options: RebornOptions): ReadinessReport {
  return plan(options).readiness;
}

interface Plan {
  readonly profile: RuntimeProfileName;
  readonly tenants: readonly ReturnType<typeof parseTenantId>[];
  readonly extensions: readonly HostExtension[];
  readonly grants: readonly CapabilityGrant[];
  readonly readiness: ReadinessReport;
}

function plan(options: RebornOptions): Plan {
  const profile = options.profile ?? 'local';
  const tenants = (options.tenants ?? ['default']).map((tenant) => parseTenantId(tenant));
  const extensions = options.extensions ?? [];
  const tools = extensions.flatMap((extension) => extension.tools ?? []);
  const hooks = extensions.flatMap((extension) => extension.hooks ?? []);
  const eventHooks = hooks.filter((hook) => hook.point === 'event_triggered').length;
  const granted = (): readonly CapabilityGrant[] =>
    profile === 'production' ? [] : grantComposed(tools, tenants, { ids: options.platform.ids, readLog: eventHooks > 0 });
  const grants = options.grants ?? granted();
  const readiness = assessReadiness({
    profile,
    storage: options.storage.durability,
    model: describeModel(options.model),
    capabilities: tools.length,
    grants: grants.length,
    gateHooks: hooks.length - eventHooks,
    eventHooks,
  });
  return { profile, tenants, extensions, grants, readiness };
}

function describeModel(model: ModelProvider | undefined): { readonly label: string; readonly recorded: boolean } {
  return { label: model?.label ?? 'none', recorded: model?.recorded === true };
}

function refuseUnready(readiness: ReadinessReport): void {
  const unsuitable = readiness.components.filter((component) => component.issue !== undefined);
  if (readiness.status !== 'refused') return;
  const named = unsuitable.map((component) => `${component.name} (${component.issue ?? ''})`).join(', ');
  throw new RebornError('reborn/not_production_ready', { detail: { field: 'parts', rule: named } });
}

async function assemble(options: RebornOptions, parts: Plan, store: DurableStore): Promise<Reborn> {
  const { platform, model = noModel } = options;
  const { clock, timers, ids, digest, diagnostics } = platform;
  const holder = `host:${ids.uuid()}`;
  const leaseMs = options.leaseMs ?? RUN_LEASE_MS;
  const trust = trustComposed(parts.extensions);
  const log = createEventLog(store);
  const turns = createTurnCoordinator({ store, clock, ids, digest });
  const hooks = bindHooks({ ...platform, store, holder, trust, extensions: parts.extensions, tenants: parts.tenants, grants: parts.grants });
  const runtime = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest,
    trust,
    profile: parts.profile,
    capabilities: parts.extensions.flatMap((extension) => extension.tools ?? []),
    grants: staticGrants(parts.grants),
    policy: hooks.policy,
    ...(options.approvers === undefined ? {} : { approvers: options.approvers }),
    ...(options.gateTtlMs === undefined ? {} : { gateTtlMs: options.gateTtlMs }),
  });
  const runner = createRunner({ store, clock, ids, holder, leaseMs });
  const gateway = createModelGateway(model, timers);
  const system = options.system ?? SYSTEM_TEXT;
  const driver = options.driver ?? plannedDriver;
  const worker = createWorker({ store, runner, runtime, gateway, log, ids, clock, timers, diagnostics, system, driver, leaseMs });
  const followers = startFollowers({ store, clock, timers, holder }, parts.tenants, hooks);
  return toReborn({ store, log, turns, runtime, worker, followers, readiness: parts.readiness, ids });
}

interface Followers {
  /** Projections first: hooks follow what they write. */
  readonly stages: readonly (readonly Consumer[])[];
}

function startFollowers(
  dependencies: Parameters<typeof createLifecycleProjection>[0],
  tenants: Plan['tenants'],
  hooks: BoundHooks,
): Followers {
  const projections = tenants.map((tenantId) => createLifecycleProjection(dependencies, tenantId));
  const stages = [projections, hooks.followers];
  for (const consumer of stages.flat()) consumer.start();
  return { stages };
}

interface Assembled {
  readonly store: DurableStore;
  readonly log: EventLog;
  readonly turns: TurnCoordinator;
  readonly runtime: HostRuntime;
  readonly worker: ReturnType<typeof createWorker>;
  readonly followers: Followers;
  readonly readiness: ReadinessReport;
  readonly ids: Ids;
}

function toReborn(assembled: Assembled): Reborn {
  const { store, log, turns, runtime, worker, followers, readiness, ids } = assembled;
  const shutdown = new AbortController();
  let closing: Promise<void> | undefined;
  const target = (request: { readonly scope: ResourceScope; readonly runId: RunId }) => {
    if (shutdown.signal.aborted) throw new RebornError('reborn/closed');
    return { tenantId: parseResourceScope(request.scope).tenantId, runId: parseRunId(request.runId) };
  };
  const until = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? shutdown.signal : AbortSignal.any([signal, shutdown.signal]);
  const settle = async (): Promise<void> => {
    for (const stage of followers.stages) await Promise.all(stage.map((consumer) => consumer.drain(DRAIN_MS)));
  };
  const close = async (): Promise<void> => {
    shutdown.abort();
    await settle().catch(() => undefined);
    await Promise.all(followers.stages.flat().map((consumer) => consumer.stop()));
    await store.close();
  };
  return {
    turns,
    runtime,
    log,
    newContext: (scope) =>
      parseExecutionContext({ invocationId: ids.uuid(), correlationId: ids.uuid(), scope: parseResourceScope(scope) }),
    drive: async (request, options) => worker.drive(target(request), until(options?.signal)),
    follow: async (request, options) => worker.follow(target(request), until(options?.signal)),
    openGates: (scope) => listOpenGates(store, parseResourceScope(scope)),
    getGate: (scope, gateId) => getGate(store, parseResourceScope(scope), gateId),
    explain: (scope, subject) =>
      'runId' in subject
        ? explainRun({ store, log, turns }, parseResourceScope(scope), parseRunId(subject.runId))
        : explainInvocation({ store, log, turns }, parseResourceScope(scope), parseInvocationId(subject.invocationId)),
    settle,
    readiness: () => readiness,
    close: () => (closing ??= close()),
  };
}

async function listOpenGates(store: DurableStore, scope: ResourceScope): Promise<readonly GateRow[]> {
  const stored = await store.list(gateMachine.name, { owner: scope.tenantId, status: 'open', limit: GATES_PAGE_MAX });
  return stored.map((record) => gateRowSchema.parse(record.row)).filter((gate) => gate.receipt.scope.userId === scope.userId);
}

async function getGate(store: DurableStore, scope: ResourceScope, gateId: GateId): Promise<GateRow | undefined> {
  const gate = await getRecord(store, gateMachine, parseGateId(gateId));
  return gate?.receipt.scope.tenantId === scope.tenantId ? gate : undefined;
}

