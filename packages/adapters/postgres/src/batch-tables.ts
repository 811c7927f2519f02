/**
 * The tables as the units of one batch see them: what was read, and over it what the units before have done. A unit that
 * is refused is taken back without a trace.
 *
 * Not here: what a unit does (`applyUnit` of `@reborn/host-api`), writing it (`batch-statement.ts`).
 */
import {
  HostApiError,
  streamName,
  type JsonObject,
  type RecordIndex,
  type RecordMark,
  type StoreTables,
  type StreamKey,
  type StreamState,
  type TableChange,
} from '@reborn/host-api';
import { rowName } from './batch-needs.ts';
import type { BatchView } from './batch-view.ts';
import { StreamOverlay } from './stream-overlay.ts';

/** A row that a unit has used: to be checked, or to be written. */
export interface UsedRow {
  readonly machine: string;
  readonly key: string;
  readonly version: number;
  readonly text: string | undefined;
  /** Absent: the row is only checked. */
  readonly index: RecordIndex | undefined;
}

export class BatchTables implements StoreTables {
  readonly #view: BatchView;
  readonly #rows = new Map<string, UsedRow>();
  readonly #streams = new Map<string, StreamOverlay>();
  #undos: (() => void)[] = [];

  constructor(view: BatchView) {
    this.#view = view;
  }

  /** What the batch comes to. Order: none. */
  get rows(): readonly UsedRow[] {
    return [...this.#rows.values()];
  }

  get streams(): readonly StreamOverlay[] {
    return [...this.#streams.values()];
  }

  /** True when there is more to do than to believe what was read. */
  get changed(): boolean {
    return this.rows.some(({ index }) => index !== undefined) || this.streams.some(({ changed }) => changed);
  }

  /** The unit stands. */
  keep(): void {
    this.#undos = [];
  }

  /** The unit leaves nothing, not even that it has looked. */
  takeBack(): void {
    for (const undo of this.#undos.toReversed()) undo();
    this.#undos = [];
  }

  /** Errors: `host-api/store_corrupt` for a body that is no JSON. */
  row(machine: string, key: string): JsonObject | undefined {
    const { text } = this.#used(machine, key);
    return text === undefined ? undefined : parseBody(text);
  }

  stream(stream: StreamKey): StreamState | undefined {
    return this.#overlay(stream).state;
  }

  cursorOf(stream: StreamKey, eventId: string): number | undefined {
    return this.#overlay(stream).cursorOf(eventId);
  }

  record(stream: StreamKey, cursor: number): RecordMark | undefined {
    return this.#overlay(stream).record(cursor);
  }

  removedUntil(stream: StreamKey, through: number): number {
    return this.#overlay(stream).removedUntil(through);
  }

  write(change: TableChange): void {
    if (change.kind === 'row') {
      const { machine, key, row, index } = change;
      const used = this.#used(machine, key);
      this.#setRow({ ...used, text: JSON.stringify(row), index });
      return;
    }
    const overlay = this.#overlay(change.stream);
    switch (change.kind) {
      case 'stream':
        this.#undos.push(overlay.setState(change.state));
        return;
      case 'records':
        this.#undos.push(overlay.add(change.records));
        return;
      case 'strip':
        this.#undos.push(overlay.strip(change.cursors));
        return;
      case 'drop':
        this.#undos.push(overlay.drop(change.through));
    }
  }

  #used(machine: string, key: string): UsedRow {
    const name = rowName(machine, key);
    const used = this.#rows.get(name);
    if (used !== undefined) return used;
    const { version, text } = this.#view.rows.get(name) ?? { version: 0, text: undefined };
    return this.#setRow({ machine, key, version, text, index: undefined });
  }

  #setRow(row: UsedRow): UsedRow {
    const name = rowName(row.machine, row.key);
    const before = this.#rows.get(name);
    this.#rows.set(name, row);
    this.#undos.push(() => void (before === undefined ? this.#rows.delete(name) : this.#rows.set(name, before)));
    return row;
  }

  #overlay(stream: StreamKey): StreamOverlay {
    const name = streamName(stream);
    const used = this.#streams.get(name);
    if (used !== undefined) return used;
    const overlay = new StreamOverlay(stream, this.#view);
    this.#streams.set(name, overlay);
    this.#undos.push(() => void this.#streams.delete(name));
    return overlay;
  }
}

/** What this store wrote was an object; anything else was written by somebody else. */
export function parseBody(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Told below, without the text.
  }
  throw new HostApiError('host-api/store_corrupt', { detail: { field: 'body', rule: 'must be a JSON object' } });
}
