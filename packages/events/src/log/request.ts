/**
 * What every request to the log is checked for.
 *
 * Not here: what each kind of request adds (`read.ts`, `query.ts`, `trace.ts`).
 */
import { FILTER_KINDS_MAX, type StreamKey } from '@reborn/host-api';
import { cursorSchema } from '../cursor.ts';
import { EventsError } from '../errors.ts';
import { PAGE_ENTRIES_MAX } from '../limits.ts';
import { isReadScope, type ReadScope } from '../read-scope.ts';
import { FAMILY_OF_KIND, LOG_FAMILIES, type LogFamily } from '../record/log-record.ts';

/** What a request names a stream by. */
export interface Place {
  readonly family: LogFamily;
  readonly scope: ReadScope;
}

/** Errors: `events/invalid_request`. */
export function checkPlace({ family, scope }: Place): void {
  checkScope(scope);
  checkFamily(family, 'family');
}

/** Errors: `events/invalid_request`. */
export function checkScope(scope: ReadScope): void {
  if (!isReadScope(scope)) throw invalid('scope', 'must be a read scope');
}

/** Errors: `events/invalid_request`. */
export function checkFamily(family: LogFamily, field: string): void {
  if (!LOG_FAMILIES.includes(family)) throw invalid(field, `must be one of ${LOG_FAMILIES.join(', ')}`);
}

/** Errors: `events/invalid_request`. */
export function checkAfter(after: unknown): void {
  if (!cursorSchema.optional().safeParse(after).success) throw invalid('after', 'must be a cursor');
}

/** Errors: `events/invalid_request`. */
export function checkKinds(family: LogFamily, kinds: readonly string[] | undefined): void {
  if (kinds === undefined) return;
  const fits =
    Array.isArray(kinds) &&
    kinds.length > 0 &&
    kinds.length <= FILTER_KINDS_MAX &&
    kinds.every((kind) => FAMILY_OF_KIND.get(kind) === family);
  if (!fits) throw invalid('kinds', `must be 1 to ${FILTER_KINDS_MAX} kinds of the family`);
}

/** Errors: `events/invalid_request`. */
export function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_ENTRIES_MAX) return;
  throw invalid('limit', `must be a whole number from 1 to ${PAGE_ENTRIES_MAX}`);
}

export function invalid(field: string, rule: string): EventsError {
  return new EventsError('events/invalid_request', { detail: { field, rule } });
}

export function streamOf({ family, scope }: Place): StreamKey {
  return { family, tenantId: scope.tenantId };
}
