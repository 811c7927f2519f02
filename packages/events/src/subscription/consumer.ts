/**
 * A durable follower of one stream: at least once, in order, from an acknowledged cursor. What its handler wants written
 * is committed together with the acknowledgement, so effects inside the store happen exactly once.
 *
 * Not here: how it works (`follower.ts`), which events a hook may see (`@reborn/hooks`), who starts followers
 * (`@reborn/reborn`).
 * Source: specification 1, B14; rulings, section 7.
 */
import type {
  Clock,
  Diagnostics,
  DurableStore,
  StreamFilter,
  StreamKey,
  StreamRecord,
  Timers,
  Write,
} from '@reborn/host-api';
import type { SubscriptionGap } from './subscription.ts';

/**
 * `isReplay`: the record was there before this follower first looked. `attempt` counts from 1; a delivery that a stop cut
 * short is not counted. Handlers that reach outside the store recognise records by `eventId`.
 */
export interface Delivery {
  readonly record: StreamRecord;
  readonly attempt: number;
  readonly isReplay: boolean;
  /** Aborts at the delivery's deadline and when the follower stops. */
  readonly signal: AbortSignal;
}

/**
 * `reason`: what the handler was rejected with; `events/delivery_late` after its deadline, `events/delivery_abandoned` when
 * its process died or stalled, `events/delivery_refused` when a guard among its writes refused, `host-api/invalid_value`
 * when they had no proper form.
 */
export interface DeliveryFailure {
  readonly dead: boolean;
  readonly reason: unknown;
}

export interface ConsumerOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Hears of trouble with the store, after which the follower tries again. */
  readonly diagnostics?: Diagnostics;
  /** Names the subscription within its stream. Two followers of one name share the work and never double it. */
  readonly name: string;
  readonly stream: StreamKey;
  readonly filter?: StreamFilter;
  /** What an equality filter cannot say. Records that it refuses are passed by. Must not throw. */
  readonly admits?: (record: StreamRecord) => boolean;
  /** Names this process and instance. */
  readonly holder: string;
  /** How long it is held without a sign of life; a delivery may take half of it. Units: milliseconds; default 10 s. */
  readonly leaseMs?: number;
  /** Attempts at one delivery before it is given up; `unbounded` for followers that may not pass anything by. Default 5. */
  readonly attempts?: number | 'unbounded';
  /** Spreads attempts that failed together: from 0 to 1, shortens a pause by up to half. Default: always 0. */
  readonly jitter?: () => number;
  /** Where a new subscription begins: at the earliest record, or behind the newest of the follower's first look. */
  readonly from: 'origin' | 'head';
  /** Does the work; its writes join the acknowledgement. A rejection is a failed delivery. */
  readonly handle: (delivery: Delivery) => Promise<readonly Write[]>;
  /** What to write about a failed delivery; `dead` when it was the last attempt. Writes that are refused are left out. */
  readonly onFailure: (delivery: Delivery, failure: DeliveryFailure) => readonly Write[];
  /**
   * What to write when records were cut off before this follower had seen them; `endSubscription` among it ends the
   * following. It goes on behind the gap otherwise. Writes that are refused are left out.
   */
  readonly onGap?: (gap: SubscriptionGap) => readonly Write[];
}

/**
 * `caught_up`: everything up to the head that was seen is acknowledged or was passed by. `held`: another process is at
 * work on it. `waiting`: a failed delivery waits for its next attempt, or the follower has stopped. `gapped`: records were
 * cut off before they were seen; said once for each gap, by whichever follower of the name comes first.
 */
export type ConsumerStep = 'caught_up' | 'worked' | 'held' | 'waiting' | 'gapped' | 'terminated';

export interface Consumer {
  /**
   * Works until it has caught up with the head it saw at first, has met a gap, or the deadline passes; a delivery at hand
   * then goes on by itself. Units: milliseconds. Errors: those of the store.
   */
  drain(deadlineMs: number): Promise<ConsumerStep>;
  /** Follows until `stop`. Woken by commits that its filter may take. */
  start(): void;
  /** Finishes the delivery at hand, then rests for good. Idempotent. */
  stop(): Promise<void>;
}
