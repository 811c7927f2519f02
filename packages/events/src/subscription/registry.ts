/**
 * The registered followers of a stream, and how far behind they are.
 *
 * Not here: following (`follower.ts`), what retention makes of them (`../retention/`).
 */
import { PAGE_RECORDS_MAX, streamName, type RecordReader, type StreamKey, type StreamReader } from '@reborn/host-api';
import { subscriptionNameIn } from './subscription-key.ts';
import { subscriptionMachine, UNNAMED_STREAM, type SubscriptionGap, type SubscriptionRow } from './subscription.ts';

/**
 * `lag`: records of the stream behind `cursor`, whether they are for this follower or not. `attempt`: failed deliveries
 * of the entry that is next. `gap`: records that were cut off before it had seen them, of which it has not heard yet.
 */
export interface SubscriptionStanding {
  readonly name: string;
  readonly status: SubscriptionRow['status'];
  readonly cursor: number;
  readonly lag: number;
  readonly attempt: number;
  readonly deadLetters: number;
  readonly gap?: SubscriptionGap;
}

/** A subscription as it is kept. */
export interface KeptSubscription {
  readonly key: string;
  readonly name: string;
  readonly row: SubscriptionRow;
}

type Reader = RecordReader & Pick<StreamReader, 'readStream'>;

/** Shape: at most 1000, those at work first, slowest first. Errors: those of the store. */
export async function listSubscriptions(store: Reader, stream: StreamKey): Promise<readonly SubscriptionStanding[]> {
  const { head } = await store.readStream({ stream, after: 0, limit: 1 });
  const found = [...(await liveSubscriptions(store, stream)), ...(await subscriptionsOf(store, stream, 'terminated'))];
  return found.slice(0, PAGE_RECORDS_MAX).map(({ name, row }) => {
    const { status, cursor, attempt, deadLetters, gap } = row;
    const lag = Math.max(0, head - cursor);
    return { name, status, cursor, lag, attempt, deadLetters, ...(gap === undefined ? {} : { gap }) };
  });
}

/** Those that have not ended, the slowest first. Shape: each status is cut at 1000. */
export async function liveSubscriptions(store: RecordReader, stream: StreamKey): Promise<readonly KeptSubscription[]> {
  const found = [
    ...(await subscriptionsOf(store, stream, 'active')),
    ...(await subscriptionsOf(store, stream, 'gapped')),
  ];
  return found.toSorted((left, right) => left.row.cursor - right.row.cursor);
}

/** Also rows of an earlier version, which do not say which stream they belong to. */
async function subscriptionsOf(
  store: RecordReader,
  stream: StreamKey,
  status: SubscriptionRow['status'],
): Promise<readonly KeptSubscription[]> {
  const found: KeptSubscription[] = [];
  for (const owner of [streamName(stream), UNNAMED_STREAM]) {
    for (const { key, row } of await store.list(subscriptionMachine.name, { owner, status, limit: PAGE_RECORDS_MAX })) {
      const name = subscriptionNameIn(stream, key);
      if (name !== undefined) found.push({ key, name, row: subscriptionMachine.parseRow(row) });
    }
  }
  return found;
}
