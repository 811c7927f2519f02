/**
 * Where streams stood after the last batch. It is never believed: what is written on its word is checked by the write.
 *
 * Not here: who forgets when (`writer.ts`).
 */
import type { StreamState } from '@reborn/host-api';
import { HEADS_MAX } from './limits.ts';

/** A stream at a version. Version 0: it was not begun. */
export interface KnownStream {
  readonly version: number;
  readonly state: StreamState | undefined;
}

export class HeadMemory {
  readonly #known = new Map<string, KnownStream>();

  get(name: string): KnownStream | undefined {
    return this.#known.get(name);
  }

  /** Whoever was not heard of for the longest goes first. */
  set(name: string, known: KnownStream): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size <= HEADS_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  clear(): void {
    this.#known.clear();
  }
}
