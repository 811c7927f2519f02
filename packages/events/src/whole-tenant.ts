/**
 * What only whole-stream authority may do: verifying, exporting, putting back, retention.
 *
 * Not here: where such a scope comes from (`readScopeByGrant`).
 */
import { EventsError } from './errors.ts';
import { isReadScope, type ReadScope } from './read-scope.ts';

/** Errors: `events/not_granted` for an owner's scope and for one that is narrowed: both carry labels. */
export function requireWholeTenant(scope: ReadScope): void {
  if (!isReadScope(scope) || Object.keys(scope.labels).length > 0) throw new EventsError('events/not_granted');
}
