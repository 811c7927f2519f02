/**
 * A place in a projection, as text. It is bound to the scope that it was given out for: threads share one stream, so
 * under another scope it would silently pass records by. It grants nothing; whoever reads brings a scope of their own.
 *
 * Not here: a place in a stream (`../cursor.ts`), whether the place is still there (`projector.ts`).
 * Source: specification 1, A7.
 */
import { digestOf, type Digest, type DigestPort, type JsonObject } from '@reborn/host-api';
import { cursorSchema, type Cursor } from '../cursor.ts';
import { EventsError } from '../errors.ts';
import type { LogFamily } from '../record/log-record.ts';
import type { ReadScope } from '../read-scope.ts';

/** Shape: opaque; at most 128 characters. */
export type ProjectionCursor = string & { readonly __projectionCursor: unique symbol };

/** What a cursor belongs to: a stream, a scope, a projection and the version of its form. */
export type CursorBinding = Digest;

/**
 * `foreign`: it was given out for another scope. `stale`: what lies behind it is gone, or the stream was put back to an
 * earlier state. `malformed_version`: a version gave it out whose form this one does not know.
 */
export type RebaseReason = 'foreign' | 'stale' | 'malformed_version';
export interface RebaseRequired {
  readonly kind: 'rebase_required';
  readonly reason: RebaseReason;
}

const VERSION = 1;
const FORM = /^p([1-9][0-9]{0,3})\.([0-9a-z.]{1,120})$/;
const BODY = /^(0|[1-9][0-9]{0,15})\.([0-9a-f]{64})$/;

export function bindCursors(
  projection: string,
  stream: { readonly family: LogFamily; readonly scope: ReadScope },
  digest: DigestPort,
): CursorBinding {
  const { family, scope } = stream;
  const labels = JSON.parse(JSON.stringify(scope.labels)) as JsonObject;
  return digestOf({ v: VERSION, projection, family, tenantId: scope.tenantId, labels }, digest);
}

export function mintProjectionCursor(binding: CursorBinding, position: Cursor): ProjectionCursor {
  return `p${VERSION}.${position}.${binding.slice('sha256:'.length)}` as ProjectionCursor;
}

/** Errors: `events/invalid_cursor` for what no version of this projection has given out. */
export function readProjectionCursor(
  binding: CursorBinding,
  text: unknown,
): { readonly kind: 'position'; readonly position: Cursor } | RebaseRequired {
  const [, version, body] = (typeof text === 'string' ? FORM.exec(text) : undefined) ?? [];
  if (version === undefined || body === undefined) throw malformed();
  if (version !== String(VERSION)) return { kind: 'rebase_required', reason: 'malformed_version' };
  const [, place, bound] = BODY.exec(body) ?? [];
  const position = cursorSchema.safeParse(Number(place));
  if (!position.success) throw malformed();
  if (`sha256:${bound}` !== binding) return { kind: 'rebase_required', reason: 'foreign' };
  return { kind: 'position', position: position.data };
}

function malformed(): EventsError {
  return new EventsError('events/invalid_cursor', {
    detail: { field: 'after', rule: 'must be a cursor of this projection' },
  });
}
