/**
 * One look at what must stay of a stream: pins, followers that have not seen it, and whatever else still needs it.
 *
 * Not here: what the rules would let go (`find-expired.ts`).
 */
import { PAGE_RECORDS_MAX, type DurableStore, type StreamKey } from '@reborn/host-api';
import { parseCursor, type Cursor } from '../cursor.ts';
import { liveSubscriptions, type KeptSubscription } from '../subscription/registry.ts';
import { filterOf } from '../subscription/subscription.ts';
import { listPins } from './pin.ts';
import { retentionChanges } from './retention-guard.ts';

/** `needsFrom`: the lowest cursor of the stream that is still needed; `undefined` when nothing is. */
export interface RetentionHold {
  readonly name: string;
  needsFrom(stream: StreamKey): Promise<Cursor | undefined>;
}

/** What keeps the record at `cursor`, and for a follower or a hold everything behind it. */
export type Obstacle =
  | { readonly kind: 'rule'; readonly cursor: Cursor }
  | { readonly kind: 'pin'; readonly cursor: Cursor }
  | { readonly kind: 'consumer'; readonly cursor: Cursor; readonly name: string }
  | { readonly kind: 'hold'; readonly cursor: Cursor; readonly name: string };

/** `from`: nothing may be taken from here on, because of `obstacle`. */
export interface Limit {
  readonly from: number;
  readonly obstacle: Obstacle | undefined;
}

export interface StreamView {
  readonly stream: StreamKey;
  readonly head: number;
  readonly earliest: number;
  readonly pins: ReadonlySet<number>;
  /** For the guard of a cut. */
  readonly changes: number;
  readonly limit: Limit;
  /** Followers that were given up: they lose what is taken. */
  readonly passedBy: readonly KeptSubscription[];
}

export interface ViewRequest {
  readonly holds: readonly RetentionHold[];
  /** Names of subscriptions that are given up. */
  readonly passBy: readonly string[];
  /** Idle followers count from where they stand, as a cut must see them, not from what they have still to see. */
  readonly asTheyStand?: boolean;
}

export async function lookAt(store: DurableStore, stream: StreamKey, request: ViewRequest): Promise<StreamView> {
  const changes = await retentionChanges(store, stream);
  const pinned = await listPins(store, stream);
  const { head, earliest } = await store.readStream({ stream, after: 0, limit: 1 });
  const followers = await liveSubscriptions(store, stream);
  const isPassedBy = ({ name }: KeptSubscription): boolean => request.passBy.includes(name);
  let limit: Limit = { from: head + 1, obstacle: undefined };
  // Of more pins than one list holds, the further ones are not known: nothing behind the last known one is taken.
  const lastPin = pinned.length === PAGE_RECORDS_MAX ? pinned.at(-1)?.cursor : undefined;
  if (lastPin !== undefined) limit = lower(limit, { kind: 'pin', cursor: parseCursor(lastPin) });
  for (const hold of request.holds) {
    const cursor = await hold.needsFrom(stream);
    if (cursor !== undefined) limit = lower(limit, { kind: 'hold', cursor, name: hold.name });
  }
  for (const follower of followers) {
    if (follower.row.cursor + 1 >= limit.from) break;
    if (isPassedBy(follower)) continue;
    const stands = request.asTheyStand === true ? parseCursor(follower.row.cursor + 1) : undefined;
    const cursor = stands ?? (await firstFor(store, stream, follower));
    if (cursor !== undefined) limit = lower(limit, { kind: 'consumer', cursor, name: follower.name });
  }
  // As with pins: those that did not fit into the list lie behind the last that did.
  const lastFollower = followers.length >= PAGE_RECORDS_MAX ? followers.at(-1) : undefined;
  if (lastFollower !== undefined) {
    const cursor = parseCursor(lastFollower.row.cursor + 1);
    limit = lower(limit, { kind: 'consumer', cursor, name: lastFollower.name });
  }
  const pins = new Set(pinned.map(({ cursor }) => cursor));
  return { stream, head, earliest, pins, changes, limit, passedBy: followers.filter(isPassedBy) };
}

/** The first record that the follower has still to see; of an earlier version's, any may be. */
export async function firstFor(
  store: DurableStore,
  stream: StreamKey,
  { row }: KeptSubscription,
): Promise<Cursor | undefined> {
  const after = row.cursor;
  if (row.stream === undefined) return parseCursor(after + 1);
  const page = await store.readStream({ stream, after, limit: 1, filter: filterOf(row) });
  const [first] = page.records;
  return first === undefined ? undefined : parseCursor(first.cursor);
}

function lower(limit: Limit, obstacle: Obstacle): Limit {
  return obstacle.cursor < limit.from ? { from: obstacle.cursor, obstacle } : limit;
}
