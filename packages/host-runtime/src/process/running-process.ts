/**
 * One process in the hands of this host: its work, its heartbeat, and writing how it ended. Nothing of it rejects but for
 * a bug: what cannot be written is left to its lease, and to those who recover what is lost.
 *
 * Not here: what the work is (the pipeline), finding lost processes (`recover-lost.ts`).
 * Source: specification 2, b.9; rulings, section 4.
 */
import {
  checkWorkRunning,
  endWork,
  InvariantError,
  isFault,
  releaseLease,
  renewLease,
  requestWorkCancel,
  workItemMachine,
  type Clock,
  type CommitOutcome,
  type Diagnostics,
  type DurableStore,
  type JsonObject,
  type LeaseProof,
  type ProcessId,
  type Timers,
  type Write,
} from '@reborn/host-api';
import { FAILURES } from '../failure.ts';
import {
  PROCESS_HEARTBEATS_PER_LEASE,
  PROCESS_OBEY_MS,
  PROCESS_SETTLE_ATTEMPTS_MAX,
  PROGRESS_BYTES_MAX,
  SETTLE_PAUSE_MS,
} from '../limits.ts';
import { toStoredResult, type ProcessResult } from './process.ts';
import { ProgressBuffer, type ProgressTail } from './progress-buffer.ts';

/** `holder` names this host among those that share the store. Units: `leaseMs` milliseconds. */
export interface ProcessParts {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics?: Diagnostics;
  readonly holder: string;
  readonly leaseMs: number;
}

/** `signal` aborts when the process is told to stop or its host has lost it. `progress` shows text; it never throws. */
export interface ProcessTerms {
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/** How it ends: `cancelled` whatever the work came to, once it was told to stop. Units: milliseconds. */
export interface ProcessEnding {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly reason?: string;
  readonly durationMs: number;
}

export interface ProcessWork {
  /** Ends soon after its signal has aborted. A rejection is a failure whose effect nobody knows. */
  execute(terms: ProcessTerms): Promise<ProcessResult>;
  /**
   * What becomes durable with the end: records and reservations. Asked again only when the process turns out to have been
   * told to stop, in which case nothing of the first answer was written.
   */
  ending(result: ProcessResult, how: ProcessEnding): readonly Write[];
  /** Hears that the end is durable. Must not throw. */
  ended?(): void;
}

export class RunningProcess {
  /** Resolves when this host has nothing more to do with it. Rejects for a bug only. */
  readonly over: Promise<void>;
  readonly #parts: ProcessParts;
  readonly #processId: ProcessId;
  readonly #proof: LeaseProof;
  readonly #work: ProcessWork;
  readonly #shown = new ProgressBuffer(PROGRESS_BYTES_MAX);
  readonly #stop = new AbortController();
  readonly #startedAtMs: number;
  /** Resolves when work that was told to stop has had its time to obey. */
  readonly #gaveUp: Promise<void>;
  #giveUp = (): void => undefined;
  #reason: string | undefined;
  #isFenced = false;
  #isOver = false;
  #cancelBeat = (): void => undefined;
  #cancelExpiry = (): void => undefined;
  #cancelObey = (): void => undefined;
  #endPause = (): void => undefined;

  constructor(parts: ProcessParts, processId: ProcessId, proof: LeaseProof, work: ProcessWork) {
    this.#parts = parts;
    this.#processId = processId;
    this.#proof = proof;
    this.#work = work;
    this.#startedAtMs = parts.clock.nowMs();
    this.#gaveUp = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
    this.#expireLater();
    this.#beatLater();
    this.over = this.#carryOut();
  }

  shown(): ProgressTail {
    return this.#shown.tail();
  }

  /** The first reason stands. */
  stop(reason: string): void {
    this.#reason ??= reason;
    this.#abort();
  }

  /** Has nothing more to do with it: the lease runs out. */
  drop(): void {
    this.#fence();
    this.#giveUp();
    this.#close();
  }

  async #carryOut(): Promise<void> {
    try {
      const result = await this.#execute();
      await this.#settle(result);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#report('The end of a process could not be written; its lease runs out', error);
    } finally {
      this.#close();
    }
  }

  async #execute(): Promise<ProcessResult> {
    const { signal } = this.#stop;
    const progress = (text: string): void => this.#shown.add(text);
    const working = Promise.resolve()
      .then(() => this.#work.execute({ signal, progress }))
      .catch((error: unknown) => {
        if (error instanceof InvariantError) throw error;
        this.#report('A process ended by an error that its work did not expect', error);
        return failed('threw', FAILURES.capability_failed.message);
      });
    const given = this.#gaveUp.then(() => failed('cancelled', FAILURES.cancelled.message));
    return Promise.race([working, given]);
  }

