/**
 * Cursors that cannot be read on from: too old, or ahead.
 *
 * Not here: what a reader does about it; it takes a snapshot and goes on at the earliest record.
 * Source: specification 1, A5 and W-30.
 */
import { before, cursorSchema, parseCursor, type Cursor } from '../cursor.ts';
import { EventsError } from '../errors.ts';
import type { CursorGap } from '../event-log.ts';

/** Where a stream begins and ends: what a look at it tells. */
export interface Bounds {
  readonly earliest: number;
  readonly head: number;
}

/** `undefined` when one can read on from `after`; the head itself and the cursor before the earliest record included. */
export function findCursorGap(after: number, { earliest, head }: Bounds): CursorGap | undefined {
  if (after > head) return { kind: 'cursor_ahead', head: parseCursor(head) };
  const first = parseCursor(earliest);
  return after < before(first) ? { kind: 'cursor_too_old', earliest: first } : undefined;
}

/** The fault in which a `tail` ends. */
export function toFault(gap: CursorGap): EventsError {
  switch (gap.kind) {
    case 'cursor_too_old':
      return new EventsError('events/cursor_too_old', { detail: { earliest: gap.earliest } });
    case 'cursor_ahead':
      return new EventsError('events/cursor_ahead', { detail: { head: gap.head } });
  }
}

/** The gap in which a `tail` ended; `undefined` for every other reason. */
export function toCursorGap(reason: unknown): CursorGap | undefined {
  if (!EventsError.is(reason)) return undefined;
  if (reason.code === 'events/cursor_too_old') return { kind: 'cursor_too_old', earliest: placeIn(reason, 'earliest') };
  return reason.code === 'events/cursor_ahead' ? { kind: 'cursor_ahead', head: placeIn(reason, 'head') } : undefined;
}

function placeIn(reason: EventsError, name: 'earliest' | 'head'): Cursor {
  return cursorSchema.parse(reason.detail[name]);
}
