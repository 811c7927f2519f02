/**
 * A store with some of its functions in other hands: for doubles that watch or lie.
 *
 * Not here: one that fails (`faulty-store.ts`), one that remembers (`recording-store.ts`), one of its own
 * (`createInMemoryStore`).
 */
import type { DurableStore } from '../durable/unit-of-work.ts';

/** The calls that ask something of a store and wait for the answer. Closing is none: it always gets through. */
export type StoreCall = 'commit' | 'get' | 'list' | 'readStream' | 'readRaw' | 'listStreams' | 'anchor';

/** Stands around a call: it makes the call by `work`, or does not. */
export type AroundCall = <T>(on: StoreCall, args: readonly unknown[], work: () => Promise<T>) => Promise<T>;

/** Whatever is not overridden goes to `store`. */
export function wrapStore(store: DurableStore, overrides: Partial<DurableStore>): DurableStore {
  return {
    durability: store.durability,
    commit: (writes) => store.commit(writes),
    get: (machine, key) => store.get(machine, key),
    list: (machine, request) => store.list(machine, request),
    readStream: (request) => store.readStream(request),
    readRaw: (request) => store.readRaw(request),
    listStreams: (request) => store.listStreams(request),
    onCommit: (listener, interest) => store.onCommit(listener, interest),
    anchor: () => store.anchor(),
    close: () => store.close(),
    ...overrides,
  };
}

/** A store that has room for no more than so many records in a page, as if they were large ones. */
export function withShortPages(store: DurableStore, recordsMax: number): DurableStore {
  return wrapStore(store, {
    readStream: async (request) => {
      const limit = Math.min(request.limit, recordsMax);
      const page = await store.readStream({ ...request, limit });
      return limit < request.limit && page.records.length === limit ? { ...page, brokenOff: true } : page;
    },
    readRaw: (request) => store.readRaw({ ...request, limit: Math.min(request.limit, recordsMax) }),
  });
}

/** Every call goes through `around`; listening and closing go to `store`. */
export function wrapCalls(store: DurableStore, around: AroundCall): DurableStore {
  return wrapStore(store, {
    commit: (writes) => around('commit', [writes], () => store.commit(writes)),
    get: (machine, key) => around('get', [machine, key], () => store.get(machine, key)),
    list: (machine, request) => around('list', [machine, request], () => store.list(machine, request)),
    readStream: (request) => around('readStream', [request], () => store.readStream(request)),
    readRaw: (request) => around('readRaw', [request], () => store.readRaw(request)),
    listStreams: (request) => around('listStreams', [request], () => store.listStreams(request)),
    anchor: () => around('anchor', [], () => store.anchor()),
  });
}
