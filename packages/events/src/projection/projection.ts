/**
 * The port of those who watch: where runs stand and what happened, as one answer and then as changes to it.
 *
 * Not here: how it is folded (`run-status.ts`, `projector.ts`), being told without asking (`../streaming/`).
 * Source: specification 1, A7; specification 5, R-10.
 */
import type { ReadScope } from '../read-scope.ts';
import type { ProjectionCursor, RebaseRequired } from './projection-cursor.ts';
import { subjectKey, type RunStatus } from './run-status.ts';
import type { TimelineEntry } from './timeline-entry.ts';

/**
 * `entries`: oldest first. `runs`: those that were active last come first. `next`: where `updates` goes on.
 * `earlier`: whether there is more of either than `limit`, which an answer leaves out. `truncated`: the fold met its
 * bound before the present; `updates` gives the rest.
 */
export interface ProjectionSnapshot {
  readonly kind: 'snapshot';
  readonly entries: readonly TimelineEntry[];
  readonly runs: readonly RunStatus[];
  readonly earlier: { readonly entries: boolean; readonly runs: boolean };
  readonly next: ProjectionCursor;
  readonly truncated: boolean;
}

/**
 * What is new. `runs`: the new statuses of those that something happened to, latest first. `more`: there is more behind
 * `next` already. `truncated`: a run has more behind it than may be folded, so its status is left out.
 */
export interface ProjectionUpdate {
  readonly kind: 'update';
  readonly entries: readonly TimelineEntry[];
  readonly runs: readonly RunStatus[];
  readonly next: ProjectionCursor;
  readonly more: boolean;
  readonly truncated: boolean;
}

/** Shape of `limit`: 1 to 1000, by default 100. It bounds entries and runs each. */
export interface SnapshotRequest {
  readonly scope: ReadScope;
  readonly limit?: number;
}

export interface UpdatesRequest extends SnapshotRequest {
  readonly after: string;
}

export interface RunProjection {
  /** Errors: `events/invalid_request`; `events/source_failed` naming the operation. */
  snapshot(request: SnapshotRequest): Promise<ProjectionSnapshot>;
  /** Errors: as `snapshot`; `events/invalid_cursor`. */
  updates(request: UpdatesRequest): Promise<ProjectionUpdate | RebaseRequired>;
}

/**
 * What somebody who had `snapshot` knows after `update`: the same as a new snapshot with the same limit would say, but
 * for `truncated`, which stays until the updates have caught up.
 */
export function applyUpdate(snapshot: ProjectionSnapshot, update: ProjectionUpdate, limit: number): ProjectionSnapshot {
  const entries = [...snapshot.entries, ...update.entries];
  const changed = new Set(update.runs.map(({ subject }) => subjectKey(subject)));
  const runs = [...update.runs, ...snapshot.runs.filter(({ subject }) => !changed.has(subjectKey(subject)))];
  return {
    kind: 'snapshot',
    entries: entries.slice(-limit),
    runs: runs.slice(0, limit),
    earlier: {
      entries: snapshot.earlier.entries || entries.length > limit,
      runs: snapshot.earlier.runs || runs.length > limit,
    },
    next: update.next,
    truncated: snapshot.truncated && update.more,
  };
}
