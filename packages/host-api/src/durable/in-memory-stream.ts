/**
 * One stream, kept in memory.
 *
 * Not here: what happens to a stream (`stream-ledger.ts`), units that are taken back (`in-memory-tables.ts`).
 */
import { utf8Bytes } from '../bounded-text.ts';
import type { JsonObject } from '../json.ts';
import { PAGE_BYTES_MAX } from '../limits.ts';
import type { StreamState } from './stream-ledger.ts';
import {
  LABELS,
  type RawContent,
  type RawPage,
  type RawRecord,
  type StreamFilter,
  type StreamKey,
  type StreamPage,
  type StreamRecord,
  type StreamRequest,
} from './stream.ts';

/** Each change returns what takes it back. Changes are taken back in reverse order. */
export class InMemoryStream {
  readonly key: StreamKey;
  readonly #cursors = new Map<string, number>();
  /** Gapless: a record stands at the distance of its cursor from the first. */
  #records: RawRecord[] = [];
  #state: StreamState;

  constructor(key: StreamKey, state: StreamState) {
    this.key = { ...key };
    this.#state = state;
  }

  get state(): StreamState {
    return this.#state;
  }

  get records(): readonly RawRecord[] {
    return this.#records;
  }

  cursorOf(eventId: string): number | undefined {
    return this.#cursors.get(eventId);
  }

  at(cursor: number): RawRecord | undefined {
    return this.#records[this.#placeOf(cursor)];
  }

  removedUntil(through: number): number {
    const counted = this.#records.slice(0, Math.max(0, this.#placeOf(through) + 1));
    return counted.filter(({ content }) => content === undefined).length;
  }

  setState(state: StreamState): () => void {
    const before = this.#state;
    this.#state = state;
    return () => void (this.#state = before);
  }

  add(records: readonly RawRecord[]): () => void {
    for (const record of records) {
      this.#records.push(record);
      this.#cursors.set(record.eventId, record.cursor);
    }
    return () => {
      this.#records.splice(this.#records.length - records.length);
      for (const { eventId } of records) this.#cursors.delete(eventId);
    };
  }

  strip(cursors: readonly number[]): () => void {
    const before: (readonly [number, RawRecord])[] = [];
    for (const cursor of cursors) {
      const [place, record] = [this.#placeOf(cursor), this.at(cursor)];
      if (record === undefined) continue;
      before.push([place, record]);
      this.#records[place] = { cursor, eventId: record.eventId, chain: record.chain };
    }
    return () => {
      for (const [place, record] of before) this.#records[place] = record;
    };
  }

  drop(through: number): () => void {
    const before = this.#records;
    const kept = Math.max(0, this.#placeOf(through) + 1);
    const dropped = before.slice(0, kept);
    this.#records = before.slice(kept);
    for (const { eventId } of dropped) this.#cursors.delete(eventId);
    return () => {
      this.#records = before;
      for (const { eventId, cursor } of dropped) this.#cursors.set(eventId, cursor);
    };
  }

  read({ after, limit, filter, order }: StreamRequest): StreamPage {
    const { head, earliest } = this.#state;
    const newest = order === 'newest';
    const step = newest ? -1 : 1;
    const from = newest ? (after === 0 ? head : Math.min(head, after - 1)) : Math.max(earliest, after + 1);
    const records: StreamRecord[] = [];
    let bytes = 0;
    for (let cursor = from; cursor >= earliest && cursor <= head && records.length < limit; cursor += step) {
      const record = this.at(cursor);
      if (record?.content === undefined || !matchesFilter(record.content, filter)) continue;
      records.push(toStreamRecord(record, record.content));
      bytes += utf8Bytes(record.content.bodyText);
      if (bytes > PAGE_BYTES_MAX && records.length < limit) return { head, earliest, records, brokenOff: true };
    }
    return { head, earliest, records };
  }

  readRaw(after: number, limit: number): RawPage {
    const { head, headChain, earliest, baseChain } = this.#state;
    const from = Math.max(0, after + 1 - earliest);
    const records: RawRecord[] = [];
    let bytes = 0;
    for (const record of this.#records.slice(from, from + limit)) {
      records.push(structuredClone(record));
      bytes += utf8Bytes(record.content?.bodyText ?? '');
      if (bytes > PAGE_BYTES_MAX) break;
    }
    return { head, headChain, earliest, baseChain, records };
  }

  #placeOf(cursor: number): number {
    return cursor - (this.#records[0]?.cursor ?? cursor + 1);
  }
}

/** Whether a filter lets a record pass. */
export function matchesFilter({ kind, atMs, labels }: RawContent, filter: StreamFilter | undefined): boolean {
  if (filter?.kinds !== undefined && !filter.kinds.includes(kind)) return false;
  if (filter?.fromMs !== undefined && atMs < filter.fromMs) return false;
  if (filter?.toMs !== undefined && atMs >= filter.toMs) return false;
  return LABELS.every((label) => {
    const wanted = filter?.labels?.[label];
    return wanted === undefined || labels[label] === wanted;
  });
}

/** A record as readers get it. Invariant: shares nothing with what is kept. */
export function toStreamRecord(
  { cursor, eventId }: Pick<RawRecord, 'cursor' | 'eventId'>,
  { bodyText, labels, ...content }: RawContent,
): StreamRecord {
  return { cursor, eventId, ...content, labels: { ...labels }, body: JSON.parse(bodyText) as JsonObject };
}
