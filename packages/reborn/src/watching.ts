/**
 * Watching one's own runs: where they stand, what happens to them, and being told.
 *
 * Not here: folding and streaming (`@reborn/events`), proving who somebody is (the surfaces), the whole story with its
 * verdicts and words (`explain.ts`).
 */
import type { Principal, ResourceScope, RunId } from '@reborn/host-api';
import {
  readScopeFor,
  type AccessCheck,
  type EventStreamRequest,
  type EventStreams,
  type OpenStreamOutcome,
  type ProjectionSnapshot,
  type ProjectionUpdate,
  type ReadScope,
  type RebaseRequired,
  type RunProjection,
} from '@reborn/events';

/** Everything of an owner along the axes that `scope` names, such as one thread; of one run when that is named. */
export interface WatchTarget {
  readonly scope: ResourceScope;
  readonly runId?: RunId;
}

/** `access` defaults to a yes: `actor` was authenticated by the surface and has to be the user whose scope it is. */
export interface WatchRequest
  extends WatchTarget, Pick<EventStreamRequest, 'after' | 'buffer' | 'kinds' | 'limit' | 'signal'> {
  readonly actor: Principal;
  readonly access?: AccessCheck;
}

/** Where runs stand, for those who watch. What it says is behind what is so by the way of a record into the log. */
export interface HostEvents {
  /** Errors: `host-api/invalid_value`, `events/invalid_request`, `events/source_failed`, `reborn/closed`. */
  snapshot(target: WatchTarget & { readonly limit?: number }): Promise<ProjectionSnapshot>;
  /** Errors: as `snapshot`; `events/invalid_cursor`. */
  updates(
    target: WatchTarget & { readonly after: string; readonly limit?: number },
  ): Promise<ProjectionUpdate | RebaseRequired>;
  /** The stream ends with the host. Errors: as `updates`. */
  open(request: WatchRequest): Promise<OpenStreamOutcome>;
}

export interface WatchingParts {
  readonly projection: RunProjection;
  readonly streams: EventStreams;
  /** Lets the log catch up for a moment with what runs have done. */
  readonly catchUp: () => Promise<unknown>;
  /** Refuses when the host was closed. */
  readonly whileOpen: <T>(work: () => Promise<T>) => Promise<T>;
  /** Aborts when the host closes. */
  readonly shutdown: AbortSignal;
}

export function createHostEvents({ projection, streams, catchUp, whileOpen, shutdown }: WatchingParts): HostEvents {
  return {
    snapshot: ({ scope, runId, ...rest }) =>
      whileOpen(async () => {
        const request = { ...rest, scope: toReadScope(scope, runId) };
        await catchUp();
        return projection.snapshot(request);
      }),
    updates: ({ scope, runId, ...rest }) =>
      whileOpen(async () => projection.updates({ ...rest, scope: toReadScope(scope, runId) })),
    open: ({ scope, runId, access = () => 'allowed', signal, ...rest }) =>
      whileOpen(async () => {
        const until = signal === undefined ? shutdown : AbortSignal.any([signal, shutdown]);
        return streams.open({ ...rest, scope: toReadScope(scope, runId), access, signal: until });
      }),
  };
}

/** Errors: `host-api/invalid_value`. */
function toReadScope(scope: ResourceScope, runId: RunId | undefined): ReadScope {
  return readScopeFor(scope, runId === undefined ? {} : { runId });
}
