/**
 * The followers of a tenant's events in the hands of an operator: who they are, how far behind, and their end.
 *
 * Not here: following (`@reborn/events`), which hooks follow what (`binding/hooks.ts`).
 * Source: specification 1, W-25.
 */
import {
  boundedLine,
  parseEventId,
  parseTenantId,
  parseWith,
  SCOPE_ID_BYTES_MAX,
  tenantIdSchema,
  type Clock,
  type DurableStore,
  type Ids,
  type TenantId,
} from '@reborn/host-api';
import { endSubscription, listSubscriptions, type SubscriptionStanding } from '@reborn/events';
import { z } from 'zod';

/** `name` as it stands in the list. */
export interface SubscriptionTarget {
  readonly tenantId: TenantId;
  readonly name: string;
}

/** `ended`: now, and the log says so. `already_ended`: earlier. */
export type EndSubscriptionOutcome = 'ended' | 'already_ended' | 'unknown_subscription';

const targetSchema = z.strictObject({ tenantId: tenantIdSchema, name: boundedLine(SCOPE_ID_BYTES_MAX) });

export function subscriptionsOf(store: DurableStore, tenantId: TenantId): Promise<readonly SubscriptionStanding[]> {
  return listSubscriptions(store, { family: 'runtime', tenantId: parseTenantId(tenantId) });
}

/**
 * Only those of the runtime family: hooks follow it. What the host itself follows, so that runs reach the log, has no end.
 * Errors: `host-api/invalid_value` naming the field, those of the store.
 */
export async function endSubscriptionOf(
  { store, clock, ids }: { readonly store: DurableStore; readonly clock: Clock; readonly ids: Ids },
  target: SubscriptionTarget,
): Promise<EndSubscriptionOutcome> {
  const { tenantId, name } = parseWith(targetSchema, target, 'subscription');
  const stream = { family: 'runtime', tenantId } as const;
  const at = { eventId: parseEventId(ids.uuid()), atMs: clock.nowMs() };
  const outcome = await store.commit(endSubscription({ stream, name, reason: 'ended_by_operator' }, at));
  if (outcome.kind === 'committed') return 'ended';
  return outcome.row === undefined ? 'unknown_subscription' : 'already_ended';
}
