/**
 * Taking hold of a subscription: its lease, and whether whoever had it before has given it back.
 *
 * Not here: what is done with it (`follower.ts`).
 */
import { acquireLease, getRecord, leaseMachine, type LeaseProof } from '@reborn/host-api';
import type { ConsumerOptions } from './consumer.ts';
import { leaseMsOf } from './delivery.ts';
import { leaseKeyOf } from './subscription-key.ts';

/** `abandonedAtMs`: when the lease of somebody else ran out who had not given it back. Units: milliseconds since 1970. */
export interface TakenSubscription {
  readonly lease: LeaseProof;
  readonly abandonedAtMs?: number;
}

/** `undefined` while somebody else holds it. Errors: those of the store. */
export async function takeSubscription(
  options: Pick<ConsumerOptions, 'store' | 'holder' | 'leaseMs'>,
  subscriptionKey: string,
): Promise<TakenSubscription | undefined> {
  const { store, holder } = options;
  const key = leaseKeyOf(subscriptionKey);
  const before = await getRecord(store, leaseMachine, key);
  const taken = await store.commit([acquireLease(key, holder, leaseMsOf(options))]);
  if (taken.kind === 'conflict') return undefined;
  const [receipt] = taken.receipts;
  const { fence } = leaseMachine.parseRow((receipt?.kind === 'record' ? receipt.row : undefined) ?? {});
  const lease = { key, holder, fence };
  // A lease of this very holder that ran out tells of trouble with the store, not of a death.
  const abandoned = before?.status === 'held' && before.fence === fence - 1 && before.holder !== holder;
  return abandoned ? { lease, abandonedAtMs: before.expiresAtMs } : { lease };
}
