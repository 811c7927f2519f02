/**
 * The port of the log of record: append, read after a cursor, follow, ask, trace, verify.
 *
 * Not here: how records are stored (`DurableStore` of `@reborn/host-api`), what they say (`record/`), durable followers
 * with acknowledged cursors (`subscription/consumer.ts`), what is kept for how long (`retention/`).
 * Source: specification 1, A5; specification 5, A4.
 */
import type { CorrelationId, Fault, InvocationId, RunId, StreamFamily } from '@reborn/host-api';
import type { Cursor } from './cursor.ts';
import type { ReadScope } from './read-scope.ts';
import type { LogEntry, LogFamily, LogRecord } from './record/log-record.ts';

/**
 * Why a cursor cannot be read on from. `cursor_too_old`: records behind it were cut off; the reader takes a snapshot and
 * goes on at `before(earliest)`. `cursor_ahead`: nobody was ever given that cursor of this stream.
 */
export type CursorGap =
  | { readonly kind: 'cursor_too_old'; readonly earliest: Cursor }
  | { readonly kind: 'cursor_ahead'; readonly head: Cursor };

/** `after` defaults to the origin. Shape of `limit`: 1 to 1000; of `kinds`: names of kinds of the family. */
export interface ReadRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  readonly after?: Cursor;
  readonly limit: number;
  readonly kinds?: readonly string[];
}

/**
 * `page`: matching entries in cursor order. `next` is where to go on: it passes by records that do not match, and stays
 * where it was when there is nothing new.
 */
export type ReadOutcome =
  | { readonly kind: 'page'; readonly entries: readonly LogEntry[]; readonly next: Cursor; readonly head: Cursor }
  | CursorGap;

export interface BoundsRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  /** Also checked: whether this cursor can be read on from. */
  readonly after?: Cursor;
}

/** `earliest` is the lowest cursor that was not cut off; `head` the newest, 0 when there is none. One moment's look. */
export type BoundsOutcome = { readonly kind: 'bounds'; readonly earliest: Cursor; readonly head: Cursor } | CursorGap;

export interface TailRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  readonly after?: Cursor;
  readonly kinds?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * What became of one record of a batch. `failed`: the batch ends here; nothing of a malformed record was written, and
 * behind a fault of the store the record may or may not be there, so it is appended again as it is. `not_reached`: an
 * earlier record failed, and this one was not tried.
 */
export type BatchResult =
  | { readonly kind: 'appended'; readonly cursor: Cursor }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'not_reached' };

/**
 * Set fields match only records that carry exactly that value. Shape of `kinds`: names of kinds, `*` standing for any
 * run of characters (`dispatch_*`); a lone `*` also matches kinds of newer versions. Units: milliseconds since 1970,
 * `fromMs` included, `toMs` not. `page` is a token that an earlier answer to the same request gave.
 */
export interface QueryRequest {
  readonly family: LogFamily;
  readonly scope: ReadScope;
  readonly kinds?: readonly string[];
  readonly actor?: string;
  readonly provider?: string;
  readonly capabilityId?: string;
  readonly runId?: RunId;
  readonly invocationId?: InvocationId;
  readonly correlationId?: CorrelationId;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly page?: string;
}

/**
 * `page` leads to the next entries and is absent behind the last; an answer may hold fewer than were asked for, and the last
 * one none at all. What is appended while somebody pages is not part of
 * the answer, so pages neither repeat nor skip. `earliest`: what lies before it was cut off and is not part of it either.
 */
export interface QueryPage {
  readonly entries: readonly LogEntry[];
  readonly earliest: Cursor;
  readonly page?: string;
}

/** `families` defaults to all of the log. */
export interface TraceRequest {
  readonly scope: ReadScope;
  readonly correlationId: CorrelationId;
  readonly families?: readonly LogFamily[];
  readonly limit: number;
  readonly page?: string;
}

