/**
 * Appending: all records or none, or the prefix that goes well.
 *
 * Not here: records that join a state change; they are committed with it (`toAppends`).
 * Source: specification 1, A5 and W-32.
 */
import {
  assert,
  isFault,
  PAGE_RECORDS_MAX,
  UNIT_WRITES_MAX,
  type DurableStore,
  type StreamKey,
} from '@reborn/host-api';
import { parseCursor, type Cursor } from '../cursor.ts';
import type { BatchResult } from '../event-log.ts';
import { BATCH_RECORDS } from '../limits.ts';
import { FAMILY_OF_KIND, toAppends, type LogRecord } from '../record/log-record.ts';
import { invalid } from './request.ts';

export async function append(store: DurableStore, records: readonly LogRecord[]): Promise<readonly Cursor[]> {
  checkList(records);
  if (records.length === 0) return [];
  if (records.length > PAGE_RECORDS_MAX) throw invalid('records', `must be at most ${PAGE_RECORDS_MAX}`);
  const writes = toAppends(records);
  if (writes.length > UNIT_WRITES_MAX) throw invalid('records', `must belong to at most ${UNIT_WRITES_MAX} streams`);
  // Looked up before the wait: the list is the caller's.
  const places = records.map(({ kind, scope, eventId }) => {
    const family = FAMILY_OF_KIND.get(kind);
    assert(family !== undefined, 'an appended record has a family');
    return placeOf({ family, tenantId: scope.tenantId }, eventId);
  });
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
  return places.map((place) => {
    const cursor = cursors.get(place);
    assert(cursor !== undefined, 'each appended record has a cursor');
    return cursor;
  });
}

/** In parts, each of them one commit, so that a batch of any length is held up by nothing but the disk. */
export async function appendBatch(store: DurableStore, batch: readonly LogRecord[]): Promise<readonly BatchResult[]> {
  checkList(batch);
  const records = [...batch];
  const results: BatchResult[] = [];
  for (let at = 0; at < records.length; at += BATCH_RECORDS) {
    const part = await appendPart(store, records.slice(at, at + BATCH_RECORDS));
    results.push(...part);
    if (part.at(-1)?.kind !== 'appended') break;
  }
  return [...results, ...records.slice(results.length).map(() => ({ kind: 'not_reached' }) as const)];
}

/** The whole part with one commit; where a record of it has no proper form, one after the other up to that record. */
async function appendPart(store: DurableStore, part: readonly LogRecord[]): Promise<readonly BatchResult[]> {
  const whole = await attempt(store, part);
  if (whole.at(-1)?.kind !== 'failed' || part.length === 1 || !isMalformed(whole)) return whole;
  const results: BatchResult[] = [];
  for (const record of part) {
    results.push(...(await attempt(store, [record])));
    if (results.at(-1)?.kind !== 'appended') break;
  }
  return results;
}

async function attempt(store: DurableStore, records: readonly LogRecord[]): Promise<readonly BatchResult[]> {
  try {
    return (await append(store, records)).map((cursor) => ({ kind: 'appended', cursor }));
  } catch (fault) {
    if (!isFault(fault)) throw fault;
    return records.map(() => ({ kind: 'failed', fault }));
  }
}

const MALFORMED: ReadonlySet<string> = new Set([
  'events/invalid_record',
  'host-api/invalid_value',
  'host-api/invalid_json',
]);

function isMalformed([first]: readonly BatchResult[]): boolean {
  return first?.kind === 'failed' && MALFORMED.has(first.fault.code);
}

/** Errors: `events/invalid_request`. */
function checkList(records: unknown): void {
  if (!Array.isArray(records)) throw invalid('records', 'must be a list');
}

/** The same event id may stand in two streams. */
function placeOf(stream: StreamKey, eventId: string): string {
  return `${stream.family}|${eventId}|${stream.tenantId}`;
}
