/**
 * From the outbox of the turn store into the log of record: same event id, at least once, so exactly once.
 *
 * Not here: the outbox (`@reborn/turns`), following (`@reborn/events`).
 */
import {
  HostApiError,
  type Clock,
  type Diagnostics,
  type DurableStore,
  type TenantId,
  type Timers,
} from '@reborn/host-api';
import { createConsumer, toAppends, type Consumer, type RuntimeEvent } from '@reborn/events';
import { parseLifecycleEvent, type TurnLifecycleEvent } from '@reborn/turns';

export interface ProjectionDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly jitter: () => number;
  readonly holder: string;
  /** Units: milliseconds. */
  readonly leaseMs: number;
}

/**
 * Follows the lifecycle of one tenant's runs and never passes an event by: one that cannot be brought over is tried again
 * until it can, by this host or by a newer one that knows it.
 */
export function createLifecycleProjection(dependencies: ProjectionDependencies, tenantId: TenantId): Consumer {
  return createConsumer({
    ...dependencies,
    name: 'lifecycle-projection',
    stream: { family: 'turn', tenantId },
    from: 'origin',
    attempts: 'unbounded',
    handle: async ({ record }) => {
      const event = parseLifecycleEvent(record);
      if (event === undefined)
        throw new HostApiError('host-api/store_corrupt', { detail: { field: 'event', rule: 'is not known' } });
      return toAppends([toRuntimeEvent(event)]);
    },
    onFailure: ({ record, attempt }) => {
      const facts = { tenantId, cursor: record.cursor, attempt };
      dependencies.diagnostics.report('A lifecycle event could not be brought into the log', facts);
      return [];
    },
  });
}

export function toRuntimeEvent(event: TurnLifecycleEvent): RuntimeEvent {
  const { eventId, atMs, scope, runId, correlationId } = event;
  const base = { eventId, atMs, scope, runId, correlationId };
  const count = Math.max(event.count ?? 1, 1);
  const reason = event.reason ?? 'user_requested';
  switch (event.kind) {
    case 'run_claimed':
      return { ...base, kind: 'run_claimed', attempt: count };
    case 'run_parked':
      return { ...base, kind: 'run_parked', gates: count };
    case 'run_failed':
      return { ...base, kind: 'run_failed', errorKind: reason };
    case 'run_cancelled':
      return { ...base, kind: 'run_cancelled', reason };
    case 'run_cancel_requested':
      return { ...base, kind: 'run_cancel_requested', reason };
    case 'run_submitted':
    case 'run_yielded':
    case 'run_resumed':
    case 'run_recovered':
    case 'run_completed':
      return { ...base, kind: event.kind };
  }
}
