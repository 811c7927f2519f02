import { isFault, type DurableStore, type WriteReceipt } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import { readStoreImage } from '@reborn/simulator';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BACKENDS, MEMORY, openBackend } from './backends.ts';
import { logModel } from './log-model.ts';
import { followsModel, MODEL_RUNS, MODEL_TIMEOUT_MS, type OpenBackend } from './store-model.ts';
import { answerOf, STORE_OP_MACHINES, storeOp } from './store-op.ts';

const pauses = fc.constantFrom(0, 0, 0, 49, 50, 500);
const sequences = fc.array(fc.tuple(storeOp, pauses), { maxLength: 30, size: 'max' });
const machines = STORE_OP_MACHINES.map(({ name }) => name);

describe('Whatever is asked of them, in order', () => {
  test.each(BACKENDS.filter(({ name }) => name !== MEMORY.name))(
    'memory and $name answer the same',
    { timeout: MODEL_TIMEOUT_MS },
    async (backend) => {
      const memory = await openBackend(MEMORY, STORE_OP_MACHINES);
      const other = await openBackend(backend, STORE_OP_MACHINES);
      expect(await answerAlike(memory, other)).toBeGreaterThan(MODEL_RUNS / 4);
    },
  );

  test('a closed store answers the same', async () => {
    const codes = new Set<unknown>();
    for (const backend of BACKENDS) {
      const { store } = await openBackend(backend, STORE_OP_MACHINES);
      await store.close();
      await store.get('lease', 'a').catch((error: unknown) => codes.add(isFault(error) ? error.code : error));
    }
    expect([...codes]).toEqual(['host-api/store_closed']);
  });
});

/** Stores that break one promise each: what the models and the comparison are worth. */
const liars: Readonly<Record<string, (store: DurableStore) => Partial<DurableStore>>> = {
  'writes one by one': (store) => ({ commit: (writes) => oneByOne(store, writes) }),
  'ignores filters': (store) => ({ readStream: (request) => store.readStream({ ...request, filter: {} }) }),
  'reads forwards only': (store) => ({ readStream: (request) => store.readStream({ ...request, order: 'oldest' }) }),
  'keeps what was cut off': (store) => ({
    commit: async (writes) => {
      const kept = writes.map((write) => (write.kind === 'truncate' ? { ...write, through: 0 } : write));
      return store.commit(kept);
    },
  }),
};

describe.each(Object.entries(liars))('A store that %s', (_name, lie) => {
  const openLiar = async (given: typeof STORE_OP_MACHINES | typeof logModel.machines): Promise<OpenBackend> => {
    const opened = await openBackend(MEMORY, given);
    return { ...opened, store: wrapStore(opened.store, lie(opened.store)) };
  };

  test('is told apart from memory', async () => {
    const memory = await openBackend(MEMORY, STORE_OP_MACHINES);
    await expect(answerAlike(memory, await openLiar(STORE_OP_MACHINES))).rejects.toThrow(/^Property failed/);
  });

  test('does not do what the model does', async () => {
    await expect(followsModel(logModel, await openLiar(logModel.machines))).rejects.toThrow(/^Property failed/);
  });
});

/** Returns how many units were committed. */
async function answerAlike(left: OpenBackend, right: OpenBackend): Promise<number> {
  let committed = 0;
  const property = fc.asyncProperty(sequences, async (ops) => {
    for (const [op, ms] of ops) {
      const answers = [await answerOf(left.store, op), await answerOf(right.store, op)] as const;
      expect(answers[1]).toEqual(answers[0]);
      if (JSON.stringify(answers[0]).includes('"committed"')) committed += 1;
      left.advance(ms);
      right.advance(ms);
    }
    const [expected, found] = [await readStoreImage(left.store, machines), await readStoreImage(right.store, machines)];
    expect([found.streams, found.rows]).toEqual([expected.streams, expected.rows]);
  });
  // A smaller failing sequence would begin with what the larger ones have left in the stores.
  await fc.assert(property, { numRuns: MODEL_RUNS, endOnFailure: true });
  return committed;
}

async function oneByOne(store: DurableStore, writes: Parameters<DurableStore['commit']>[0]) {
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of writes.entries()) {
    const outcome = await store.commit([write]);
    if (outcome.kind === 'conflict') return { ...outcome, at };
    receipts.push(...outcome.receipts);
  }
  return { kind: 'committed', receipts } as const;
}
