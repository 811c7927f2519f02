/**
 * Storage in memory that outlives its hosts, and can be taken away from them as a dead process takes it: for tests of
 * what happens after a restart.
 *
 * Not here: storage that survives the real thing (the storage adapters).
 */
import {
  createInMemoryStore,
  HostApiError,
  IN_MEMORY_DURABILITY,
  type DurableStore,
  type StoreOpening,
} from '@reborn/host-api';
import { wrapCalls } from '@reborn/host-api/testkit';
import type { HostStorage } from '../host-storage.ts';

/** The first host's clock decides for all: give them one platform. */
export interface KeptStorage extends HostStorage {
  /** From now on nothing that is open reads or writes any more, as if its process had died. What is kept stays. */
  kill(): void;
}

/** Every host that is created on it finds what the last one left. */
export function keptInMemory(): KeptStorage {
  let kept: DurableStore | undefined;
  let generation = 0;
  return {
    durability: IN_MEMORY_DURABILITY,
    open: (opening: StoreOpening) => {
      kept ??= createInMemoryStore(opening);
      const mine = generation;
      return Promise.resolve(handle(kept, () => mine === generation));
    },
    kill: () => void (generation += 1),
  };
}

function handle(store: DurableStore, isAlive: () => boolean): DurableStore {
  let closed = false;
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new HostApiError('host-api/store_closed');
    if (!isAlive()) throw new HostApiError('host-api/store_unavailable');
    return work();
  };
  const listening = new Set<() => void>();
  return {
    ...wrapCalls(store, (_on, _arguments, work) => live(work)),
    onCommit: (listener, interest) => {
      if (closed) throw new HostApiError('host-api/store_closed');
      const off = store.onCommit(() => void (isAlive() && listener()), interest);
      listening.add(off);
      return () => {
        listening.delete(off);
        off();
      };
    },
    close: async () => {
      closed = true;
      for (const off of listening) off();
      listening.clear();
    },
  };
}
