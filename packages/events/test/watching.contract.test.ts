import { createInMemoryStore } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { eventStreamContract, projectionContract } from '@reborn/events/testkit';
import { describe, test } from 'vitest';

describe.each([
  ['A projection over the in-memory store', projectionContract],
  ['An event stream over the in-memory store', eventStreamContract],
] as const)('%s', (_, contract) => {
  for (const { name, run } of contract) {
    test(name, async () => {
      const platform = createFakePlatform();
      await run({ platform, open: async (machines) => createInMemoryStore({ machines, ...platform }) });
    });
  }
});
