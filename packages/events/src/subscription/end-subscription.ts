/**
 * The end of a subscription, and the event that says so: one unit, so that none ends in silence.
 *
 * Not here: where a follower stands (`subscription.ts`), who decides that one ends.
 * Source: specification 1, W-25; rulings, section 7.
 */
import type { EventId, ResourceScope, Write } from '@reborn/host-api';
import { toAppends } from '../record/log-record.ts';
import type { SubscriptionEndReason } from '../record/runtime-event.ts';
import { subscriptionKey } from './subscription-key.ts';
import { terminateSubscription, type SubscriptionName } from './subscription.ts';

/** `scope`: whose conversation was followed; absent for a follower of a whole tenant. */
export interface EndedSubscription extends SubscriptionName {
  readonly reason: SubscriptionEndReason;
  readonly scope?: ResourceScope;
}

/** Refused as `terminate_from_none` and `terminate_from_terminated`: then there is nothing to say. */
export function endSubscription(
  { stream, name, reason, scope }: EndedSubscription,
  at: { readonly eventId: EventId; readonly atMs: number },
): readonly Write[] {
  const { family, tenantId } = stream;
  return [
    terminateSubscription(subscriptionKey(stream, name)),
    ...toAppends([
      { kind: 'subscription_terminated', ...at, scope: scope ?? { tenantId }, family, subscription: name, reason },
    ]),
  ];
}
