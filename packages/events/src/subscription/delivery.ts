/**
 * One delivery: the handler under its deadline, and the unit that acknowledges or counts it.
 *
 * Not here: which record is next, and who holds the subscription (`follower.ts`).
 */
import {
  isFault,
  renewLease,
  type CommitOutcome,
  type LeaseProof,
  type StreamRecord,
  type Timers,
  type TransitionWrite,
  type Write,
} from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import {
  DELIVERY_ATTEMPTS_MAX,
  DELIVERY_BACKOFF_MS,
  DELIVERY_BACKOFF_MS_MAX,
  DELIVERY_DEADLINE_MS,
  SUBSCRIPTION_LEASE_MS,
} from '../limits.ts';
import type { ConsumerOptions, Delivery, DeliveryFailure } from './consumer.ts';
import { acknowledge, failDelivery, type SubscriptionRow } from './subscription.ts';

/** The subscription in the hands of one follower. */
export interface HeldSubscription {
  readonly options: ConsumerOptions;
  readonly key: string;
  readonly lease: LeaseProof;
  /** Aborts when the follower stops. */
  readonly stopping: AbortSignal;
}

/**
 * `passed`: acknowledged, by work or as a dead letter. `failed`: counted, to be made again. `interrupted`: the follower
 * stops and nothing is known to have failed. `lost`: somebody else has the subscription now; nothing was written.
 */
export type DeliveryOutcome = 'passed' | 'failed' | 'interrupted' | 'lost';

/** How many writes of a unit are the follower's own; a conflict behind them is the handler's. */
const OWN_WRITES = 2;

export async function deliver(
  held: HeldSubscription,
  row: SubscriptionRow,
  next: { readonly record: StreamRecord; readonly isReplay: boolean },
): Promise<DeliveryOutcome> {
  const { options, stopping } = held;
  const deadline = new AbortController();
  const stop = (): void => deadline.abort();
  if (stopping.aborted) return 'interrupted';
  stopping.addEventListener('abort', stop, { once: true });
  const delivery: Delivery = { ...next, attempt: row.attempt + 1, signal: deadline.signal };
  try {
    const handled = await handle(options, delivery, deadline);
    if (handled.kind === 'failed' && stopping.aborted && !handled.late) return 'interrupted';
    if (handled.kind === 'failed') return await recordFailure(held, row, delivery, handled.reason);
    const refusal = await commitWith(held, acknowledge(held.key, row.cursor, next.record.cursor), handled.writes);
    if (refusal === undefined) return 'passed';
    return refusal.kind === 'lost' ? 'lost' : await recordFailure(held, row, delivery, refusal.reason);
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}

/** How long a subscription is held without a sign of life. Units: milliseconds. */
export function leaseMsOf(options: Pick<ConsumerOptions, 'leaseMs'>): number {
  return options.leaseMs ?? SUBSCRIPTION_LEASE_MS;
}

/** Doubling, bounded; `jitter`, from 0 to 1, takes up to half of it away. Units: milliseconds. */
export function backoffMs(attempt: number, jitter = 0): number {
  const wholeMs = Math.min(DELIVERY_BACKOFF_MS * 2 ** (attempt - 1), DELIVERY_BACKOFF_MS_MAX);
  return Math.ceil(wholeMs * (1 - Math.min(Math.max(jitter, 0), 1) / 2));
}

/**
 * Counts a delivery whose process has died or stalled as failed: otherwise a record that kills its handler would be
 * delivered for ever. The lease has run out since; no further pause is needed.
 */
export function failAbandoned(
  held: HeldSubscription,
  row: SubscriptionRow,
  next: { readonly record: StreamRecord; readonly isReplay: boolean },
): Promise<DeliveryOutcome> {
  const over = new AbortController();
  over.abort();
  const delivery: Delivery = { ...next, attempt: row.attempt + 1, signal: over.signal };
  return recordFailure(held, row, delivery, new EventsError('events/delivery_abandoned'), 0);
}

type Handled =
  | { readonly kind: 'handled'; readonly writes: readonly Write[] }
  | { readonly kind: 'failed'; readonly late: boolean; readonly reason: unknown };

async function handle(options: ConsumerOptions, delivery: Delivery, deadline: AbortController): Promise<Handled> {
  const clockOut = startDeadline(options.timers, deadline, Math.min(DELIVERY_DEADLINE_MS, leaseMsOf(options) / 2));
  try {
    const writes = await Promise.race([callHandler(options, delivery), clockOut.late]);
    return writes === 'late'
      ? { kind: 'failed', late: true, reason: new EventsError('events/delivery_late') }
      : { kind: 'handled', writes };
  } catch (reason) {
    return { kind: 'failed', late: false, reason };
  } finally {
    clockOut.cancel();
  }
}

/** Copies what it was given: a handler without a compiler may answer anything, and change it later. */
async function callHandler(options: ConsumerOptions, delivery: Delivery): Promise<readonly Write[]> {
  return [...(await options.handle(delivery))];
}

function startDeadline(timers: Timers, deadline: AbortController, deadlineMs: number) {
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = timers.schedule(deadlineMs, () => {
      resolve('late');
      deadline.abort();
    });
  });
  return { late, cancel: () => cancel() };
}

async function recordFailure(
  held: HeldSubscription,
  row: SubscriptionRow,
  delivery: Delivery,
  reason: unknown,
  pauseMs = backoffMs(delivery.attempt, held.options.jitter?.()),
): Promise<DeliveryOutcome> {
  const { cursor } = delivery.record;
  const { attempts = DELIVERY_ATTEMPTS_MAX } = held.options;
  const dead = attempts !== 'unbounded' && delivery.attempt >= attempts;
  const move = dead ? acknowledge(held.key, row.cursor, cursor, true) : failDelivery(held.key, row.cursor, pauseMs);
  let refusal = await commitWith(held, move, failureWrites(held.options, delivery, { dead, reason }));
  if (refusal?.kind === 'refused') refusal = await commitWith(held, move, []);
  if (refusal !== undefined) return 'lost';
  return dead ? 'passed' : 'failed';
}

/** Whoever writes about failures must not keep one from being counted. */
function failureWrites(options: ConsumerOptions, delivery: Delivery, failure: DeliveryFailure): readonly Write[] {
  try {
    return [...options.onFailure(delivery, failure)];
  } catch {
    options.diagnostics?.report('A follower could not describe a failed delivery', { subscription: options.name });
    return [];
  }
}

type Refusal = { readonly kind: 'lost' } | { readonly kind: 'refused'; readonly reason: unknown };

/** Tells the follower's own guards from those of the handler. Errors: those of the store, whose outcome is unknown. */
async function commitWith(
  held: HeldSubscription,
  move: TransitionWrite,
  wanted: readonly Write[],
): Promise<Refusal | undefined> {
  let outcome: CommitOutcome;
  try {
    outcome = await held.options.store.commit([renewLease(held.lease, leaseMsOf(held.options)), move, ...wanted]);
  } catch (reason) {
    const malformed =
      isFault(reason) && (reason.code === 'host-api/invalid_value' || reason.code === 'host-api/invalid_json');
    if (malformed && wanted.length > 0) return { kind: 'refused', reason };
    throw reason;
  }
  if (outcome.kind === 'committed') return undefined;
  return outcome.at < OWN_WRITES
    ? { kind: 'lost' }
    : { kind: 'refused', reason: new EventsError('events/delivery_refused') };
}
