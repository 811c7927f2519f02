/**
 * One open event stream: it reads when there is room, looks at what it gives out, asks again and again whether it may,
 * and gives everything back at its end.
 *
 * Not here: who is let in (`open-event-streams.ts`), the queue (`outbox.ts`), folding (`../projection/projector.ts`).
 */
import { InvariantError, isFault, type Diagnostics, type JsonValue, type Timers } from '@reborn/host-api';
import type { Cursor } from '../cursor.ts';
import { EVENT_STREAM_ACCESS_CHECK_MS, EVENT_STREAM_KEEP_ALIVE_MS, EVENT_STREAM_STALL_MS } from '../limits.ts';
import type { ProjectionSnapshot, ProjectionUpdate } from '../projection/projection.ts';
import type { RebaseRequired } from '../projection/projection-cursor.ts';
import type { Projector } from '../projection/projector.ts';
import type { RuntimeEventKind } from '../record/runtime-event.ts';
import type { ChangeWaiter } from '../subscription/wait-for-change.ts';
import { isAllowed, type AccessCheck, type AccessQuestion } from './access.ts';
import type { EventStream, EventStreamItem, LagReason } from './event-stream.ts';
import { Outbox } from './outbox.ts';
import type { RedactionValidator } from './redaction-validator.ts';

export interface SessionParts {
  readonly timers: Timers;
  readonly diagnostics?: Diagnostics;
  readonly validator: RedactionValidator;
  readonly projector: Projector;
  /** Listens already: what is committed from now on wakes it. */
  readonly change: ChangeWaiter;
  readonly access: AccessCheck;
  readonly question: AccessQuestion;
  /** Where to go on; from the beginning without. */
  readonly start: { readonly kind: 'position'; readonly position: Cursor } | RebaseRequired | undefined;
  readonly kinds: ReadonlySet<RuntimeEventKind> | undefined;
  readonly limit: number;
  readonly buffer: number;
  readonly signal: AbortSignal | undefined;
  /** Gives the place back. */
  readonly release: () => void;
}

export class StreamSession implements EventStream {
  readonly #parts: SessionParts;
  readonly #outbox: Outbox;
  readonly #over = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  #pulls: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { timers, buffer: size } = parts;
    const onStall = (): void => this.#lag('subscriber_backpressure');
    this.#outbox = new Outbox({ size, stallMs: EVENT_STREAM_STALL_MS, timers, onStall });
  }

  /** Begins to read. Invariant: called once. */
  begin(): void {
    const { timers, change, signal, release } = this.#parts;
    this.#cleanups.push(
      release,
      () => change.stop(),
      every(timers, EVENT_STREAM_KEEP_ALIVE_MS, () => this.#outbox.keepAlive()),
      every(timers, EVENT_STREAM_ACCESS_CHECK_MS, () => void this.#mayGoOn()),
    );
    const onAbort = (): void => this.#finish(undefined, true);
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#cleanups.push(() => signal?.removeEventListener('abort', onAbort));
    void this.#forward();
  }

  [Symbol.asyncIterator](): EventStream {
    return this;
  }

  /** One after the other, however many ask at once. */
  next(): Promise<IteratorResult<EventStreamItem, undefined>> {
    const pull = this.#pulls.then(() => this.#pull());
    this.#pulls = pull;
    return pull;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#finish(undefined, true);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    this.#finish(undefined, true);
    throw error;
  }

  async #pull(): Promise<IteratorResult<EventStreamItem, undefined>> {
    for (;;) {
      const item = await this.#outbox.take();
      if (item === undefined) return { done: true, value: undefined };
      const tells = item.kind === 'snapshot' || item.kind === 'update';
      // What was put aside while the right still held is not handed over after it was taken away.
      if (!tells || (await this.#mayGoOn())) return { done: false, value: item };
    }
  }

  async #mayGoOn(): Promise<boolean> {
    const { access, question, timers } = this.#parts;
    if (await isAllowed(access, question, timers)) return true;
    this.#finish({ kind: 'lagged', reason: 'access_blocked' }, true);
    return false;
  }

  async #forward(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      const facts = { code: isFault(error) ? error.code : 'unknown' };
      this.#parts.diagnostics?.report('An event stream lost its source', facts);
      this.#lag('source_failed');
      if (error instanceof InvariantError) throw error;
    }
  }

  async #read(): Promise<void> {
    const { start, projector, limit } = this.#parts;
    if (start?.kind === 'rebase_required') return this.#finish(start, false);
    let after = start?.position;
    if (after === undefined) {
      const { answer, position } = await projector.snapshot(limit);
      if (!this.#give(answer)) return;
      after = position;
    }
    await this.#follow(after);
  }

  /** It reads only when there is room for what it finds. */
  async #follow(from: Cursor): Promise<void> {
    const { projector, change, limit } = this.#parts;
    const { signal } = this.#over;
    for (let after = from; !signal.aborted;) {
      await this.#outbox.room();
      if (signal.aborted) return;
      // Taken before the look: a commit between the look and the wait is not lost.
      const seen = change.mark();
      const update = await projector.updates(after, limit);
      if (update.kind === 'rebase_required') return this.#finish(update, false);
      const { answer, position } = update;
      if (answer.truncated) return this.#lag('source_lagged');
      if (answer.entries.length > 0 && !this.#give(answer)) return;
      after = position;
      if (!answer.more) await change.since(seen, signal);
    }
  }

  /** False when it may not be given. */
  #give(answer: ProjectionSnapshot | ProjectionUpdate): boolean {
    const { kinds, validator } = this.#parts;
    const shows = (kind: string): boolean => kinds === undefined || (kinds as ReadonlySet<string>).has(kind);
    const item = { ...answer, entries: answer.entries.filter(({ kind }) => shows(kind)) };
    const { entries, runs } = item;
    if (validator.check({ entries, runs } as unknown as JsonValue) === 'blocked') {
      this.#lag('redaction_blocked');
      return false;
    }
    this.#outbox.put(item);
    return true;
  }

  #lag(reason: LagReason): void {
    this.#finish({ kind: 'lagged', reason }, false);
  }

  /** Gives everything back at once, whether or not the reader ever comes for what is left. */
  #finish(last: EventStreamItem | undefined, discard: boolean): void {
    this.#over.abort();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.#outbox.end(last, discard);
  }
}

/** Again and again until it is stopped. */
function every(timers: Timers, ms: number, work: () => void): () => void {
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = timers.schedule(ms, () => {
      again();
      work();
    });
  };
  again();
  return () => cancel();
}
