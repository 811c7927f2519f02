/**
 * A host at work: its methods, what they take, and its orderly end.
 *
 * Not here: putting it together (`create-reborn.ts`).
 */
import {
  invocationIdSchema,
  parseExecutionContext,
  parseGateId,
  parseResourceScope,
  parseWith,
  resourceScopeSchema,
  runIdSchema,
  type Clock,
  type DurableStore,
  type Ids,
  type ResourceScope,
  type RunId,
  type TenantId,
} from '@reborn/host-api';
import type { Consumer, EventLog, EventStreams, RunProjection } from '@reborn/events';
import type { ApproverPolicy } from '@reborn/host-runtime';
import type { TurnCoordinator } from '@reborn/turns';
import { z } from 'zod';
import type { Door } from './assemble-door.ts';
import { RebornError } from './errors.ts';
import { explainInvocation, explainRun, type Explanation } from './explain.ts';
import type { Keeper } from './keeper.ts';
import { DRAIN_MS, EXPLAIN_LAG_MS } from './limits.ts';
import { findGate, listOpenGates } from './owned-gates.ts';
import type { ReadinessReport } from './readiness.ts';
import type { ExplainSubject, Reborn, RunTarget, WorkOptions } from './reborn.ts';
import { createHostSecrets } from './secrets.ts';
import { endSubscriptionOf, subscriptionsOf } from './subscriptions.ts';
import { createHostEvents } from './watching.ts';
import type { DriveOutcome, Worker } from './worker/worker.ts';

const targetSchema = z.strictObject({ scope: resourceScopeSchema, runId: runIdSchema });
const explainSubjectSchema = z.union([
  z.strictObject({ runId: runIdSchema }),
  z.strictObject({ invocationId: invocationIdSchema }),
]);

/** Projections first: hooks follow what they write. */
export interface Followers {
  readonly projections: readonly Consumer[];
  readonly hooks: readonly Consumer[];
}

export interface Assembled extends Door {
  readonly store: DurableStore;
  readonly log: EventLog;
  readonly projection: RunProjection;
  readonly streams: EventStreams;
  readonly turns: TurnCoordinator;
  readonly keeper: Keeper;
  readonly tenants: readonly TenantId[];
  readonly worker: Worker;
  readonly followers: Followers;
  readonly readiness: ReadinessReport;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly approvers: ApproverPolicy;
}

export function openHost(assembled: Assembled): Reborn {
  const { store, log, projection, streams, turns, runtime, worker, followers, readiness, clock, ids, approvers } =
    assembled;
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
  const catchUp = (): Promise<unknown> => drainStage(followers.projections, EXPLAIN_LAG_MS);
  const explain = async (scope: ResourceScope, subject: ExplainSubject): Promise<Explanation | undefined> => {
    const owner = parseResourceScope(scope);
    const about = parseWith(explainSubjectSchema, subject, 'subject');
    // What the run has done may be on its way into the log; trouble with that is the reader's to meet below.
    await catchUp();
    return 'runId' in about
      ? explainRun({ store, log, turns }, owner, about.runId)
      : explainInvocation({ store, log, turns }, owner, about.invocationId);
  };
  const events = createHostEvents({ projection, streams, catchUp, whileOpen, shutdown: shutdown.signal });
  const close = async (): Promise<void> => {
    shutdown.abort();
    await Promise.allSettled(atWork);
    await Promise.allSettled([assembled.keeper.stop(), assembled.processes.close(), assembled.settleTrust()]);
    for (const stage of [followers.projections, followers.hooks]) await drainStage(stage, DRAIN_MS);
    await Promise.allSettled([...followers.projections, ...followers.hooks].map((consumer) => consumer.stop()));
    await store.close();
  };
  return {
    turns,
    runtime,
    log,
    events,
    catalog: assembled.catalog,
    processes: assembled.processes,
    trust: assembled.trust,
    budgets: (scope) => whileOpen(() => assembled.budgets.standing(parseResourceScope(scope))),
    secrets: createHostSecrets(assembled.secrets, assembled.tenants, whileOpen),
    newContext: (scope) =>
      parseExecutionContext({ invocationId: ids.uuid(), correlationId: ids.uuid(), scope: parseResourceScope(scope) }),
    drive: (request, options) => workOn('drive', request, options),
    follow: (request, options) => workOn('follow', request, options),
    openGates: (scope) => whileOpen(async () => listOpenGates(store, parseResourceScope(scope))),
    getGate: (scope, gateId) =>
      whileOpen(async () => findGate(store, approvers, parseResourceScope(scope), parseGateId(gateId))),
    explain: (scope, subject) => whileOpen(() => explain(scope, subject)),
    subscriptions: (tenantId) => whileOpen(async () => subscriptionsOf(store, tenantId)),
    endSubscription: (target) => whileOpen(() => endSubscriptionOf({ store, clock, ids }, target)),
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
