/**
 * What waits for the reader of an event stream: a bounded queue between one that fills it and one that takes. It never
 * drops anything by itself; when nobody takes what waits, it says so once.
 *
 * Not here: what is put in, and what follows when nobody takes it (`stream-session.ts`).
 */
import type { Timers } from '@reborn/host-api';
import type { EventStreamItem } from './event-stream.ts';

export interface OutboxOptions {
  readonly size: number;
  readonly stallMs: number;
  readonly timers: Timers;
  /** Called once when something has waited that long and nobody was there to take it. */
  readonly onStall: () => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: EventStreamItem[] = [];
  readonly #changed = new Signal();
  #keepAliveDue = false;
  #ended = false;
  #closed = false;
  #last: EventStreamItem | undefined;
  #cancelStall: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Resolves when there is room, or never again will be. */
  async room(): Promise<void> {
    while (!this.#ended && this.#queue.length >= this.#options.size) await this.#changed.next();
  }

  /** Invariant: called behind `room`, by one caller. Behind the end it does nothing. */
  put(item: EventStreamItem): void {
    if (this.#ended) return;
    this.#queue.push(item);
    this.#keepAliveDue = false;
    this.#change();
  }

  /** Whoever finds something else waiting needs no sign of life. */
  keepAlive(): void {
    if (this.#ended || this.#queue.length > 0) return;
    this.#keepAliveDue = true;
    this.#change();
  }

  /** What waits is still given out, and then `last`; with `discard` nothing but `last`. Behind nothing at all: nothing. */
  end(last: EventStreamItem | undefined, discard: boolean): void {
    if (this.#closed || (this.#ended && !discard)) return;
    this.#ended = true;
    this.#closed = last === undefined;
    this.#keepAliveDue = false;
    this.#last = last;
    if (discard) this.#queue.length = 0;
    this.#change();
  }

  /** The next item, when there is one; `undefined` behind the last. Invariant: one taker at a time. */
  async take(): Promise<EventStreamItem | undefined> {
    for (;;) {
      const item = this.#pick();
      if (item !== undefined) {
        // A reader that takes is there: what still waits has its whole time again.
        this.#stopStall();
        this.#change();
      }
      if (item !== undefined || this.#ended) return item;
      await this.#changed.next();
    }
  }

  #pick(): EventStreamItem | undefined {
    const item = this.#queue.shift();
    if (item !== undefined) return item;
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) return last;
    const due = this.#keepAliveDue;
    this.#keepAliveDue = false;
    return due ? { kind: 'keep_alive' } : undefined;
  }

  #change(): void {
    this.#changed.notify();
    this.#watchStall();
  }

  #watchStall(): void {
    const waiting = this.#queue.length > 0 || this.#keepAliveDue;
    if (this.#ended || !waiting) return this.#stopStall();
    const { timers, stallMs, onStall } = this.#options;
    this.#cancelStall ??= timers.schedule(stallMs, onStall);
  }

  #stopStall(): void {
    this.#cancelStall?.();
    this.#cancelStall = undefined;
  }
}

/** Wakes everybody who waits. */
class Signal {
  readonly #waiting = new Set<() => void>();

  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.add(resolve));
  }

  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
