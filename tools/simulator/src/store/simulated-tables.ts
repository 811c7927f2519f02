/**
 * The tables of a simulated store: those of memory, and the places where a store without discipline reads them wrongly.
 *
 * Not here: the log below them (`frame.ts`, `simulated-disk.ts`).
 */
import { createHash } from 'node:crypto';
import {
  InMemoryTables,
  streamName,
  type MachineIndex,
  type StreamKey,
  type StreamState,
  type TableChange,
} from '@reborn/host-api';
import type { StoreDiscipline } from './discipline.ts';

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export class SimulatedTables extends InMemoryTables {
  readonly #discipline: StoreDiscipline;
  #openedAt: ReadonlyMap<string, number> = new Map();
  #linkedFrom: Map<string, string> | undefined;

  constructor(machines: MachineIndex, discipline: StoreDiscipline, changes: readonly TableChange[] = []) {
    super(machines, sha256Hex);
    this.#discipline = discipline;
    this.replay(changes);
  }

  override stream(key: StreamKey): StreamState | undefined {
    const state = super.stream(key);
    if (state === undefined || this.#linkedFrom === undefined) return state;
    const headChain = this.#linkedFrom.get(streamName(key)) ?? state.headChain;
    this.#linkedFrom.set(streamName(key), headChain);
    return { ...state, headChain };
  }

  override cursorOf(key: StreamKey, eventId: string): number | undefined {
    const cursor = super.cursorOf(key, eventId);
    return cursor !== undefined && cursor <= (this.#openedAt.get(streamName(key)) ?? 0) ? undefined : cursor;
  }

  /** The store was opened with what is there now. */
  markOpened(): void {
    if (this.#discipline.eventIds === 'kept') return;
    const streams = this.listStreams({ limit: 1000 });
    this.#openedAt = new Map(streams.map(({ stream, head }) => [streamName(stream), head]));
  }

  markBatch(): void {
    if (this.#discipline.links === 'from_batch_start') this.#linkedFrom = new Map();
  }
}
