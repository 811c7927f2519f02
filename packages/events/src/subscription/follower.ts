/**
 * The follower behind `Consumer`: it looks, takes the lease, delivers, gives the lease back, and waits for more.
 *
 * Not here: one delivery (`delivery.ts`), the record of where it stands (`subscription.ts`).
 */
import {
  acquireLease,
  boundedLine,
  getRecord,
  InvariantError,
  isFault,
  leaseMachine,
  releaseLease,
  SCOPE_ID_BYTES_MAX,
  type JsonObject,
  type LeaseProof,
  type StreamPage,
  type StreamRecord,
} from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import {
  CONSUMER_BATCH,
  CONSUMER_SKIPPED_MAX,
  DELIVERY_BACKOFF_MS,
  DELIVERY_BACKOFF_MS_MAX,
  SAFETY_NET_MS,
} from '../limits.ts';
import { subscriptionKey, type Consumer, type ConsumerOptions, type ConsumerStep } from './consumer.ts';
import { backoffMs, deliver, leaseMsOf, type HeldSubscription } from './delivery.ts';
import { acknowledge, openSubscription, subscriptionMachine, type SubscriptionRow } from './subscription.ts';
import { pause, waitForChange } from './wait-for-change.ts';

/** Errors: `events/invalid_request` for a name or a holder that is not one line of at most 256 bytes. */
export function createConsumer(options: ConsumerOptions): Consumer {
  checkName('name', options.name);
  checkName('holder', options.holder);
  const follower = new Follower(options);
  return {
    drain: (deadlineMs) => follower.drain(deadlineMs),
    start: () => follower.start(),
    stop: () => follower.stop(),
  };
}

