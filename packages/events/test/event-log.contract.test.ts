import { createInMemoryStore } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { consumerContract, eventLogContract, retentionContract } from '@reborn/events/testkit';
import { describe, test } from 'vitest';

describe.each([
  ['The log over the in-memory store', eventLogContract],
  ['A durable follower over the in-memory store', consumerContract],
  ['Retention over the in-memory store', retentionContract],
] as const)('%s', (_, contract) => {
  for (const { name, run } of contract) {
    test(name, async () => {
      const platform = createFakePlatform();
      await run({ platform, open: async (machines) => createInMemoryStore({ machines, ...platform }) });
    });
  }
});
