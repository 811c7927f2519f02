/**
 * What a store holds, as one of its transactions sees it: the few reads and writes that applying a unit takes. Who keeps
 * these five tables in whatever way has a store.
 *
 * Not here: what a unit does to them (`apply-unit.ts`), the reads of a store's callers (`unit-of-work.ts`, `stream.ts`).
 */
import type { JsonObject } from '../json.ts';
import type { RecordIndex } from './state-machine.ts';
import type { StreamState } from './stream-ledger.ts';
import type { RawRecord, StreamKey } from './stream.ts';

/**
 * Invariant: a read sees every change that was written before it in the same transaction. Synchronous: a store that has to
 * wait for its reads fetches beforehand what the unit names.
 */
export interface StoreTables {
  row(machine: string, key: string): JsonObject | undefined;
  /** `undefined` for a stream that was not begun. */
  stream(stream: StreamKey): StreamState | undefined;
  /** The record of that id, also when its content was removed; `undefined` once it was cut off. */
  cursorOf(stream: StreamKey, eventId: string): number | undefined;
  /** `undefined` for a cursor that was cut off or not given yet. */
  record(stream: StreamKey, cursor: number): RecordMark | undefined;
  /** How many of the records up to `through` that were not cut off have lost their content. */
  removedUntil(stream: StreamKey, through: number): number;
  write(change: TableChange): void;
}

/** A record without its content. `removed`: retention has taken the content away. */
export interface RecordMark {
  readonly eventId: string;
  readonly chain: string;
  readonly removed: boolean;
}

/**
 * One change, as plain data: a log of changes is a log of the store, and replaying it decides nothing anew.
 * `row` puts a record of a machine in the place of whatever stood there, `stream` the state of a stream; `records` adds at
 * the end; `strip` takes content away from cursors that have it; `drop` takes away every record up to `through`.
 */
export type TableChange =
  | {
      readonly kind: 'row';
      readonly machine: string;
      readonly key: string;
      readonly row: JsonObject;
      readonly index: RecordIndex;
    }
  | { readonly kind: 'stream'; readonly stream: StreamKey; readonly state: StreamState }
  | { readonly kind: 'records'; readonly stream: StreamKey; readonly records: readonly RawRecord[] }
  | { readonly kind: 'strip'; readonly stream: StreamKey; readonly cursors: readonly number[] }
  | { readonly kind: 'drop'; readonly stream: StreamKey; readonly through: number };
