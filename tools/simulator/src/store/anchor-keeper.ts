/**
 * The head anchor: which record was acknowledged last, written beside the log now and then.
 *
 * Not here: comparing the log with it (`simulated-disk.ts`).
 */
import type { HeadAnchor } from '@reborn/host-api';
import type { StoreEnvironment } from './environment.ts';
import type { SharedMemory } from './simulated-disk.ts';

/** It is written at most this often. Units: milliseconds. */
const ANCHOR_MS = 1_000;

export class AnchorKeeper {
  readonly #environment: StoreEnvironment;
  readonly #shared: SharedMemory;
  #newest: HeadAnchor | undefined;
  #dueMs = 0;

  constructor(environment: StoreEnvironment, shared: SharedMemory) {
    this.#environment = environment;
    this.#shared = shared;
  }

  /** `newest` is durable now; what is written down follows a little later. */
  keep(newest: HeadAnchor | undefined): void {
    const { scheduler, owner } = this.#environment;
    if (this.#isDue(newest)) scheduler.hold(owner, 'anchor', 1, () => this.write());
  }

  /** What a store without discipline does: it writes down what is not durable yet. */
  keepAtOnce(newest: HeadAnchor | undefined): void {
    if (this.#isDue(newest)) this.write(1);
  }

  /** `ahead`: how much further than the log of now the anchor is said to be. */
  write(ahead = 0): void {
    const { disk, on } = this.#environment;
    const position = this.#shared.texts.length + ahead;
    if (this.#newest === undefined || (disk.readAnchor()?.position ?? 0) >= position) return;
    disk.writeAnchor({ position, anchor: this.#newest });
    disk.anchor.sync();
    on('anchor_written');
  }

  #isDue(newest: HeadAnchor | undefined): boolean {
    const nowMs = this.#environment.scheduler.nowMs();
    this.#newest = newest ?? this.#newest;
    if (this.#newest === undefined || nowMs < this.#dueMs) return false;
    this.#dueMs = nowMs + ANCHOR_MS;
    return true;
  }
}