class Follower {
  readonly #options: ConsumerOptions;
  readonly #key: string;
  readonly #stopping = new AbortController();
  /** The head of the first look: what lies up to it is replay. */
  #startHead: number | undefined;
  /** Up to here everything is acknowledged, or was looked at and passed by. */
  #reached = 0;
  #retryAtMs = 0;
  #busy: Promise<ConsumerStep> | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#key = subscriptionKey(options.stream, options.name);
  }

  async drain(deadlineMs: number): Promise<ConsumerStep> {
    const { clock, store, stream } = this.#options;
    const until = clock.nowMs() + deadlineMs;
    const { head } = await store.readStream({ stream, after: 0, limit: 1 });
    for (;;) {
      if (this.#stopping.signal.aborted) return 'waiting';
      const step = await this.#stepWithin(until - clock.nowMs());
      if (step === 'caught_up' || step === 'terminated') return step;
      if (step === 'worked' && this.#reached >= head) return 'caught_up';
      const left = until - clock.nowMs();
      if (left <= 0) return step;
      if (step !== 'worked') await this.#pause(Math.min(this.#waitMs(step), left));
    }
  }

  start(): void {
    this.#loop ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#busy?.catch(() => undefined);
  }

  async #follow(): Promise<void> {
    const { store, timers } = this.#options;
    const { signal } = this.#stopping;
    const change = waitForChange(store);
    let troubles = 0;
    try {
      while (!signal.aborted) {
        // Taken before the look: a commit between the look and the wait is not lost.
        const seen = change.mark();
        const step = await this.#step().catch((error: unknown) => this.#reportTrouble(error));
        troubles = step === 'trouble' ? troubles + 1 : 0;
        if (step === 'terminated') return;
        if (step === 'worked') continue;
        if (step === 'caught_up') await change.since(seen, signal, { timers, ms: SAFETY_NET_MS });
        else await this.#pause(step === 'trouble' ? backoffMs(troubles) : this.#waitMs(step));
      }
    } finally {
      change.stop();
    }
  }

  /** A store in trouble says so to its own callers; a follower only tries again later. A bug is nobody's trouble. */
  #reportTrouble(error: unknown): 'trouble' {
    if (error instanceof InvariantError) throw error;
    const facts: JsonObject = { subscription: this.#options.name, code: isFault(error) ? error.code : 'unknown' };
    this.#options.diagnostics?.report('A follower could not work and tries again', facts);
    return 'trouble';
  }

  /** One batch at a time, whoever asks. */
  #step(): Promise<ConsumerStep> {
    this.#busy ??= this.#batch().finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  /** `waiting` when the time is over first; the batch then goes on by itself, and `stop` waits for it. */
  async #stepWithin(ms: number): Promise<ConsumerStep> {
    const over = new AbortController();
    const late = this.#pause(Math.max(0, ms), over.signal).then((): ConsumerStep => 'waiting');
    const step = this.#step();
    // Whoever waited no longer does not hear of a failure; the follower meets the same one again.
    step.catch(() => undefined);
    try {
      return await Promise.race([step, late]);
    } finally {
      over.abort();
    }
  }

  async #batch(): Promise<ConsumerStep> {
    const row = await this.#row();
    if (row?.status === 'terminated') return 'terminated';
    const after = Math.max(row?.cursor ?? 0, this.#reached);
    const page = await this.#look(after);
    this.#startHead ??= page.head;
    if (row === undefined) return this.#open(page.head);
    this.#reached = after;
    const full = page.records.length === CONSUMER_BATCH;
    const seenTo = Math.max(after, full ? (page.records.at(-1)?.cursor ?? after) : page.head);
    const records = page.records.filter((record) => this.#options.admits?.(record) !== false);
    if (records.length === 0) return this.#passBy(row, seenTo, full);
    if (this.#isWaiting(row)) return 'waiting';
    const lease = await this.#acquire();
    return lease === undefined ? 'held' : this.#work(lease, records, seenTo);
  }

  async #open(head: number): Promise<ConsumerStep> {
    const { store, from } = this.#options;
    await store.commit([openSubscription(this.#key, from === 'head' ? head : 0)]);
    return 'worked';
  }

  async #work(lease: LeaseProof, records: readonly StreamRecord[], seenTo: number): Promise<ConsumerStep> {
    const held = { options: this.#options, key: this.#key, lease, stopping: this.#stopping.signal };
    try {
      const step = await this.#deliverAll(held, records);
      if (step === 'worked') this.#reached = Math.max(this.#reached, seenTo);
      return step;
    } finally {
      // Best effort: what is not given back runs out.
      await this.#options.store.commit([releaseLease(lease)]).catch(() => undefined);
    }
  }

  async #deliverAll(held: HeldSubscription, records: readonly StreamRecord[]): Promise<ConsumerStep> {
    for (const record of records) {
      // Read again under the lease: another follower may have worked in between, and somebody may have ended it.
      const row = await this.#row();
      if (row === undefined || row.status === 'terminated') return 'terminated';
      if (record.cursor <= row.cursor) continue;
      if (this.#isWaiting(row)) return 'waiting';
      const isReplay = record.cursor <= (this.#startHead ?? 0);
      switch (await deliver(held, row, { record, isReplay })) {
        case 'passed':
          this.#reached = Math.max(this.#reached, record.cursor);
          break;
        case 'failed':
          this.#retryAtMs = this.#options.clock.nowMs() + backoffMs(row.attempt + 1);
          return 'waiting';
        case 'interrupted':
          return 'waiting';
        case 'lost':
          return 'held';
      }
    }
    return 'worked';
  }

  /** Nothing up to `seenTo` is for this follower. Said durably now and then, so that a restart need not look again. */
  async #passBy(row: SubscriptionRow, seenTo: number, full: boolean): Promise<ConsumerStep> {
    this.#reached = seenTo;
    // While an entry waits for its next attempt, moving the cursor would forget how often it was tried.
    const mayMove = row.attempt === 0 || !full;
    if (mayMove && seenTo - row.cursor >= CONSUMER_SKIPPED_MAX) await this.#acknowledgePassed(row.cursor, seenTo);
    return full ? 'worked' : 'caught_up';
  }

  async #acknowledgePassed(from: number, to: number): Promise<void> {
    const { store } = this.#options;
    const lease = await this.#acquire();
    if (lease === undefined) return;
    // A conflict means that another follower has moved the cursor: then there is nothing to say.
    const outcome = await store.commit([acknowledge(this.#key, from, to), releaseLease(lease)]);
    if (outcome.kind === 'conflict') await store.commit([releaseLease(lease)]);
  }

  async #acquire(): Promise<LeaseProof | undefined> {
    const { store, holder } = this.#options;
    const key = `lease:${this.#key}`;
    const taken = await store.commit([acquireLease(key, holder, leaseMsOf(this.#options))]);
    if (taken.kind === 'conflict') return undefined;
    const [receipt] = taken.receipts;
    const { fence } = leaseMachine.row.parse(receipt?.kind === 'record' ? receipt.row : undefined);
    return { key, holder, fence };
  }

  #row(): Promise<SubscriptionRow | undefined> {
    return getRecord(this.#options.store, subscriptionMachine, this.#key);
  }

  #look(after: number): Promise<StreamPage> {
    const { store, stream, filter } = this.#options;
    return store.readStream({ stream, after, limit: CONSUMER_BATCH, ...(filter === undefined ? {} : { filter }) });
  }

  #isWaiting(row: SubscriptionRow): boolean {
    this.#retryAtMs = row.retryAtMs;
    const left = row.retryAtMs - this.#options.clock.nowMs();
    // More than the longest pause can only be a clock that was set back.
    return row.attempt > 0 && left > 0 && left <= DELIVERY_BACKOFF_MS_MAX;
  }

  /** Commits do not shorten these: neither a retry nor another holder's lease comes sooner by looking again. */
  #waitMs(step: 'held' | 'waiting'): number {
    if (step === 'held') return DELIVERY_BACKOFF_MS;
    return Math.max(1, this.#retryAtMs - this.#options.clock.nowMs());
  }

  #pause(ms: number, signal: AbortSignal = this.#stopping.signal): Promise<void> {
    return pause({ timers: this.#options.timers, ms }, signal);
  }
}

function checkName(field: string, name: string): void {
  if (boundedLine(SCOPE_ID_BYTES_MAX).safeParse(name).success) return;
  const rule = `must be one line of at most ${SCOPE_ID_BYTES_MAX} bytes`;
  throw new EventsError('events/invalid_request', { detail: { field, rule } });
}
