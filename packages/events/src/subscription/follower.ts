/**
 * The follower behind `Consumer`: it looks, takes the lease, delivers, gives the lease back, and waits for more.
 *
 * Not here: one delivery (`delivery.ts`), the record of where it stands (`subscription.ts`).
 */
import {
  boundedLine,
  getRecord,
  InvariantError,
  isFault,
  releaseLease,
  SCOPE_ID_BYTES_MAX,
  type JsonObject,
  type StreamPage,
  type StreamRecord,
  type Write,
} from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import { CONSUMER_BATCH, CONSUMER_SKIPPED_MAX, DELIVERY_BACKOFF_MS, DELIVERY_BACKOFF_MS_MAX } from '../limits.ts';
import type { Consumer, ConsumerOptions, ConsumerStep } from './consumer.ts';
import { backoffMs, deliver, failAbandoned, type HeldSubscription } from './delivery.ts';
import { subscriptionKey } from './subscription-key.ts';
import {
  acknowledge,
  isRegistered,
  learnGap,
  missRecords,
  openSubscription,
  subscriptionMachine,
  type SubscriptionGap,
  type SubscriptionRow,
} from './subscription.ts';
import { takeSubscription, type TakenSubscription } from './take-subscription.ts';
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
      if (step === 'caught_up' || step === 'gapped' || step === 'terminated') return step;
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
    const { store, stream, filter } = this.#options;
    const { signal } = this.#stopping;
    const change = waitForChange(store, filter?.kinds === undefined ? stream : { ...stream, kinds: filter.kinds });
    let troubles = 0;
    try {
      while (!signal.aborted) {
        // Taken before the look: a commit between the look and the wait is not lost.
        const seen = change.mark();
        const step = await this.#step().catch((error: unknown) => this.#reportTrouble(error));
        troubles = step === 'trouble' ? troubles + 1 : 0;
        if (step === 'terminated') return;
        if (step === 'worked' || step === 'gapped') continue;
        if (step === 'caught_up') await change.since(seen, signal);
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
    if (row?.gap !== undefined) return this.#learn(row.gap);
    const after = Math.max(row?.cursor ?? 0, this.#reached);
    const page = await this.#look(after);
    this.#startHead ??= page.head;
    const isOpen = row !== undefined && isRegistered(row, this.#options.filter);
    if (!isOpen) return this.#open(page);
    if (after < page.earliest - 1) return this.#miss(row, page.earliest - 1);
    this.#reached = after;
    const full = page.records.length === CONSUMER_BATCH || page.brokenOff === true;
    const seenTo = Math.max(after, full ? (page.records.at(-1)?.cursor ?? after) : page.head);
    const records = page.records.filter((record) => this.#options.admits?.(record) !== false);
    if (records.length === 0) return this.#passBy(row, seenTo, full);
    if (this.#isWaiting(row)) return 'waiting';
    const taken = await takeSubscription(this.#options, this.#key);
    return taken === undefined ? 'held' : this.#work(taken, records, seenTo);
  }

  /** Also says what the follower takes, where an earlier version or an earlier filter said something else. */
  async #open({ head, earliest }: StreamPage): Promise<ConsumerStep> {
    const { store, from, filter } = this.#options;
    await store.commit([openSubscription(this.#options, from === 'head' ? head : earliest - 1, filter)]);
    return 'worked';
  }

  /** A refusal means that the cursor was moved meanwhile, by another follower or past records that are not for it. */
  async #miss(row: SubscriptionRow, through: number): Promise<ConsumerStep> {
    await this.#options.store.commit([missRecords(this.#key, row.cursor, through)]);
    return 'worked';
  }

  async #learn(gap: SubscriptionGap): Promise<ConsumerStep> {
    const { store, name, diagnostics } = this.#options;
    diagnostics?.report('Records were cut off before a follower had seen them', { subscription: name, ...gap });
    const learned = learnGap(this.#key, gap);
    const outcome = await store.commit([learned, ...this.#gapWrites(gap)]);
    if (outcome.kind === 'committed') return 'gapped';
    if (outcome.at === 0) return 'worked';
    const alone = await store.commit([learned]);
    return alone.kind === 'committed' ? 'gapped' : 'worked';
  }

  /** Whoever writes about gaps must not keep one from being learned of. */
  #gapWrites(gap: SubscriptionGap): readonly Write[] {
    const { onGap, diagnostics, name } = this.#options;
    try {
      return [...(onGap?.(gap) ?? [])];
    } catch {
      diagnostics?.report('A follower could not describe a gap', { subscription: name });
      return [];
    }
  }

  async #work(taken: TakenSubscription, records: readonly StreamRecord[], seenTo: number): Promise<ConsumerStep> {
    const { lease } = taken;
    const held = { options: this.#options, key: this.#key, lease, stopping: this.#stopping.signal };
    try {
      const step = await this.#deliverAll(held, records, taken.abandonedAtMs);
      if (step === 'worked') this.#reached = Math.max(this.#reached, seenTo);
      return step;
    } finally {
      // Best effort: what is not given back runs out.
      await this.#options.store.commit([releaseLease(lease)]).catch(() => undefined);
    }
  }

  async #deliverAll(
    held: HeldSubscription,
    records: readonly StreamRecord[],
    abandonedAtMs: number | undefined,
  ): Promise<ConsumerStep> {
    let suspectedAtMs = abandonedAtMs;
    for (const record of records) {
      // Read again under the lease: another follower may have worked in between, and somebody may have ended it.
      let row = await this.#row();
      if (row === undefined || row.status === 'terminated') return 'terminated';
      if (row.status === 'gapped') return 'worked';
      if (record.cursor <= row.cursor) continue;
      if (this.#isWaiting(row)) return 'waiting';
      const next = { record, isReplay: record.cursor <= (this.#startHead ?? 0) };
      // What came later than the lease that ran out cannot have been in the hands of its holder.
      const suspected = suspectedAtMs !== undefined && record.atMs <= suspectedAtMs;
      suspectedAtMs = undefined;
      let outcome = suspected ? await failAbandoned(held, row, next) : undefined;
      if (outcome === 'failed') row = await this.#row();
      if (row === undefined || row.status === 'terminated') return 'terminated';
      if (outcome !== 'passed' && outcome !== 'lost') outcome = await deliver(held, row, next);
      if (outcome === 'lost') return 'held';
      if (outcome !== 'passed') return this.#pausedAfter(outcome);
      this.#reached = Math.max(this.#reached, record.cursor);
    }
    return 'worked';
  }

  async #pausedAfter(outcome: 'failed' | 'interrupted'): Promise<ConsumerStep> {
    if (outcome === 'failed') this.#retryAtMs = (await this.#row())?.retryAtMs ?? 0;
    return 'waiting';
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
    const lease = (await takeSubscription(this.#options, this.#key))?.lease;
    if (lease === undefined) return;
    // A conflict means that another follower has moved the cursor: then there is nothing to say.
    const outcome = await store.commit([acknowledge(this.#key, from, to), releaseLease(lease)]);
    if (outcome.kind === 'conflict') await store.commit([releaseLease(lease)]);
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
