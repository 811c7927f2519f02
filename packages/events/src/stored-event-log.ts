/**
 * The log over any `DurableStore`: one implementation of its rules for all backends.
 *
 * Not here: storage (`DurableStore`), the port (`event-log.ts`).
 */
import { assert, FILTER_KINDS_MAX, type DurableStore, type StreamKey, type StreamRequest } from '@reborn/host-api';
import { cursorSchema, ORIGIN, parseCursor, type Cursor } from './cursor.ts';
import { EventsError } from './errors.ts';
import type { EventLog, ReadOutcome, ReadRequest, TailRequest } from './event-log.ts';
import { PAGE_ENTRIES_MAX } from './limits.ts';
import { isReadScope, type ReadScope } from './read-scope.ts';
import {
  FAMILY_OF_KIND,
  LOG_FAMILIES,
  toAppends,
  toLogEntry,
  type LogEntry,
  type LogFamily,
  type LogRecord,
} from './record/log-record.ts';
import { waitForChange } from './subscription/wait-for-change.ts';

/** The log of everything that `store` holds. */
export function createEventLog(store: DurableStore): EventLog {
  return {
    append: (records) => append(store, records),
    read: (request) => read(store, request),
    head: (family, scope) => head(store, family, scope),
    tail: (request) => tail(store, request),
  };
}

async function append(store: DurableStore, records: readonly LogRecord[]): Promise<readonly Cursor[]> {
  if (records.length === 0) return [];
  const writes = toAppends(records);
  const outcome = await store.commit(writes);
  assert(outcome.kind === 'committed', 'an append has no guard that could refuse it');
  const cursors = new Map<string, Cursor>();
  for (const [at, { stream, records: drafts }] of writes.entries()) {
    const receipt = outcome.receipts[at];
    assert(receipt?.kind === 'appended', 'an append is answered with cursors');
    for (const [index, { eventId }] of drafts.entries()) {
      cursors.set(placeOf(stream, eventId), parseCursor(receipt.cursors[index]));
    }
  }
  return records.map((record) => {
    const family = FAMILY_OF_KIND.get(record.kind);
    assert(family !== undefined, 'an appended record has a family');
    const cursor = cursors.get(placeOf({ family, tenantId: record.scope.tenantId }, record.eventId));
    assert(cursor !== undefined, 'each appended record has a cursor');
    return cursor;
  });
}

/** The same event id may stand in two streams. */
function placeOf(stream: StreamKey, eventId: string): string {
  return `${stream.family}|${eventId}|${stream.tenantId}`;
}

async function read(store: DurableStore, request: ReadRequest): Promise<ReadOutcome> {
  checkRequest(request);
  const { limit } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ENTRIES_MAX) {
    throw invalid('limit', `must be a whole number from 1 to ${PAGE_ENTRIES_MAX}`);
  }
  const after = request.after ?? ORIGIN;
  const page = await store.readStream(toStreamRequest(request, after, limit));
  const head = parseCursor(page.head);
  if (after > head) return { kind: 'cursor_ahead', head };
  const last = page.records.at(-1);
  const next = page.records.length === limit && last !== undefined ? parseCursor(last.cursor) : head;
  const seen = page.records.filter((record) => request.scope.admits(record.labels));
  return { kind: 'page', entries: seen.map((record) => toLogEntry(request.family, record)), next, head };
}

async function head(store: DurableStore, family: LogFamily, scope: ReadScope): Promise<Cursor> {
  checkRequest({ family, scope });
  const page = await store.readStream({ stream: { family, tenantId: scope.tenantId }, after: 0, limit: 1 });
  return parseCursor(page.head);
}

async function* tail(store: DurableStore, request: TailRequest): AsyncGenerator<LogEntry> {
  checkRequest(request);
  let after: Cursor = request.after ?? ORIGIN;
  if (request.signal.aborted) return;
  const change = waitForChange(store);
  // A reader that never comes back for more must not be listened for after it has said that it is gone.
  const stop = (): void => change.stop();
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    while (!request.signal.aborted) {
      const seen = change.mark();
      const outcome = await read(store, { ...request, after, limit: PAGE_ENTRIES_MAX });
      if (outcome.kind === 'cursor_ahead') throw invalid('after', 'lies ahead of the stream');
      for (const entry of outcome.entries) {
        if (request.signal.aborted) return;
        yield entry;
      }
      const moved = outcome.next > after;
      after = outcome.next;
      if (!moved || after >= outcome.head) await change.since(seen, request.signal);
    }
  } finally {
    request.signal.removeEventListener('abort', stop);
    change.stop();
  }
}

function toStreamRequest(request: ReadRequest, after: Cursor, limit: number): StreamRequest {
  const { family, scope, kinds } = request;
  const filter = { labels: scope.labels, ...(kinds === undefined ? {} : { kinds }) };
  return { stream: { family, tenantId: scope.tenantId }, after, limit, filter };
}

function checkRequest(request: Pick<ReadRequest, 'family' | 'scope' | 'after' | 'kinds'>): void {
  const { family, scope, after, kinds } = request;
  if (!isReadScope(scope)) throw invalid('scope', 'must be a read scope');
  if (!LOG_FAMILIES.includes(family)) throw invalid('family', `must be one of ${LOG_FAMILIES.join(', ')}`);
  if (!cursorSchema.optional().safeParse(after).success) throw invalid('after', 'must be a cursor');
  if (kinds === undefined) return;
  const fits =
    kinds.length > 0 && kinds.length <= FILTER_KINDS_MAX && kinds.every((kind) => FAMILY_OF_KIND.get(kind) === family);
  if (!fits) throw invalid('kinds', `must be 1 to ${FILTER_KINDS_MAX} kinds of the family`);
}

function invalid(field: string, rule: string): EventsError {
  return new EventsError('events/invalid_request', { detail: { field, rule } });
}
