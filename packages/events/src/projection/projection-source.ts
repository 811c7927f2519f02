/**
 * The log as projections read it: page by page, within the scope, and trusting nobody. A log that somebody else wrote may
 * forget to redact, to apply the scope or to move on; what it returns is checked here again.
 *
 * Not here: what is made of it (`projector.ts`).
 * Source: specification 1, A7.
 */
import { eventIdSchema, InvariantError, isFault, type EventId } from '@reborn/host-api';
import { before, ORIGIN, type Cursor } from '../cursor.ts';
import { EventsError } from '../errors.ts';
import type { EventLog } from '../event-log.ts';
import { PROJECTION_REPLAY_PAGE } from '../limits.ts';
import type { ReadScope } from '../read-scope.ts';
import { toLabels } from '../record/labels.ts';
import type { LogEntry } from '../record/log-record.ts';
import { runtimeEventSchema, type RuntimeEvent } from '../record/runtime-event.ts';
import { subjectKey, subjectOf, type RunSubject } from './run-status.ts';

/** What a projection needs of a log. */
export type ProjectionLog = Pick<EventLog, 'bounds' | 'query' | 'read'>;

/** One event that the scope may see; `event` is absent for a kind of a newer version. */
export interface SeenEvent {
  readonly cursor: Cursor;
  readonly eventId: EventId;
  readonly atMs: number;
  readonly event?: RuntimeEvent;
}

export interface SeenPage {
  readonly kind: 'page';
  readonly events: readonly SeenEvent[];
  readonly next: Cursor;
  readonly more: boolean;
}

/** What a reader is at work on, for its errors. */
export type ProjectionOperation = 'snapshot' | 'updates';

export class ProjectionSource {
  readonly #log: ProjectionLog;
  readonly #scope: ReadScope;
  readonly #operation: ProjectionOperation;

  /** Errors of all methods: `events/source_failed` naming the operation. */
  constructor(log: ProjectionLog, scope: ReadScope, operation: ProjectionOperation) {
    this.#log = log;
    this.#scope = scope;
    this.#operation = operation;
  }

  /** Where reading begins, and how far the stream reached a moment ago. */
  async start(): Promise<{ readonly after: Cursor; readonly head: Cursor }> {
    const bounds = await this.#ask(() => this.#log.bounds({ family: 'runtime', scope: this.#scope }));
    if (bounds.kind !== 'bounds') throw this.#failed();
    return { after: before(bounds.earliest), head: bounds.head };
  }

  /** Where to go on when retention went by: what is left begins later. */
  async restart(gone: Cursor): Promise<Cursor> {
    const { after } = await this.start();
    if (after <= gone) throw this.#failed();
    return after;
  }

  /** `gone`: nobody can read on from there any more. */
  async page(after: Cursor, limit: number): Promise<SeenPage | { readonly kind: 'gone' }> {
    const outcome = await this.#ask(() => this.#log.read({ family: 'runtime', scope: this.#scope, after, limit }));
    if (outcome.kind !== 'page') return { kind: 'gone' };
    const { entries, next, head } = outcome;
    const movesOn = next > after || (next === after && next >= head && entries.length === 0);
    if (!movesOn || entries.length > limit || !isAscending(entries, after, next)) throw this.#failed();
    return { kind: 'page', events: this.#seen(entries), next, more: next < head };
  }

  /** Everything about one subject up to a place, oldest first. */
  async *history(subject: RunSubject, through: Cursor): AsyncGenerator<RuntimeEvent> {
    if (through === ORIGIN) return;
    const about = subject.kind === 'run' ? { runId: subject.runId } : { invocationId: subject.invocationId };
    const request = { family: 'runtime', scope: this.#scope, ...about, order: 'oldest' } as const;
    let page: string | undefined;
    let reached: Cursor = ORIGIN;
    do {
      const token = page === undefined ? {} : { page };
      const answer = await this.#ask(() => this.#log.query({ ...request, ...token, limit: PROJECTION_REPLAY_PAGE }));
      const last = answer.entries.at(-1)?.cursor ?? reached;
      if (!isAscending(answer.entries, reached, last)) throw this.#failed();
      for (const { cursor, event } of this.#seen(answer.entries)) {
        if (cursor > through) return;
        if (event !== undefined && isAbout(event, subject)) yield event;
      }
      if (answer.page !== undefined && last === reached) throw this.#failed();
      reached = last as Cursor;
      page = answer.page;
    } while (page !== undefined);
  }

  #seen(entries: readonly LogEntry[]): readonly SeenEvent[] {
    return entries.flatMap((entry) => {
      const seen = toSeen(entry);
      return seen === undefined || !this.#admits(seen) ? [] : [seen];
    });
  }

  /** What carries no labels was let through by the log alone; then nothing but its id and time is shown. */
  #admits({ event }: SeenEvent): boolean {
    if (event === undefined) return true;
    const { tenantId, labels } = this.#scope;
    const { scope, runId, invocationId, correlationId } = event;
    const carried = toLabels({ ...scope, runId, invocationId, correlationId });
    const fits = Object.entries(labels).every(([axis, value]) => carried[axis as keyof typeof carried] === value);
    return scope.tenantId === tenantId && fits && this.#scope.admits(carried);
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      throw this.#failed(error);
    }
  }

  /** Whatever else a log may be rejected with stays behind: it could hold anything. */
  #failed(cause?: unknown): EventsError {
    const detail = { operation: this.#operation };
    return new EventsError('events/source_failed', isFault(cause) ? { detail, cause } : { detail });
  }
}

function toSeen(entry: LogEntry): SeenEvent | undefined {
  const cursor = entry.cursor as Cursor;
  if (entry.known) {
    const parsed = runtimeEventSchema.safeParse(entry.record);
    if (!parsed.success) return undefined;
    const { eventId, atMs } = parsed.data;
    return { cursor, eventId, atMs, event: parsed.data };
  }
  const eventId = eventIdSchema.safeParse(entry.eventId);
  if (!eventId.success || !Number.isSafeInteger(entry.atMs)) return undefined;
  return { cursor, eventId: eventId.data, atMs: entry.atMs };
}

function isAbout(event: RuntimeEvent, subject: RunSubject): boolean {
  const found = subjectOf(event);
  return found !== undefined && subjectKey(found) === subjectKey(subject);
}

function isAscending(entries: readonly LogEntry[], after: number, through: number): boolean {
  let reached = after;
  return entries.every(({ cursor }) => {
    const fits = Number.isSafeInteger(cursor) && cursor > reached && cursor <= through;
    reached = cursor;
    return fits;
  });
}
