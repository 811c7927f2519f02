/**
 * Telling listeners to look again: at once after commits of this store, soon after those of others.
 *
 * Not here: what there is to see (readers keep their own cursors).
 */
import type { StoreOpening } from '@reborn/host-api';

export interface WakeOptions {
  readonly timers: StoreOpening['timers'];
  readonly everyMs: number;
  /** A number that changes when somebody else commits. `undefined`: cannot be told just now. */
  readonly foreignVersion: () => unknown;
}

export class Wake {
  readonly #options: WakeOptions;
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #seen: unknown;
  #cancel: (() => void) | undefined;

  constructor(options: WakeOptions) {
    this.#options = options;
  }

  add(listener: () => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    if (this.#cancel === undefined) {
      this.#seen = this.#options.foreignVersion();
      this.#lookLater();
    }
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Listeners run after whatever runs now, and a disposed one does not run. */
  notify(): void {
    for (const entry of this.#listeners) queueMicrotask(() => this.#listeners.has(entry) && entry.call());
  }

  close(): void {
    this.#listeners.clear();
    this.#rest();
  }

  #lookLater(): void {
    this.#cancel = this.#options.timers.schedule(this.#options.everyMs, () => {
      const version = this.#options.foreignVersion();
      if (version !== undefined && version !== this.#seen) {
        this.#seen = version;
        this.notify();
      }
      this.#lookLater();
    });
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
