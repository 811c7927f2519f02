/**
 * `RunProjection` over any log. It keeps nothing between two questions.
 *
 * Not here: folding (`projector.ts`), the port (`projection.ts`).
 */
import type { DigestPort } from '@reborn/host-api';
import { PROJECTION_PAGE_DEFAULT } from '../limits.ts';
import { checkLimit, checkScope } from '../log/request.ts';
import type { ReadScope } from '../read-scope.ts';
import { bindCursors, readProjectionCursor, type CursorBinding } from './projection-cursor.ts';
import type { RunProjection } from './projection.ts';
import type { ProjectionLog } from './projection-source.ts';
import { Projector } from './projector.ts';

export function createRunProjection(parts: {
  readonly log: ProjectionLog;
  readonly digest: DigestPort;
}): RunProjection {
  const { log, digest } = parts;
  return {
    snapshot: async (request) => {
      const { scope, limit } = checkProjectionRequest(request);
      const { answer } = await new Projector({ log, scope, binding: bindRunCursors(scope, digest) }).snapshot(limit);
      return answer;
    },
    updates: async (request) => {
      const { scope, limit } = checkProjectionRequest(request);
      const binding = bindRunCursors(scope, digest);
      const place = readProjectionCursor(binding, request.after);
      if (place.kind === 'rebase_required') return place;
      const outcome = await new Projector({ log, scope, binding }).updates(place.position, limit);
      return outcome.kind === 'rebase_required' ? outcome : outcome.answer;
    },
  };
}

/** The cursors of this projection in one scope. */
export function bindRunCursors(scope: ReadScope, digest: DigestPort): CursorBinding {
  return bindCursors('runs', { family: 'runtime', scope }, digest);
}

/** Errors: `events/invalid_request`. */
export function checkProjectionRequest(request: { readonly scope: ReadScope; readonly limit?: number }): {
  readonly scope: ReadScope;
  readonly limit: number;
} {
  const { scope, limit = PROJECTION_PAGE_DEFAULT } = request;
  checkScope(scope);
  checkLimit(limit);
  return { scope, limit };
}
