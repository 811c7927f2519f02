/**
 * The line in which units wait to be written: first come, first written. Whatever waits while a batch is under way goes
 * together into the next, so one caller gets the latency of one write and many share it.
 *
 * Not here: what a batch does (`writer.ts`).
 */
import { setImmediate } from 'node:timers';
import type { CommitOutcome } from '@reborn/host-api';
import type { Unit } from './batch-needs.ts';
import { isDataFailure, toStoreFault } from './errors.ts';
import { BATCH_BYTES_MAX, BATCH_UNITS_MAX } from './limits.ts';
import type { TouchedStream } from './told-versions.ts';
import type { WrittenBatch, Writer } from './writer.ts';

interface Waiting {
  readonly unit: Unit;
  /** Roughly: bodies and commands. */
  readonly bytes: number;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueueOptions {
  readonly writer: Writer;
  /** Called after each batch with a unit that went through, before its units are told. */
  readonly onCommitted: (streams: readonly TouchedStream[], written: boolean) => void;
}

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Resolves when the unit is durable. Errors: those of `UnitOfWork.commit`. */
  enqueue(unit: Unit): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, bytes: bytesOf(unit), resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    for (let answered = 0; this.#waiting.length > 0;) {
      // Those who were answered together ask again together: they are waited for until this turn of the loop is over.
      // One caller alone is not made to wait for that.
      await new Promise<void>((resolve) => void (answered > 1 ? setImmediate(resolve) : process.nextTick(resolve)));
      const batch = this.#take();
      await this.#write(batch);
      answered = batch.length;
    }
    // In the same breath as the last look: whoever comes next starts the queue anew.
    this.#draining = undefined;
  }

  /** At least one unit, however large. */
  #take(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((waiting, at) => {
      bytes += waiting.bytes;
      return at >= BATCH_UNITS_MAX || (at > 0 && bytes > BATCH_BYTES_MAX);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    let written: WrittenBatch;
    try {
      written = await this.#options.writer.write(batch.map(({ unit }) => unit));
    } catch (error) {
      if (batch.length > 1 && isDataFailure(error)) {
        for (const waiting of batch) await this.#write([waiting]);
        return;
      }
      for (const waiting of batch) waiting.reject(toStoreFault(error));
      return;
    }
    const { results, streams } = written;
    if (results.some((result) => result.kind === 'done' && result.outcome.kind === 'committed')) {
      this.#options.onCommitted(streams, written.written);
    }
    for (const [at, { resolve, reject }] of batch.entries()) {
      const result = results[at];
      if (result?.kind === 'done') resolve(result.outcome);
      else reject(toStoreFault(result?.error));
    }
  }
}

function bytesOf(unit: Unit): number {
  let bytes = 0;
  for (const write of unit) {
    bytes += 256;
    if (write.kind === 'append') for (const { bodyText } of write.records) bytes += bodyText.length + 256;
    if (write.kind === 'import')
      for (const { content } of write.records) bytes += (content?.bodyText.length ?? 0) + 256;
    if (write.kind === 'transition') bytes += JSON.stringify(write.command).length;
  }
  return bytes;
}