  /**
   * The result is known here and nowhere else, so it is written again when the store is in trouble, as long as the lease
   * holds. The unit may have happened although its answer was lost: the second one then finds the process over.
   */
  async #settle(result: ProcessResult): Promise<void> {
    let unit = this.#unitOf(result);
    let pauseMs = SETTLE_PAUSE_MS;
    for (let tries = 1; tries <= PROCESS_SETTLE_ATTEMPTS_MAX && !this.#isFenced; tries += 1) {
      try {
        const outcome = await this.#parts.store.commit(unit);
        if (outcome.kind === 'committed' || (tries > 1 && isEnded(outcome))) return this.#work.ended?.();
        const reason = cancelReasonOf(outcome);
        if (reason === undefined) break;
        this.#reason = reason;
        unit = this.#unitOf(result);
      } catch (error) {
        if (!isUnavailable(error) || tries === PROCESS_SETTLE_ATTEMPTS_MAX) throw error;
        await this.#pause(pauseMs);
        pauseMs *= 2;
      }
    }
    this.#report('A process was lost to this host before it ended; what came of it is not written');
  }

  /** Giving the lease back proves that it was held until now. */
  #unitOf(result: ProcessResult): readonly Write[] {
    const reason = this.#reason;
    const status = reason === undefined ? result.kind : 'cancelled';
    const durationMs = Math.max(0, this.#parts.clock.nowMs() - this.#startedAtMs);
    const how: ProcessEnding = { status, durationMs, ...(reason === undefined ? {} : { reason }) };
    const id = this.#processId;
    return [
      ...(reason === undefined ? [] : [requestWorkCancel(id, reason)]),
      endWork(id, status, toStoredResult(result, this.#shown.tail())),
      ...this.#work.ending(result, how),
      releaseLease(this.#proof),
    ];
  }

  async #beat(): Promise<void> {
    const { store, leaseMs } = this.#parts;
    try {
      const outcome = await store.commit([renewLease(this.#proof, leaseMs), checkWorkRunning(this.#processId)]);
      if (this.#isOver) return;
      // Over by an end whose answer is still to come, or was lost: nothing more to hold.
      if (outcome.kind === 'conflict') return isEnded(outcome) ? undefined : this.#fence();
      this.#expireLater();
      const requested = cancelRequestIn(outcome.receipts[1]?.kind === 'record' ? outcome.receipts[1].row : undefined);
      if (requested !== undefined) this.stop(requested);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      // The store is in trouble: the next beat tries again, until the lease has run out.
    }
    this.#beatLater();
  }

  #beatLater(): void {
    if (this.#isOver || this.#isFenced) return;
    const delayMs = Math.floor(this.#parts.leaseMs / PROCESS_HEARTBEATS_PER_LEASE);
    this.#cancelBeat = this.#parts.timers.schedule(delayMs, () => void this.#beat());
  }

  /** Whatever the store says later: without a heartbeat for this long the process is somebody else's to judge. */
  #expireLater(): void {
    this.#cancelExpiry();
    this.#cancelExpiry = this.#parts.timers.schedule(this.#parts.leaseMs, () => this.#fence());
  }

  #fence(): void {
    this.#isFenced = true;
    this.#abort();
    this.#endPause();
  }

  #abort(): void {
    if (this.#isOver || this.#stop.signal.aborted) return;
    this.#cancelObey = this.#parts.timers.schedule(PROCESS_OBEY_MS, () => this.#giveUp());
    this.#stop.abort();
  }

  #close(): void {
    this.#isOver = true;
    this.#cancelBeat();
    this.#cancelExpiry();
    this.#cancelObey();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.timers.schedule(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #report(message: string, error?: unknown): void {
    const code = isFault(error) ? { code: error.code } : {};
    this.#parts.diagnostics?.report(message, { processId: this.#processId, ...code });
  }
}

function failed(errorKind: string, message: string): ProcessResult {
  return { kind: 'failed', errorKind, message, effect: 'uncertain' };
}

function isUnavailable(error: unknown): boolean {
  return isFault(error) && error.code === 'host-api/store_unavailable';
}

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

/** True when this host has ended the process already: somebody else could only have given it up. */
function isEnded({ machine, row }: Conflict): boolean {
  const status = machine === workItemMachine.name ? row?.['status'] : undefined;
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function cancelReasonOf({ machine, reason, row }: Conflict): string | undefined {
  return machine === workItemMachine.name && reason === 'cancel_requested' ? cancelRequestIn(row) : undefined;
}

function cancelRequestIn(row: JsonObject | undefined): string | undefined {
  return row === undefined ? undefined : workItemMachine.parseRow(row).cancelRequested?.reason;
}
