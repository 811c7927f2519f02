import { createInMemoryStore, type CommitOutcome, type DurableStore, type WriteReceipt } from '@reborn/host-api';
import { durableStoreContract, wrapStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';

describe('The in-memory store', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});

/** Stores that break one promise each: what the contract is worth. */
const liars: Readonly<Record<string, (store: DurableStore) => Partial<DurableStore>>> = {
  'writes one by one': (store) => ({ commit: (writes) => oneByOne(store, writes) }),
  'forgets why a unit was refused': (store) => ({
    commit: async (writes) => {
      const outcome = await store.commit(writes);
      return outcome.kind === 'conflict' ? { ...outcome, row: undefined } : outcome;
    },
  }),
  'reads forwards only': (store) => ({ readStream: (request) => store.readStream({ ...request, order: 'oldest' }) }),
  'ignores filters': (store) => ({ readStream: (request) => store.readStream({ ...request, filter: {} }) }),
  'lists everybody’s records': (store) => ({ list: (machine, { limit }) => store.list(machine, { limit }) }),
  'lists forwards only': (store) => ({
    list: (machine, request) => store.list(machine, { ...request, order: 'oldest' }),
  }),
  'bends bad limits': (store) => ({
    readStream: (request) => store.readStream({ ...request, limit: Math.min(1000, Math.max(1, request.limit)) }),
  }),
  'never closes': () => ({ close: async () => undefined }),
  'keeps calling': (store) => ({
    onCommit: (listener) => {
      store.onCommit(listener);
      return () => undefined;
    },
  }),
};

describe('The contract', () => {
  test.each(Object.entries(liars))('catches a store that %s', async (_name, lie) => {
    const broken: string[] = [];
    for (const { name, run } of durableStoreContract) {
      const open = async (...opening: Parameters<typeof createInMemoryStore>) =>
        disguise(createInMemoryStore(...opening), lie);
      await run({ open }).catch(() => broken.push(name));
    }
    expect(broken).not.toEqual([]);
  });
});

async function oneByOne(store: DurableStore, writes: Parameters<DurableStore['commit']>[0]): Promise<CommitOutcome> {
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of writes.entries()) {
    const outcome = await store.commit([write]);
    if (outcome.kind === 'conflict') return { ...outcome, at };
    receipts.push(...outcome.receipts);
  }
  return { kind: 'committed', receipts };
}

function disguise(store: DurableStore, lie: (store: DurableStore) => Partial<DurableStore>): DurableStore {
  return wrapStore(store, lie(store));
}
