import { createInMemoryStore } from '@reborn/host-api';
import { durableStoreContract } from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';

describe('The in-memory store', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});
