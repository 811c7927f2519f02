/**
 * One agent host, assembled in one call.
 *
 * Not here: choosing adapters (the composers), any rule of the rooms below, what the host then does (`open-host.ts`).
 */
import type { DurableStore } from '@reborn/host-api';
import { createEventLog, createEventStreams, createRunProjection } from '@reborn/events';
import { ownerApproves } from '@reborn/host-runtime';
import { createTurnCoordinator, RUN_LEASE_MS } from '@reborn/turns';
import { createRunner } from '@reborn/turns/runner';
import { plannedDriver } from './agent-loop/planned-driver.ts';
import { assembleDoor } from './assemble-door.ts';
import { trustComposed } from './binding/authority.ts';
import { bindHooks, type BoundHooks } from './binding/hooks.ts';
import { createLifecycleProjection } from './binding/projection.ts';
import { serveOnly } from './binding/served-tenants.ts';
import { RebornError } from './errors.ts';
import { HOST_MACHINES } from './host-machines.ts';
import { FOLLOWER_LEASE_MS } from './limits.ts';
import { createJitter } from './jitter.ts';
import { startKeeper } from './keeper.ts';
import { createModelGateway } from './model/gateway.ts';
import { noModel } from './model/no-model.ts';
import { openHost, type Followers } from './open-host.ts';
import { planHost, type HostPlan } from './plan.ts';
import type { ReadinessReport } from './readiness.ts';
import type { Reborn, RebornOptions } from './reborn.ts';
import { createWorker } from './worker/worker.ts';

const SYSTEM_TEXT =
  'You work for one person, through the tools that you are given. Use them to find out; do not guess. A call may be refused or need an approval: then say so and go on with what you may do. Answer briefly.';

/**
 * Errors: `reborn/not_production_ready` naming the parts, `reborn/invalid_configuration`, those of the storage, of hooks
 * and of tools that cannot be taken.
 */
export async function createReborn(options: RebornOptions): Promise<Reborn> {
  const parts = await planHost(options);
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

/** What a host of these parts would be, without opening its storage. Errors: `reborn/invalid_configuration`. */
export async function inspectReborn(options: RebornOptions): Promise<ReadinessReport> {
  return (await planHost(options)).readiness;
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
  const jitter = createJitter(platform.random);
  const holder = `host:${ids.uuid()}`;
  const leaseMs = options.leaseMs ?? RUN_LEASE_MS;
  const trust = trustComposed(parts.extensions, parts.packages.trust, parts.tools);
  const log = createEventLog(store, { digest });
  const turns = serveOnly(createTurnCoordinator({ store, clock, ids, digest }), parts.tenants);
  const hooks = bindHooks({
    ...platform,
    store,
    jitter,
    holder,
    trust,
    extensions: parts.extensions,
    tenants: parts.tenants,
    grants: parts.grants,
    leaseMs: followerLeaseMs(leaseMs),
  });
  const door = assembleDoor(options, parts, { store, holder, trust, policy: hooks.policy });
  const { runtime } = door;
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
  const following = { store, clock, timers, diagnostics, jitter, holder, leaseMs: followerLeaseMs(leaseMs) };
  const followers = startFollowers(following, parts.tenants, hooks);
  const keeper = startKeeper(runtime, { timers, diagnostics });
  const approvers = options.approvers ?? ownerApproves;
  return openHost({
    store,
    log,
    projection: createRunProjection({ log, digest }),
    streams: createEventStreams({ log, changes: store, timers, digest, diagnostics }),
    turns,
    ...door,
    keeper,
    tenants: parts.tenants,
    worker,
    followers,
    readiness: parts.readiness,
    clock,
    ids,
    approvers,
  });
}

/** Followers work in short steps: what one held when its process died should not wait as long as a run may. */
function followerLeaseMs(leaseMs: number): number {
  return Math.min(leaseMs, FOLLOWER_LEASE_MS);
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
