/**
 * From the outbox of the turn store into the log of record: same event id, at least once, so exactly once.
 *
 * Not here: the outbox (`@reborn/turns`), following (`@reborn/events`).
 */
import type { Clock, DurableStore, TenantId, Timers } from '@reborn/host-api';
import { createConsumer, toAppends, type Consumer, type RuntimeEvent } from '@reborn/events';
import { parseLifecycleEvent, type TurnLifecycleEvent } from '@reborn/turns';

export interface ProjectionDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly holder: string;
}

/** Follows the lifecycle of one tenant's runs. Events that a newer version wrote are passed by. */
export function createLifecycleProjection(dependencies: ProjectionDependencies, tenantId: TenantId): Consumer {
  return createConsumer({
    ...dependencies,
    name: 'lifecycle-projection',
    stream: { family: 'turn', tenantId },
    from: 'origin',
    handle: async ({ record }) => {
      const event = parseLifecycleEvent(record);
      return event === undefined ? [] : toAppends([toRuntimeEvent(event)]);
    },
    // A projection that cannot go on must not go past: nothing is written and the same event is tried again.
    onFailure: () => [],
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
    case 'run_resumed':
    case 'run_recovered':
    case 'run_completed':
      return { ...base, kind: event.kind };
  }
}