/**
 * Entries of all families by time, then family, then cursor. Within one family the cursor decides: an entry whose clock
 * was behind stands where its cursor puts it.
 */
export interface TracePage {
  readonly entries: readonly LogEntry[];
  readonly page?: string;
}

/** `after` says from where on; before it nothing is looked at. Any family, also the outbox of runs and transcripts. */
export interface VerifyRequest {
  readonly family: StreamFamily;
  readonly scope: ReadScope;
  readonly after?: Cursor;
  readonly signal?: AbortSignal;
}

/**
 * What is wrong with a stream. `chain_broken`: a link does not follow from the one before and the record.
 * `cursor_missing`: a gap, or records out of order. `head_mismatch`: the newest record is not the one the stream calls
 * its head. `below_anchor`: records that were acknowledged are gone. `anchor_differs`: the record at the anchor is
 * another one than was acknowledged.
 */
export type BrokenRule = 'chain_broken' | 'cursor_missing' | 'head_mismatch' | 'below_anchor' | 'anchor_differs';

/**
 * `intact`: `records` were looked at, `removed` of them without content, whose links can only be believed; they reach
 * from `first` to `head`. `stopped`: the signal aborted; everything up to `through` holds, and `after: through` goes on.
 */
export type VerifyOutcome =
  | {
      readonly kind: 'intact';
      readonly first: Cursor;
      readonly head: Cursor;
      readonly records: number;
      readonly removed: number;
    }
  | { readonly kind: 'broken'; readonly at: Cursor; readonly rule: BrokenRule }
  | { readonly kind: 'stopped'; readonly through: Cursor }
  | CursorGap;

export interface EventLog {
  /**
   * Appends durably, all or none; resolves when every reader sees the records. Idempotent by event id: a record that is
   * there keeps its cursor. Retention ends that memory: a record that was cut off and is appended again is a new one.
   * Shape: at most 1000 records of at most 256 streams. Errors: `events/invalid_record`, `events/invalid_request`,
   * `host-api/store_unavailable`.
   */
  append(records: readonly LogRecord[]): Promise<readonly Cursor[]>;
  /**
   * Appends records in order and keeps the prefix that went well. Shape: one result for each record, in their order:
   * appended ones, then failed ones, then ones that were not reached. Idempotent like `append`. Any number of records.
   */
  appendBatch(records: readonly LogRecord[]): Promise<readonly BatchResult[]>;
  /** Errors: `events/invalid_request`, `host-api/store_unavailable`. */
  read(request: ReadRequest): Promise<ReadOutcome>;
  /** The cursor of the newest record of the stream, whoever owns it; 0 when there is none. Errors: as `read`. */
  head(family: LogFamily, scope: ReadScope): Promise<Cursor>;
  /** Where the stream begins and ends, whoever owns its records. Errors: as `read`. */
  bounds(request: BoundsRequest): Promise<BoundsOutcome>;
  /**
   * History after the cursor, then live, without gap and without repetition, until the signal aborts. It reads only when
   * asked for more, so a slow reader holds nobody up. Errors: as `read`; `events/cursor_too_old` and
   * `events/cursor_ahead`, which `toCursorGap` reads.
   */
  tail(request: TailRequest): AsyncIterable<LogEntry>;
  /**
   * Entries by what they carry, page by page. Errors: as `read`; `events/invalid_request` naming `page` for a token that
   * belongs to another request or another scope, or was changed.
   */
  query(request: QueryRequest): Promise<QueryPage>;
  /** Everything of one correlation that the scope may see. Errors: as `query`. */
  trace(request: TraceRequest): Promise<TracePage>;
  /**
   * Goes through a stream and recomputes its chain, in bounded memory. Appends and cuts may go on meanwhile. Errors: as
   * `read`; `events/not_granted` unless the scope is a whole tenant's.
   */
  verify(request: VerifyRequest): Promise<VerifyOutcome>;
}
