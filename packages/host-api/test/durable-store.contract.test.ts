import { createInMemoryStore } from '@reborn/host-api';
import { durableStoreContract } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { liars } from './liars.ts';
import { LyingTables, storeOver } from './lying-tables.ts';
import { streamLiars } from './stream-liars.ts';

describe('The in-memory store', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});

/** Large input costs more than it tells about a liar. */
const light = durableStoreContract.filter(({ name }) => !/malformed units|more bytes|largest size/.test(name));

describe('The contract', () => {
  test.each(Object.entries({ ...liars, ...streamLiars }))(
    'catches a store that %s',
    async (_name, [liar, caughtBy]) => {
      const broken: string[] = [];
      for (const { name, run } of light) {
        await run({ open: async (opening) => liar(opening) }).catch(() => broken.push(name));
      }
      expect(broken).toContain(caughtBy);
      expect(broken.length).toBeLessThan(light.length / 2);
    },
  );

  test('does not catch a store over tables that do not lie', async () => {
    for (const { run } of durableStoreContract) {
      await run({ open: async (opening) => storeOver(class extends LyingTables {}, opening) });
    }
  });

  test('names each of its statements once', () => {
    const names = durableStoreContract.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
