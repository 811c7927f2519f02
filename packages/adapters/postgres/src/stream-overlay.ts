/**
 * One stream within a batch: as it was read, and what the units of the batch have done to it since.
 *
 * Not here: what may be done to a stream (`stream-ledger.ts` of `@reborn/host-api`).
 */
import { streamName, type RawRecord, type RecordMark, type StreamKey, type StreamState } from '@reborn/host-api';
import { placeName, type BatchView } from './batch-view.ts';
import type { KnownStream } from './head-memory.ts';

export class StreamOverlay {
  readonly key: StreamKey;
  /** As it was read. Version 0: not begun. */
  readonly known: KnownStream;
  readonly #name: string;
  readonly #view: BatchView;
  #state: StreamState | undefined;
  /** Records of this batch, by cursor. */
  readonly #added = new Map<number, RawRecord>();
  readonly #addedIds = new Map<string, number>();
  /** Stored records that lose their content. */
  readonly #stripped = new Set<number>();
  #cut = 0;

  constructor(key: StreamKey, view: BatchView) {
    this.key = key;
    this.#name = streamName(key);
    this.#view = view;
    this.known = view.streams.get(this.#name) ?? { version: 0, state: undefined };
    this.#state = this.known.state;
  }

  get state(): StreamState | undefined {
    return this.#state;
  }

  get changed(): boolean {
    return this.#state !== this.known.state;
  }

  /** Order: by cursor. */
  get added(): readonly RawRecord[] {
    return [...this.#added.values()];
  }

  get stripped(): readonly number[] {
    return [...this.#stripped];
  }

  /** Stored records up to here go. 0: none. */
  get cut(): number {
    return this.#cut;
  }

  cursorOf(eventId: string): number | undefined {
    const stored = this.#view.cursors.get(placeName(this.#name, eventId));
    return this.#addedIds.get(eventId) ?? (stored !== undefined && stored > this.#cut ? stored : undefined);
  }

  record(cursor: number): RecordMark | undefined {
    const added = this.#added.get(cursor);
    if (added !== undefined) {
      return { eventId: added.eventId, chain: added.chain, removed: added.content === undefined };
    }
    const stored = cursor > this.#cut ? this.#view.records.get(placeName(this.#name, cursor)) : undefined;
    return stored === undefined ? undefined : { ...stored, removed: stored.removed || this.#stripped.has(cursor) };
  }

  removedUntil(through: number): number {
    const stored = this.#storedRemovedUntil(through) - this.#storedRemovedUntil(Math.min(through, this.#cut));
    const stripped = this.stripped.filter((cursor) => cursor <= through && cursor > this.#cut);
    const added = this.added.filter(({ cursor, content }) => cursor <= through && content === undefined);
    return stored + stripped.length + added.length;
  }

  setState(state: StreamState): () => void {
    const before = this.#state;
    this.#state = state;
    return () => void (this.#state = before);
  }

  add(records: readonly RawRecord[]): () => void {
    for (const record of records) {
      this.#added.set(record.cursor, record);
      this.#addedIds.set(record.eventId, record.cursor);
    }
    return () => {
      for (const { cursor, eventId } of records) {
        this.#added.delete(cursor);
        this.#addedIds.delete(eventId);
      }
    };
  }

  strip(cursors: readonly number[]): () => void {
    const undos = cursors.map((cursor) => {
      const added = this.#added.get(cursor);
      if (added === undefined) {
        this.#stripped.add(cursor);
        return () => void this.#stripped.delete(cursor);
      }
      this.#added.set(cursor, { cursor, eventId: added.eventId, chain: added.chain });
      return () => void this.#added.set(cursor, added);
    });
    return () => {
      for (const undo of undos) undo();
    };
  }

  drop(through: number): () => void {
    const before = this.#cut;
    const dropped = this.added.filter(({ cursor }) => cursor <= through);
    for (const { cursor, eventId } of dropped) {
      this.#added.delete(cursor);
      this.#addedIds.delete(eventId);
    }
    this.#cut = through;
    return () => {
      this.#cut = before;
      const kept = this.added;
      this.#added.clear();
      this.add([...dropped, ...kept]);
    };
  }

  #storedRemovedUntil(through: number): number {
    return this.#view.removed.get(placeName(this.#name, through)) ?? 0;
  }
}
