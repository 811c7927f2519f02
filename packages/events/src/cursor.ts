/**
 * A place in a stream. A cursor grants nothing: it means something only beside a stream that its holder may read.
 *
 * Not here: what happens at a place that is gone or not there yet (`event-log.ts`).
 */
import { z } from 'zod';
import { EventsError } from './errors.ts';

/** In memory a whole number, 0 before the first record; on the wire its decimal text. */
export const cursorSchema = z.int().nonnegative().brand<'Cursor'>();
export type Cursor = z.infer<typeof cursorSchema>;

export const ORIGIN: Cursor = 0 as Cursor;

/** Reads a cursor from a caller: text or number. Errors: `events/invalid_cursor`. */
export function parseCursor(value: unknown): Cursor {
  const number = typeof value === 'string' && /^(0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : value;
  const parsed = cursorSchema.safeParse(number);
  if (!parsed.success)
    throw new EventsError('events/invalid_cursor', {
      detail: { field: 'cursor', rule: 'must be a whole decimal number' },
    });
  return parsed.data;
}

/** The cursor to read on from so that the record at `cursor` comes first; the origin stays the origin. */
export function before(cursor: Cursor): Cursor {
  return cursor === ORIGIN ? ORIGIN : ((cursor - 1) as Cursor);
}
