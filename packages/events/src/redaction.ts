/**
 * What may stand in a record. Applied when a record is built, when it is written and when it is read back, because
 * fields can be set in process and replayed rows are not trusted.
 *
 * Source: specification 1, R-06.
 */
import { z } from 'zod';
import { ERROR_KIND_BYTES_MAX } from './limits.ts';

/** What an unusable token becomes. */
export const UNCLASSIFIED = 'unclassified';

/** A closed token: lower-case words of at most 24 bytes, joined by `_`, `.` or `:`; at most 64 bytes in all. */
export function toErrorKind(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > ERROR_KIND_BYTES_MAX) return UNCLASSIFIED;
  return value.split(/[.:]/).every((part) => part.length <= 24 && /^[a-z][a-z0-9_]*$/.test(part))
    ? value
    : UNCLASSIFIED;
}

/** A field that holds a closed token and turns everything else into `unclassified`. */
export const errorKindSchema = z.unknown().transform(toErrorKind);
