/**
 * One agent host, assembled in one call.
 *
 * Not here: choosing adapters (the composers), any rule of the rooms below.
 */
import {
  gateMachine,
  idempotencyMachine,
  invocationIdSchema,
  leaseMachine,
  parseExecutionContext,
  parseGateId,
  parseResourceScope,
  parseWith,
  resourceScopeSchema,
  runIdSchema,
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
import {
  createHostRuntime,
  ownerApproves,
  staticGrants,
  type ApproverPolicy,
  type HostRuntime,
} from '@reborn/host-runtime';
import { createTurnCoordinator, RUN_LEASE_MS, type TurnCoordinator } from '@reborn/turns';
import type { AgentLoopDriver, ModelProvider } from '@reborn/turns/loop';
import { checkpointMachine, createRunner, runMachine, threadLockMachine } from '@reborn/turns/runner';
import { z } from 'zod';
import { plannedDriver } from './agent-loop/planned-driver.ts';
import { trustComposed } from './binding/authority.ts';
import { bindHooks, type BoundHooks } from './binding/hooks.ts';
import { createLifecycleProjection } from './binding/projection.ts';
import { RebornError } from './errors.ts';
import { explainInvocation, explainRun, type Explanation } from './explain.ts';
import type { HostExtension } from './extension.ts';
import type { HostStorage } from './host-storage.ts';
import { DRAIN_MS, EXPLAIN_LAG_MS } from './limits.ts';
import { createModelGateway } from './model/gateway.ts';
import { noModel } from './model/no-model.ts';
import { findGate, listOpenGates } from './owned-gates.ts';
import { planHost, type HostPlan } from './plan.ts';
import type { ReadinessReport } from './readiness.ts';
import { createWorker, type DriveOutcome, type Worker } from './worker/worker.ts';

const targetSchema = z.strictObject({ scope: resourceScopeSchema, runId: runIdSchema });
const explainSubjectSchema = z.union([
  z.strictObject({ runId: runIdSchema }),
  z.strictObject({ invocationId: invocationIdSchema }),
]);

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

/** A run of an owner. */
export interface RunTarget {
  readonly scope: ResourceScope;
  readonly runId: RunId;
}

export interface WorkOptions {
  readonly signal?: AbortSignal;
}

export type ExplainSubject = { readonly runId: RunId } | { readonly invocationId: InvocationId };

/** A running host. Everything it acknowledges is in its storage; it may be killed at any moment. */
export interface Reborn {
  readonly turns: TurnCoordinator;
  readonly runtime: HostRuntime;
  readonly log: EventLog;
  /** The identity of a new call in the name of `scope`; for loops that make their own calls. */
  newContext(scope: ResourceScope): ExecutionContext;
  /**
   * Works on one run until it ends, waits for a gate, or is held by another worker. The signal stops the work; the run
   * goes on wherever it is driven next. Errors: those of the store, after which the run goes on when its lease has run
   * out; `reborn/closed`.
   */
  drive(target: RunTarget, options?: WorkOptions): Promise<DriveOutcome>;
  /** As `drive`, and waits for gates and for other workers. */
  follow(target: RunTarget, options?: WorkOptions): Promise<DriveOutcome>;
  /** Gates of this owner that wait for an answer, oldest first. Runs that are over ask nothing any more. */
  openGates(scope: ResourceScope): Promise<readonly GateRow[]>;
  /** `undefined` for an unknown gate and for one that is neither the owner's nor theirs to answer. */
  getGate(scope: ResourceScope, gateId: GateId): Promise<GateRow | undefined>;
  /** `undefined` for what is unknown and for what belongs to somebody else alike. */
  explain(scope: ResourceScope, subject: ExplainSubject): Promise<Explanation | undefined>;
  /** Lets everything that follows the log catch up with what is there now. Errors: those of the store. */
  settle(): Promise<void>;
  readiness(): ReadinessReport;
  /** Stops work, settles, stops followers and closes the storage. Idempotent; everything else is refused from then on. */
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
  const parts = planHost(options);
  refuseUnready(parts.readiness);
  const { platform } = options;
  const { clock, timers } = platform;
  const store = await options.storage.open({ machines: HOST_MACHINES, clock, timers });
  try {
    return await assemble(options, parts, store);
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

/** What a host of these parts would be, without opening anything. */
export function inspectReborn(options: RebornOptions): ReadinessReport {
  return planHost(options).readiness;
}

function refuseUnready(readiness: ReadinessReport): void {
  if (readiness.status !== 'refused') return;
  const unsuitable = readiness.components.filter((component) => component.issue !== undefined);
  const named = unsuitable.map((component) => `${component.name} (${component.issue ?? ''})`).join(', ');
  throw new RebornError('reborn/not_production_ready', { detail: { field: 'parts', rule: named } });
}

async function assemble(options: RebornOptions, parts: HostPlan, store: DurableStore): Promise<Reborn> {
  const { platform, model = noModel } = options;
  const { clock, timers, ids, digest, diagnostics } = platform;
  const holder = `host:${ids.uuid()}`;
  const leaseMs = options.leaseMs ?? RUN_LEASE_MS;
  const trust = trustComposed(parts.extensions);
  const log = createEventLog(store);
  const turns = createTurnCoordinator({ store, clock, ids, digest });
  const hooks = bindHooks({
    ...platform,
    store,
    holder,
    trust,
    extensions: parts.extensions,
    tenants: parts.tenants,
    grants: parts.grants,
  });
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
  const worker = createWorker({
    store,
    runner,
    runtime,
    gateway,
    ids,
    clock,
    timers,
    diagnostics,
    system,
    driver,
    leaseMs,
  });
  const followers = startFollowers({ store, clock, timers, diagnostics, holder }, parts.tenants, hooks);
  const approvers = options.approvers ?? ownerApproves;
  return toReborn({ store, log, turns, runtime, worker, followers, readiness: parts.readiness, ids, approvers });
}

/** Projections first: hooks follow what they write. */
interface Followers {
  readonly projections: readonly Consumer[];
  readonly hooks: readonly Consumer[];
}

function startFollowers(
  dependencies: Parameters<typeof createLifecycleProjection>[0],
  tenants: HostPlan['tenants'],
  hooks: BoundHooks,
): Followers {
  const projections = tenants.map((tenantId) => createLifecycleProjection(dependencies, tenantId));
  for (const consumer of [...projections, ...hooks.followers]) consumer.start();
  return { projections, hooks: hooks.followers };
}

interface Assembled {
  readonly store: DurableStore;
  readonly log: EventLog;
  readonly turns: TurnCoordinator;
  readonly runtime: HostRuntime;
  readonly worker: Worker;
  readonly followers: Followers;
  readonly readiness: ReadinessReport;
  readonly ids: Ids;
  readonly approvers: ApproverPolicy;
}

function toReborn(assembled: Assembled): Reborn {
  const { store, log, turns, runtime, worker, followers, readiness, ids, approvers } = assembled;
  const shutdown = new AbortController();
  const atWork = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  /** What closing waits for. Errors: `reborn/closed`. */
  const whileOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (shutdown.signal.aborted) throw new RebornError('reborn/closed');
    const working = work();
    atWork.add(working);
    try {
      return await working;
    } finally {
      atWork.delete(working);
    }
  };
  const workOn = (
    how: 'drive' | 'follow',
    request: RunTarget,
    options: WorkOptions | undefined,
  ): Promise<DriveOutcome> =>
    whileOpen(async () => {
      const { scope, runId } = parseTarget(request);
      if ((await turns.getRun(scope, runId)) === undefined) return { kind: 'unknown_run' };
      const signal = options?.signal;
      const until = signal === undefined ? shutdown.signal : AbortSignal.any([signal, shutdown.signal]);
      return worker[how]({ tenantId: scope.tenantId, runId }, until);
    });
  const explain = async (scope: ResourceScope, subject: ExplainSubject): Promise<Explanation | undefined> => {
    const owner = parseResourceScope(scope);
    const about = parseWith(explainSubjectSchema, subject, 'subject');
    // What the run has done may be on its way into the log; trouble with that is the reader's to meet below.
    await drainStage(followers.projections, EXPLAIN_LAG_MS);
    return 'runId' in about
      ? explainRun({ store, log, turns }, owner, about.runId)
      : explainInvocation({ store, log, turns }, owner, about.invocationId);
  };
  const close = async (): Promise<void> => {
    shutdown.abort();
    await Promise.allSettled(atWork);
    for (const stage of [followers.projections, followers.hooks]) await drainStage(stage, DRAIN_MS);
    await Promise.allSettled([...followers.projections, ...followers.hooks].map((consumer) => consumer.stop()));
    await store.close();
  };
  return {
    turns,
    runtime,
    log,
    newContext: (scope) =>
      parseExecutionContext({ invocationId: ids.uuid(), correlationId: ids.uuid(), scope: parseResourceScope(scope) }),
    drive: (request, options) => workOn('drive', request, options),
    follow: (request, options) => workOn('follow', request, options),
    openGates: (scope) => whileOpen(async () => listOpenGates(store, parseResourceScope(scope))),
    getGate: (scope, gateId) =>
      whileOpen(async () => findGate(store, approvers, parseResourceScope(scope), parseGateId(gateId))),
    explain: (scope, subject) => whileOpen(() => explain(scope, subject)),
    settle: () => whileOpen(() => settle(followers)),
    readiness: () => readiness,
    close: () => (closing ??= close()),
  };
}

/** Errors: those of the store, `events/not_granted`. */
async function settle(followers: Followers): Promise<void> {
  for (const stage of [followers.projections, followers.hooks]) {
    const drained = await drainStage(stage, DRAIN_MS);
    const failed = drained.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

function drainStage(stage: readonly Consumer[], ms: number): Promise<readonly PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(stage.map((consumer) => consumer.drain(ms)));
}

function parseTarget(request: unknown): { readonly scope: ResourceScope; readonly runId: RunId } {
  return parseWith(targetSchema, request, 'target');
}
