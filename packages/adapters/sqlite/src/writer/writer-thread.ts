/**
 * The main thread's end of a writer: starts its thread, asks it, and notices when it ends.
 *
 * Not here: which requests there are (`protocol.ts`), what stands in line for the writer (`commit-queue.ts`).
 */
import { MessageChannel, Worker, type MessagePort, type Transferable } from 'node:worker_threads';
import { assert } from '@reborn/host-api';
import { stoppedFault } from '../errors.ts';
import { IDLE_THREADS_MAX } from '../limits.ts';
import { resolveEntryPoint } from './entry-point.ts';
import { fromSent, type DriverModule, type WriterAnswer, type WriterRequest, type WriterStart } from './protocol.ts';

/** A driver for one thread, with whatever of its data is moved there instead of being copied. */
export interface ThreadDriver extends DriverModule {
  readonly transfer?: readonly Transferable[];
}

/** What the writer answers when it could not do something. `stuck`: see `protocol.ts`. */
export class WriterFailure extends Error {
  override readonly name = 'WriterFailure';
  override readonly cause: Error;
  readonly stuck: boolean;
  constructor(cause: Error, stuck: boolean) {
    super('the writer could not do it');
    this.cause = cause;
    this.stuck = stuck;
  }
}

export class WriterThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #reusable: boolean;
  #asked: PromiseWithResolvers<Exclude<WriterAnswer, { kind: 'failed' }>> | undefined;
  #ended = false;

  /** A thread that has served another store, or a new one. A driver of one's own has a thread of its own. */
  static take(driver?: ThreadDriver): WriterThread {
    return (driver === undefined ? idle.pop() : undefined) ?? new WriterThread(driver);
  }

  private constructor(driver: ThreadDriver | undefined) {
    const { port1, port2 } = new MessageChannel();
    const { url, execArgv } = resolveEntryPoint('./worker', import.meta.url);
    const { transfer = [], ...sent } = driver ?? {};
    this.#worker = new Worker(url, {
      name: 'sqlite-writer',
      execArgv: [...execArgv],
      workerData: {
        port: port2,
        driver: driver === undefined ? undefined : (sent as DriverModule),
      } satisfies WriterStart,
      transferList: [port2, ...transfer],
    });
    this.#port = port1;
    this.#reusable = driver === undefined;
    // Told by the port as well, and there for whoever waits.
    this.#worker.on('error', () => this.#end());
    this.#port.on('message', (answer: WriterAnswer) => this.#answered(answer));
    this.#port.on('close', () => this.#end());
    this.#worker.unref();
    this.#port.unref();
  }

  /** Nothing is answered any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Keeps the process alive until it is answered. Errors: `WriterFailure`; `host-api/store_unavailable` when it ended. */
  ask<Kind extends WriterRequest['kind']>(request: WriterRequest & { readonly kind: Kind }): Promise<AnswerTo<Kind>> {
    assert(this.#asked === undefined, 'a writer is asked one thing at a time');
    if (this.#ended) return Promise.reject(stoppedFault('writer_ended'));
    this.#asked = Promise.withResolvers();
    this.#port.ref();
    this.#port.postMessage(request, []);
    return this.#asked.promise as Promise<AnswerTo<Kind>>;
  }

  /** The store is closed: the thread waits for the next one, or ends. */
  release(): void {
    const keep = this.#reusable && !this.#ended && this.#asked === undefined && idle.length < IDLE_THREADS_MAX;
    if (keep) idle.push(this);
    else void this.#worker.terminate();
  }

  #answered(answer: WriterAnswer): void {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#port.unref();
    if (answer.kind === 'failed') asked?.reject(new WriterFailure(fromSent(answer.error), answer.stuck));
    else asked?.resolve(answer);
  }

  #end(): void {
    this.#ended = true;
    const place = idle.indexOf(this);
    if (place >= 0) idle.splice(place, 1);
    this.#asked?.reject(stoppedFault('writer_ended'));
    this.#asked = undefined;
  }
}

/** Threads without a store. They keep no process alive. */
const idle: WriterThread[] = [];

type AnswerTo<Kind extends WriterRequest['kind']> = Extract<
  WriterAnswer,
  { kind: { open: 'opened'; batch: 'done'; close: 'closed' }[Kind] }
>;
