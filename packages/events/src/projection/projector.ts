/**
 * Folds the log of one scope: all of it, or what is new. Remembers the statuses that it folded, so that somebody who
 * asks again and again pays for what is new only; what it does not remember it folds again.
 *
 * Not here: what one event changes (`run-status.ts`, `timeline-entry.ts`), requests (`log-projection.ts`).
 */
import type { Cursor } from '../cursor.ts';
import { PROJECTION_FOLDED_MAX, PROJECTION_REPLAY_PAGE, PROJECTION_RUNS_REMEMBERED } from '../limits.ts';
import type { ReadScope } from '../read-scope.ts';
import { mintProjectionCursor, type CursorBinding, type RebaseRequired } from './projection-cursor.ts';
import type { ProjectionSnapshot, ProjectionUpdate } from './projection.ts';
import { ProjectionSource, type ProjectionLog, type SeenEvent } from './projection-source.ts';
import { foldRunStatus, subjectKey, subjectOf, type RunStatus } from './run-status.ts';
import { toTimelineEntry, unclassifiedEntry, type TimelineEntry } from './timeline-entry.ts';

/** An answer, and the place in the stream that its cursor stands for. */
export interface Placed<Answer> {
  readonly kind: 'placed';
  readonly answer: Answer;
  readonly position: Cursor;
}

export interface ProjectorOptions {
  readonly log: ProjectionLog;
  readonly scope: ReadScope;
  readonly binding: CursorBinding;
}

export class Projector {
  readonly #options: ProjectorOptions;
  /** Where `#statuses` hold. */
  #position: Cursor | undefined;
  /** Order: whatever was active last comes last. */
  #statuses = new Map<string, RunStatus>();

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** Folds from the beginning to the present. */
  async snapshot(limit: number): Promise<Placed<ProjectionSnapshot>> {
    const source = this.#source('snapshot');
    const statuses = new Map<string, RunStatus>();
    let entries: TimelineEntry[] = [];
    let seen = 0;
    const { after: first, head } = await source.start();
    let after = first;
    while (after < head && seen < PROJECTION_FOLDED_MAX) {
      const page = await source.page(after, Math.min(PROJECTION_REPLAY_PAGE, PROJECTION_FOLDED_MAX - seen));
      if (page.kind === 'gone') {
        after = await source.restart(after);
        continue;
      }
      for (const one of page.events) foldInto(statuses, one);
      entries = [...entries, ...page.events.map(toEntry)].slice(-limit);
      seen += page.events.length;
      after = page.next;
    }
    const earlier = { entries: seen > limit, runs: statuses.size > limit };
    const runs = [...statuses.values()].toReversed().slice(0, limit);
    this.#remember(after, statuses);
    const next = mintProjectionCursor(this.#options.binding, after);
    const answer = { kind: 'snapshot', entries, runs, earlier, next, truncated: after < head } as const;
    return { kind: 'placed', answer, position: after };
  }

  /** One page of what lies behind `after`. */
  async updates(after: Cursor, limit: number): Promise<Placed<ProjectionUpdate> | RebaseRequired> {
    const source = this.#source('updates');
    const statuses = this.#position === after ? this.#statuses : new Map<string, RunStatus>();
    // Until it is known how far they reach.
    this.#position = undefined;
    const page = await source.page(after, limit);
    if (page.kind === 'gone') return { kind: 'rebase_required', reason: 'stale' };
    const budget = { left: PROJECTION_FOLDED_MAX };
    const touched = new Map<string, RunStatus>();
    const lost = new Set<string>();
    for (const one of page.events) {
      const subject = one.event === undefined ? undefined : subjectOf(one.event);
      if (one.event === undefined || subject === undefined) continue;
      const key = subjectKey(subject);
      if (lost.has(key)) continue;
      if (!statuses.has(key)) {
        const folded = await fold(source, statuses, { subject, through: after, budget });
        if (folded === 'too_much') {
          lost.add(key);
          continue;
        }
      }
      const status = foldInto(statuses, one);
      if (status !== undefined) moveToEnd(touched, key, status);
    }
    this.#remember(page.next, statuses);
    const answer: ProjectionUpdate = {
      kind: 'update',
      entries: page.events.map(toEntry),
      runs: [...touched.values()].toReversed(),
      next: mintProjectionCursor(this.#options.binding, page.next),
      more: page.more,
      truncated: lost.size > 0,
    };
    return { kind: 'placed', answer, position: page.next };
  }

  #source(operation: 'snapshot' | 'updates'): ProjectionSource {
    return new ProjectionSource(this.#options.log, this.#options.scope, operation);
  }

  #remember(position: Cursor, statuses: Map<string, RunStatus>): void {
    for (const key of statuses.keys()) {
      if (statuses.size <= PROJECTION_RUNS_REMEMBERED) break;
      statuses.delete(key);
    }
    this.#position = position;
    this.#statuses = statuses;
  }
}

/** What happened to a subject before: nothing is remembered about it. */
async function fold(
  source: ProjectionSource,
  statuses: Map<string, RunStatus>,
  about: { readonly subject: RunStatus['subject']; readonly through: Cursor; readonly budget: { left: number } },
): Promise<'folded' | 'too_much'> {
  const { subject, through, budget } = about;
  let status: RunStatus | undefined;
  for await (const event of source.history(subject, through)) {
    if (budget.left === 0) return 'too_much';
    budget.left -= 1;
    status = foldRunStatus(status, subject, event);
  }
  if (status !== undefined) statuses.set(subjectKey(subject), status);
  return 'folded';
}

function foldInto(statuses: Map<string, RunStatus>, { event }: SeenEvent): RunStatus | undefined {
  const subject = event === undefined ? undefined : subjectOf(event);
  if (event === undefined || subject === undefined) return undefined;
  const key = subjectKey(subject);
  const status = foldRunStatus(statuses.get(key), subject, event);
  moveToEnd(statuses, key, status);
  return status;
}

function moveToEnd(statuses: Map<string, RunStatus>, key: string, status: RunStatus): void {
  statuses.delete(key);
  statuses.set(key, status);
}

function toEntry({ event, eventId, atMs }: SeenEvent): TimelineEntry {
  return event === undefined ? unclassifiedEntry(eventId, atMs) : toTimelineEntry(event);
}
