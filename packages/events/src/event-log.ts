/**
 * The port of the log of record: append, read after a cursor, follow.
 *
 * Not here: how records are stored (`DurableStore` of `@reborn/host-api`), what they say (`record/`), durable followers
 * with acknowledged cursors (`subscription/consumer.ts`).
 */
import type { Cursor } from './cursor.ts';
import type { ReadScope } from './read-scope.ts';
import type { LogEntry, LogFamily, LogRecord } from './record/log-record.ts';

/** `after` defaults to the origin. Shape of `limit`: 1 to 1000. */
export interface ReadRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  readonly after?: Cursor;
  readonly limit: number;
  readonly kinds?: readonly string[];
}

/**
 * `page`: matching entries in cursor order. `next` is where to go on: it passes by records that do not match, and stays
 * where it was when there is nothing new. `cursor_ahead`: nobody was ever given that cursor of this stream.
 */
export type ReadOutcome =
  | { readonly kind: 'page'; readonly entries: readonly LogEntry[]; readonly next: Cursor; readonly head: Cursor }
  | { readonly kind: 'cursor_ahead'; readonly head: Cursor };

export interface TailRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  readonly after?: Cursor;
  readonly kinds?: readonly string[];
  readonly signal: AbortSignal;
}

export interface EventLog {
  /**
   * Appends durably; resolves when every reader sees the records. Idempotent by event id: a record that is there keeps
   * its cursor. Errors: `events/invalid_record`, `host-api/store_unavailable`.
   */
  append(records: readonly LogRecord[]): Promise<readonly Cursor[]>;
  /** Errors: `events/invalid_request`, `host-api/store_unavailable`. */
  read(request: ReadRequest): Promise<ReadOutcome>;
  /** The cursor of the newest record of the stream, whoever owns it; 0 when there is none. */
  head(family: LogFamily, scope: ReadScope): Promise<Cursor>;
  /**
   * History after the cursor, then live, without gap and without repetition, until the signal aborts. It reads only when
   * asked for more, so a slow reader holds nobody up. Errors: as `read`; `events/invalid_request` for a cursor ahead.
   */
  tail(request: TailRequest): AsyncIterable<LogEntry>;
}
