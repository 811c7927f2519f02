import { createInMemoryStore } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { turnStoreContract } from '@reborn/turns/testkit';
import { describe, test } from 'vitest';

describe('Turns over the in-memory store', () => {
  for (const { name, run } of turnStoreContract) {
    test(name, async () => {
      const platform = createFakePlatform();
      await run({ platform, open: async (machines) => createInMemoryStore({ machines, ...platform }) });
    });
  }
});
