/**
 * Reading a stream after a cursor, and where it begins and ends.
 *
 * Not here: following (`tail.ts`), asking by what records carry (`query.ts`).
 */
import type { DurableStore, StreamFilter } from '@reborn/host-api';
import { ORIGIN, parseCursor, type Cursor } from '../cursor.ts';
import type { BoundsOutcome, BoundsRequest, ReadOutcome, ReadRequest } from '../event-log.ts';
import { toLogEntry } from '../record/log-record.ts';
import { findCursorGap } from './cursor-gap.ts';
import { checkAfter, checkKinds, checkLimit, checkPlace, streamOf, type Place } from './request.ts';

export async function read(store: DurableStore, request: ReadRequest): Promise<ReadOutcome> {
  checkRead(request);
  checkLimit(request.limit);
  return readChecked(store, request);
}

/** For requests that were checked already. */
export async function readChecked(store: DurableStore, request: ReadRequest): Promise<ReadOutcome> {
  const { family, scope, kinds, limit, after = ORIGIN } = request;
  const filter: StreamFilter = kinds === undefined ? { labels: scope.labels } : { labels: scope.labels, kinds };
  const page = await store.readStream({ stream: streamOf(request), after, limit, filter });
  const gap = findCursorGap(after, page);
  if (gap !== undefined) return gap;
  const head = parseCursor(page.head);
  const last = page.records.at(-1);
  const more = page.records.length === limit || page.brokenOff === true;
  const next = more && last !== undefined ? parseCursor(last.cursor) : head;
  const seen = page.records.filter((record) => scope.admits(record.labels));
  return { kind: 'page', entries: seen.map((record) => toLogEntry(family, record)), next, head };
}

export async function head(store: DurableStore, place: Place): Promise<Cursor> {
  checkPlace(place);
  const page = await store.readStream({ stream: streamOf(place), after: 0, limit: 1 });
  return parseCursor(page.head);
}

export async function bounds(store: DurableStore, request: BoundsRequest): Promise<BoundsOutcome> {
  checkPlace(request);
  checkAfter(request.after);
  const page = await store.readStream({ stream: streamOf(request), after: 0, limit: 1 });
  const gap = request.after === undefined ? undefined : findCursorGap(request.after, page);
  return gap ?? { kind: 'bounds', earliest: parseCursor(page.earliest), head: parseCursor(page.head) };
}

/** Errors: `events/invalid_request`. */
export function checkRead(request: Omit<ReadRequest, 'limit'>): void {
  checkPlace(request);
  checkAfter(request.after);
  checkKinds(request.family, request.kinds);
}
