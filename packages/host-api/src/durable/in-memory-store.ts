/**
 * The durable store without durability: the semantics of the real ones, kept in memory. For tests and for trying things.
 *
 * Not here: what a store promises (`unit-of-work.ts`, `stream.ts`), what it holds and decides (`in-memory-tables.ts`).
 */
import { HostApiError } from '../errors.ts';
import { portableDigest } from '../portable-digest.ts';
import { CommitListeners } from './commit-listeners.ts';
import { InMemoryTables } from './in-memory-tables.ts';
import { indexMachines, parseUnit } from './parse-unit.ts';
import type { DurableStore, StoreDurability, StoreOpening } from './unit-of-work.ts';

const encoder = new TextEncoder();

/** What the store promises, before one is opened. */
export const IN_MEMORY_DURABILITY: StoreDurability = Object.freeze({
  backend: 'memory',
  survives: 'nothing',
  shared: 'process',
  anchored: false,
});

/** Opens an empty store. */
export function createInMemoryStore({ machines, clock }: StoreOpening): DurableStore {
  const known = indexMachines(machines);
  const tables = new InMemoryTables(known, (text) => portableDigest.sha256Hex(encoder.encode(text)));
  const listeners = new CommitListeners();
  let isClosed = false;
  /** Nothing is awaited in here: a unit begins and ends, or is taken back, within one turn of the event loop. */
  const open = (): InMemoryTables => {
    if (isClosed) throw new HostApiError('host-api/store_closed');
    return tables;
  };
  return {
    durability: IN_MEMORY_DURABILITY,
    commit: async (writes) => {
      const { outcome, streams } = open().apply(parseUnit(writes, known), clock.nowMs());
      if (outcome.kind === 'committed') listeners.notify(streams);
      return outcome;
    },
    get: async (machine, key) => open().get(machine, key),
    list: async (machine, request) => open().list(machine, request),
    readStream: async (request) => open().readStream(request),
    readRaw: async (request) => open().readRaw(request),
    listStreams: async (request) => open().listStreams(request),
    onCommit: (listener, interest) => {
      open();
      return listeners.add(listener, interest);
    },
    anchor: async () => {
      open();
      return undefined;
    },
    close: async () => {
      isClosed = true;
      listeners.clear();
    },
  };
}
