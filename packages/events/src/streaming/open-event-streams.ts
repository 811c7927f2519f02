/**
 * Opens event streams over a log: the actor, then access, then a place, then the live source, and only then the first
 * look at what is there, so that nothing falls in between.
 *
 * Not here: an open stream (`stream-session.ts`).
 * Source: specification 1, A8.
 */
import {
  InvariantError,
  isFault,
  parsePrincipal,
  type Diagnostics,
  type DigestPort,
  type StreamReader,
  type Timers,
} from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import { EVENT_STREAM_BUFFER_DEFAULT, EVENT_STREAM_BUFFER_MAX } from '../limits.ts';
import { checkKinds, invalid, streamOf } from '../log/request.ts';
import { bindRunCursors, checkProjectionRequest } from '../projection/log-projection.ts';
import { readProjectionCursor } from '../projection/projection-cursor.ts';
import type { ProjectionLog } from '../projection/projection-source.ts';
import { Projector } from '../projection/projector.ts';
import { toActorId } from '../record/labels.ts';
import { waitForChange } from '../subscription/wait-for-change.ts';
import { isAllowed } from './access.ts';
import { ADMISSION_LIMITS, createAdmissionDesk, type AdmissionLimits } from './admission.ts';
import type { EventStreamRequest, EventStreams, OpenStreamOutcome } from './event-stream.ts';
import { createRedactionValidator } from './redaction-validator.ts';
import { StreamSession, type SessionParts } from './stream-session.ts';

export interface EventStreamsOptions {
  readonly log: ProjectionLog;
  /** The store below the log: it says when to look again. */
  readonly changes: Pick<StreamReader, 'onCommit'>;
  readonly timers: Timers;
  readonly digest: DigestPort;
  /** Hears of streams that lost their source. */
  readonly diagnostics?: Diagnostics;
  readonly limits?: AdmissionLimits;
}

/** All event streams that share these bounds: one for each host. */
export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const desk = createAdmissionDesk(options.limits ?? ADMISSION_LIMITS);
  const validator = createRedactionValidator(options.digest);
  return {
    open: async (request) => {
      const checked = checkRequest(request);
      const { actor, scope } = checked.question;
      const { userId } = scope.labels;
      if (userId !== undefined && !(actor.kind === 'user' && actor.id === userId)) return refused('not_the_user');
      const binding = bindRunCursors(scope, options.digest);
      const start = request.after === undefined ? undefined : readProjectionCursor(binding, request.after);
      if (start?.kind === 'rebase_required' && start.reason === 'foreign') return refused('foreign_cursor');
      if (!(await isAllowed(request.access, checked.question, options.timers))) return refused('access_denied');
      const actorKey = JSON.stringify([scope.tenantId, toActorId(actor)]);
      const admission = desk.admit({ tenant: scope.tenantId, actor: actorKey, scope: binding });
      if (admission.kind === 'full') return admission;
      const { release } = admission;
      try {
        const place = streamOf({ family: 'runtime', scope });
        const change = waitForChange(options.changes, place);
        const { log, timers, diagnostics } = options;
        const projector = new Projector({ log, scope, binding });
        const parts = { ...checked, timers, validator, projector, change, start, release };
        const session = new StreamSession(diagnostics === undefined ? parts : { ...parts, diagnostics });
        session.begin();
        return { kind: 'opened', stream: session };
      } catch (error) {
        release();
        throw toOpenFault(error);
      }
    },
  };
}

type CheckedRequest = Pick<SessionParts, 'access' | 'buffer' | 'kinds' | 'limit' | 'question' | 'signal'>;

/** Errors: `events/invalid_request`, `host-api/invalid_value`. */
function checkRequest(request: EventStreamRequest): CheckedRequest {
  const { access, signal, kinds, buffer = EVENT_STREAM_BUFFER_DEFAULT } = request;
  const { scope, limit } = checkProjectionRequest(request);
  checkKinds('runtime', kinds);
  if (typeof access !== 'function') throw invalid('access', 'must be a function');
  if (!Number.isInteger(buffer) || buffer > EVENT_STREAM_BUFFER_MAX) {
    throw invalid('buffer', `must be a whole number up to ${EVENT_STREAM_BUFFER_MAX}`);
  }
  const question = Object.freeze({ actor: Object.freeze(parsePrincipal(request.actor)), scope });
  const shown = kinds === undefined ? undefined : new Set(kinds);
  return { access, signal, limit, question, kinds: shown, buffer: Math.max(1, buffer) };
}

function refused(reason: Extract<OpenStreamOutcome, { kind: 'refused' }>['reason']): OpenStreamOutcome {
  return { kind: 'refused', reason };
}

function toOpenFault(error: unknown): unknown {
  if (error instanceof InvariantError) return error;
  const detail = { operation: 'open' };
  return new EventsError('events/source_failed', isFault(error) ? { detail, cause: error } : { detail });
}
