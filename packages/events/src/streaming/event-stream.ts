/**
 * The port of those who want to be told: one subscription to what happens in one scope, pulled by its reader. Nothing is
 * passed over in silence; a stream that cannot go on says so and ends.
 *
 * Not here: any transport (the surfaces), the answers themselves (`../projection/`), durable followers
 * (`../subscription/`), which lose nothing when their process ends.
 * Source: specification 1, A8; specification 5, R-41.
 */
import type { Principal } from '@reborn/host-api';
import type { ProjectionSnapshot, ProjectionUpdate } from '../projection/projection.ts';
import type { RebaseRequired } from '../projection/projection-cursor.ts';
import type { RuntimeEventKind } from '../record/runtime-event.ts';
import type { ReadScope } from '../read-scope.ts';
import type { AccessCheck } from './access.ts';

/**
 * Why a stream ended. `source_lagged`: there is more behind it than it may fold. `source_failed`: the log could not be
 * read. `subscriber_backpressure`: something waited too long for its reader. `redaction_blocked`: what was to be given
 * looked like a secret, a path or an address. `access_blocked`: the right to watch is gone.
 */
export type LagReason =
  | 'source_lagged'
  | 'source_failed'
  | 'subscriber_backpressure'
  | 'redaction_blocked'
  | 'access_blocked';

/**
 * `snapshot` comes first unless a cursor was shown, then `update`s; `applyUpdate` puts them together. `keep_alive` says
 * that nothing happened and moves no cursor. Behind `rebase_required` and `lagged` nothing comes: the reader opens
 * another stream, without a cursor in the first case, from the last one in the second.
 */
export type EventStreamItem =
  | ProjectionSnapshot
  | ProjectionUpdate
  | RebaseRequired
  | { readonly kind: 'lagged'; readonly reason: LagReason }
  | { readonly kind: 'keep_alive' };

/** Whoever leaves the loop early ends the stream; so do its signal and `return`. */
export interface EventStream extends AsyncIterable<EventStreamItem, undefined> {
  [Symbol.asyncIterator](): EventStream;
  next(): Promise<IteratorResult<EventStreamItem, undefined>>;
  return(): Promise<IteratorReturnResult<undefined>>;
  throw(error: unknown): Promise<IteratorResult<EventStreamItem, undefined>>;
}

/**
 * `actor`: who watches; in a scope of one user nobody but that user. `access` also answers for the time to come: a grant
 * that made the scope may run out while the stream is open. `after`: where an earlier stream or answer of the
 * same scope left off. `kinds` narrows the entries of the timeline, not the statuses. `limit`: entries and runs of one
 * item each, 1 to 1000, by default 100. `buffer`: items that may wait for the reader, 1 to 128, by default 16.
 */
export interface EventStreamRequest {
  readonly actor: Principal;
  readonly scope: ReadScope;
  readonly access: AccessCheck;
  readonly after?: string;
  readonly kinds?: readonly RuntimeEventKind[];
  readonly limit?: number;
  readonly buffer?: number;
  readonly signal?: AbortSignal;
}

/** Which bound was met. */
export type AdmissionBound = 'global' | 'tenant' | 'actor' | 'scope';

/** `refused`: this actor may not watch this, or shows a cursor of something else. `full`: too many streams are open. */
export type OpenStreamOutcome =
  | { readonly kind: 'opened'; readonly stream: EventStream }
  | { readonly kind: 'refused'; readonly reason: 'not_the_user' | 'access_denied' | 'foreign_cursor' }
  | { readonly kind: 'full'; readonly bound: AdmissionBound; readonly limit: number };

export interface EventStreams {
  /** Errors: `events/invalid_request`, `events/invalid_cursor`, `host-api/invalid_value`. */
  open(request: EventStreamRequest): Promise<OpenStreamOutcome>;
}
