/**
 * A store with some of its functions in other hands: for doubles that fail, watch or lie.
 *
 * Not here: a store of one's own (`createInMemoryStore`).
 */
import type { DurableStore } from '../durable/unit-of-work.ts';

/** Whatever is not overridden goes to `store`. */
export function wrapStore(store: DurableStore, overrides: Partial<DurableStore>): DurableStore {
  return {
    durability: store.durability,
    commit: (writes) => store.commit(writes),
    get: (machine, key) => store.get(machine, key),
    list: (machine, request) => store.list(machine, request),
    readStream: (request) => store.readStream(request),
    onCommit: (listener) => store.onCommit(listener),
    close: () => store.close(),
    ...overrides,
  };
}
