/**
 * Followers that have nothing to do are moved on before what they do not take is cut off: they cost an append nothing,
 * and so cannot keep their own cursors up.
 *
 * Not here: followers that have something to do; they hold the cut back (`view.ts`).
 */
import {
  acquireLease,
  getRecord,
  LEASE_TTL_MS_MIN,
  leaseMachine,
  PAGE_RECORDS_MAX,
  releaseLease,
  type DurableStore,
  type StreamKey,
  type Write,
} from '@reborn/host-api';
import { PASS_FOLLOWERS } from '../limits.ts';
import { liveSubscriptions, type KeptSubscription } from '../subscription/registry.ts';
import { leaseKeyOf } from '../subscription/subscription-key.ts';
import { passSubscription } from '../subscription/subscription.ts';
import { firstFor } from './view.ts';

const HOLDER = 'retention';

/** Moves each follower on to where its next record lies, at most to `upTo`. One that is at work is left alone. */
export async function passIdle(store: DurableStore, stream: StreamKey, upTo: number): Promise<void> {
  for (;;) {
    const followers = (await liveSubscriptions(store, stream)).filter(({ row }) => row.cursor < upTo);
    let passed = 0;
    for (let at = 0; at < followers.length; at += PASS_FOLLOWERS) {
      const units = await Promise.all(
        followers.slice(at, at + PASS_FOLLOWERS).map((follower) => toPass(store, stream, follower, upTo)),
      );
      passed += await commitAll(
        store,
        units.filter((unit) => unit.length > 0),
      );
    }
    // Those that were passed make room in the list for further ones.
    if (passed === 0 || followers.length < PAGE_RECORDS_MAX) return;
  }
}

/** Under the follower's own lease. Empty when it is where it should be. */
async function toPass(
  store: DurableStore,
  stream: StreamKey,
  follower: KeptSubscription,
  upTo: number,
): Promise<readonly Write[]> {
  const { key, row } = follower;
  const next = await firstFor(store, stream, follower);
  const target = next === undefined ? upTo : Math.min(next - 1, upTo);
  if (target <= row.cursor) return [];
  const leaseKey = leaseKeyOf(key);
  const lease = await getRecord(store, leaseMachine, leaseKey);
  const proof = { key: leaseKey, holder: HOLDER, fence: (lease?.fence ?? 0) + 1 };
  return [acquireLease(leaseKey, HOLDER, LEASE_TTL_MS_MIN), passSubscription(key, row, target), releaseLease(proof)];
}

/** Together; where one is refused, each by itself. Answers how many went through. */
async function commitAll(store: DurableStore, units: readonly (readonly Write[])[]): Promise<number> {
  if (units.length === 0) return 0;
  const together = await store.commit(units.flat());
  if (together.kind === 'committed') return units.length;
  let passed = 0;
  for (const unit of units) if ((await store.commit(unit)).kind === 'committed') passed += 1;
  return passed;
}
