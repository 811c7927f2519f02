/**
 * The line in which units wait to be written: first come, first written. Whatever waits when the writer is free is one
 * transaction and so one sync; a transaction that waits for another process holds its place.
 *
 * Not here: what a transaction does (`writer/run-batch.ts`).
 */
import { nextTick } from 'node:process';
import type { CommitOutcome, ParsedWrite } from '@reborn/host-api';
import { pause, type Patience } from './busy-retry.ts';
import { busyFault, crowdedFault, isBusy, isFatal, stoppedFault, toStoreFault } from './errors.ts';
import { BATCH_TEXT_MAX, BATCH_UNITS_MAX, BUSY_TOTAL_MS, WAITING_TEXT_MAX, WAITING_UNITS_MAX } from './limits.ts';
import { packUnits, unpackResults } from './writer/packing.ts';
import { fromSent, type BatchSpan, type Unit, type UnitResult } from './writer/protocol.ts';
import { WriterFailure, type WriterThread } from './writer/writer-thread.ts';

interface Waiting {
  readonly unit: Unit;
  readonly text: number;
  /** How much waiting the queue had behind it when the unit came. */
  readonly sinceMs: number;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Written extends BatchSpan {
  readonly kind: 'done';
  readonly results: readonly UnitResult[];
}

interface Failure {
  readonly kind: 'failure';
  readonly cause: unknown;
  /** A transaction is open that could not be taken back. */
  readonly stuck: boolean;
}

/** Why nothing can be written any more: a write has failed after which nothing can be believed, or the thread is gone. */
export type Stopped = 'stopped_after_failed_write' | 'writer_ended';

export interface CommitQueueOptions {
  readonly thread: WriterThread;
  readonly clock: { nowMs(): number };
  readonly patience: Patience;
  /** Called after each transaction with the units that were committed, before they are told. */
  readonly onCommitted: (units: readonly Unit[], span: BatchSpan) => void;
  /** Called when nothing is under way any more. */
  readonly onIdle: () => void;
}

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #waiting: Waiting[] = [];
  #text = 0;
  /** The sum of all waiting for locks so far: the queue's own measure of time. */
  #waitedMs = 0;
  #draining: Promise<void> | undefined;
  #stopped: Stopped | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  get stopped(): Stopped | undefined {
    return this.#stopped;
  }

  /** Something is under way. */
  get busy(): boolean {
    return this.#draining !== undefined;
  }

  /** Resolves when the unit is durable. Errors: those of `UnitOfWork.commit`. */
  enqueue(unit: Unit): Promise<CommitOutcome> {
    const text = textOf(unit);
    if (this.#waiting.length >= WAITING_UNITS_MAX || this.#text + text > WAITING_TEXT_MAX) throw crowdedFault();
    this.#text += text;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, text, sinceMs: this.#waitedMs, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    let attempt = 0;
    await gathered();
    while (this.#waiting.length > 0) {
      const units = this.#batch();
      const answer = await this.#write(units);
      if (answer.kind === 'done') {
        attempt = 0;
        this.#settle(units, answer);
        // Those who were told together come back together: they share the next sync, too.
        if (units.length > 1) await gathered();
      } else if (isBusy(answer.cause) && !answer.stuck) {
        this.#waitedMs += await pause(this.#options.patience, attempt);
        attempt += 1;
        this.#giveUpOnTheLate(answer.cause);
      } else {
        this.#fail(units.length, answer);
      }
    }
    // In the same breath as the last look: whoever comes next starts the queue anew.
    this.#draining = undefined;
    this.#options.onIdle();
  }

  async #write(units: readonly Unit[]): Promise<Written | Failure> {
    const { thread, clock } = this.#options;
    try {
      const { results, ...done } = await thread.ask({ kind: 'batch', nowMs: clock.nowMs(), units: packUnits(units) });
      return { ...done, results: unpackResults(results) };
    } catch (error) {
      if (error instanceof WriterFailure) return { kind: 'failure', cause: error.cause, stuck: error.stuck };
      return { kind: 'failure', cause: error, stuck: false };
    }
  }

  /** What stands in front, as much as one transaction takes. */
  #batch(): readonly Unit[] {
    const units: Unit[] = [];
    let text = 0;
    for (const waiting of this.#waiting) {
      text += waiting.text;
      if (units.length >= BATCH_UNITS_MAX || (text > BATCH_TEXT_MAX && units.length > 0)) break;
      units.push(waiting.unit);
    }
    return units;
  }

  #settle(units: readonly Unit[], done: Written): void {
    const told = this.#take(units.length);
    const committed = units.filter((_unit, at) => {
      const result = done.results[at];
      return result?.kind === 'done' && result.outcome.kind === 'committed';
    });
    this.#options.onCommitted(committed, done);
    for (const [at, waiting] of told.entries()) {
      const result = done.results[at];
      if (result?.kind === 'done') waiting.resolve(result.outcome);
      else waiting.reject(result === undefined ? stoppedFault('writer_ended') : toStoreFault(fromSent(result.error)));
    }
  }

  /** A transaction that could not even be rolled back is as final as a failed sync. */
  #fail(count: number, { cause, stuck }: Failure): void {
    if (isFatal(cause) || stuck) this.#stopped = 'stopped_after_failed_write';
    if (this.#options.thread.ended) this.#stopped = 'writer_ended';
    for (const waiting of this.#take(count)) waiting.reject(toStoreFault(cause));
    if (this.#stopped === undefined) return;
    for (const waiting of this.#take(this.#waiting.length)) waiting.reject(stoppedFault(this.#stopped));
  }

  #giveUpOnTheLate(cause: unknown): void {
    while ((this.#waiting[0]?.sinceMs ?? Infinity) + BUSY_TOTAL_MS <= this.#waitedMs) {
      for (const waiting of this.#take(1)) waiting.reject(busyFault(cause));
    }
  }

  #take(count: number): readonly Waiting[] {
    const taken = this.#waiting.splice(0, count);
    for (const { text } of taken) this.#text -= text;
    return taken;
  }
}

/** After everything that is ready to run now: whoever was just told has said what comes next. */
function gathered(): Promise<void> {
  return new Promise((resolve) => void nextTick(resolve));
}

function textOf(unit: Unit): number {
  return unit.reduce((sum, write) => sum + weigh(write), 0);
}

/** What of a write grows with what the caller sends. */
function weigh(write: ParsedWrite): number {
  switch (write.kind) {
    case 'append':
      return write.records.reduce((sum, { bodyText }) => sum + bodyText.length, 0);
    case 'import':
      return write.records.reduce((sum, { content }) => sum + (content?.bodyText.length ?? 0), 0);
    case 'transition':
      return JSON.stringify(write.command).length;
    case 'remove':
    case 'truncate':
      return 0;
  }
}
