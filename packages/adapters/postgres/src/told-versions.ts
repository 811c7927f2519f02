/**
 * Which versions of which streams the listeners of this host have been told of, so that the safety net finds only what
 * was missed, on a host that writes all day too.
 *
 * Not here: telling (`CommitListeners`), looking (`safety-net.ts`).
 */
import type { StreamChange } from '@reborn/host-api';
import { HEADS_MAX, VERSIONS_AHEAD_MAX } from './limits.ts';

/** A change that has brought its stream to these versions. */
export interface TouchedStream extends StreamChange {
  readonly versions: readonly number[];
}

interface Told {
  /** Everything up to here. */
  through: number;
  /** Single ones beyond: commits of several hosts are not heard of in the order of their versions. */
  readonly ahead: Set<number>;
}

export class ToldVersions {
  readonly #streams = new Map<string, Told>();

  add(stream: string, versions: readonly number[]): void {
    const told = this.#streams.get(stream) ?? { through: 0, ahead: new Set() };
    for (const version of versions) if (version > told.through) told.ahead.add(version);
    while (told.ahead.delete(told.through + 1)) told.through += 1;
    if (told.ahead.size > VERSIONS_AHEAD_MAX) told.ahead.clear();
    this.#set(stream, told);
  }

  /** Whether a version that was found says more than what was told. From now on it counts as told. */
  misses(stream: string, version: number): boolean {
    const through = this.#streams.get(stream)?.through ?? 0;
    if (through >= version) return false;
    this.#set(stream, { through: version, ahead: new Set() });
    return true;
  }

  #set(stream: string, told: Told): void {
    this.#streams.delete(stream);
    this.#streams.set(stream, told);
    if (this.#streams.size <= HEADS_MAX) return;
    for (const oldest of this.#streams.keys()) {
      this.#streams.delete(oldest);
      return;
    }
  }
}
