/**
 * The line in which units wait to be written: first come, first written. Units that wait together share one transaction
 * and so one sync; a transaction that waits for another process holds its place.
 *
 * Not here: what a transaction does (`unit-of-work.ts`).
 */
import { setImmediate } from 'node:timers';
import type { CommitOutcome } from '@reborn/host-api';
import { pause, type Patience } from './busy-retry.ts';
import { busyFault, isBusy, isFatal, stoppedFault, toStoreFault } from './errors.ts';
import { BATCH_UNITS_MAX, BUSY_TOTAL_MS } from './limits.ts';
import { runUnits, type Unit, type UnitResult, type Writer } from './unit-of-work.ts';

interface Waiting {
  readonly unit: Unit;
  /** How much waiting the queue had behind it when the unit came. */
  readonly sinceMs: number;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueueOptions {
  readonly writer: Writer;
  readonly patience: Patience;
  /** Called after each transaction that changed something, before its units are told. */
  readonly onCommitted: () => void;
}

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #waiting: Waiting[] = [];
  /** The sum of all waiting for locks so far: the queue's own measure of time. */
  #waitedMs = 0;
  #draining: Promise<void> | undefined;
  #stopped = false;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** True once a write has failed in a way after which nothing that this connection says can be believed. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Resolves when the unit is durable. Errors: those of `UnitOfWork.commit`. */
  enqueue(unit: Unit): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, sinceMs: this.#waitedMs, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    let attempt = 0;
    while (this.#waiting.length > 0) {
      // Whoever else has work to do comes first, heartbeats above all: a busy store must not starve the event loop.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const cause = this.#writeBatch();
      if (cause === undefined) {
        attempt = 0;
        continue;
      }
      this.#waitedMs += await pause(this.#options.patience, attempt);
      attempt += 1;
      this.#giveUpOnTheLate(cause);
    }
    // In the same breath as the last look: whoever comes next starts the queue anew.
    this.#draining = undefined;
  }

  /** Writes what waits in front. Returns the error if another process holds the lock. */
  #writeBatch(): unknown {
    const batch = this.#waiting.slice(0, BATCH_UNITS_MAX);
    let results: readonly UnitResult[];
    try {
      const units = batch.map((waiting) => waiting.unit);
      results = runUnits(this.#options.writer, units);
    } catch (error) {
      if (isBusy(error) && !this.#options.writer.connection.inTransaction) return error;
      this.#fail(batch, error);
      return undefined;
    }
    this.#waiting.splice(0, batch.length);
    if (results.some(hasChanged)) this.#options.onCommitted();
    for (const [at, waiting] of batch.entries()) {
      const result = results[at];
      if (result?.kind === 'done') waiting.resolve(result.outcome);
      else waiting.reject(toStoreFault(result?.error));
    }
    return undefined;
  }

  /** A transaction that could not even be rolled back is as final as a failed sync. */
  #fail(batch: readonly Waiting[], error: unknown): void {
    if (isFatal(error) || this.#options.writer.connection.inTransaction) this.#stopped = true;
    this.#waiting.splice(0, batch.length);
    for (const waiting of batch) waiting.reject(toStoreFault(error));
    if (!this.#stopped) return;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(stoppedFault());
  }

  #giveUpOnTheLate(cause: unknown): void {
    while ((this.#waiting[0]?.sinceMs ?? Infinity) + BUSY_TOTAL_MS <= this.#waitedMs) {
      this.#waiting.shift()?.reject(busyFault(cause));
    }
  }
}

function hasChanged(result: UnitResult): boolean {
  return result.kind === 'done' && result.outcome.kind === 'committed';
}
