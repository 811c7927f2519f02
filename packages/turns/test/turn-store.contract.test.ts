import { createInMemoryStore, type DurableStore } from '@reborn/host-api';
import { createFakePlatform, withShortPages, wrapStore } from '@reborn/host-api/testkit';
import { turnStoreContract } from '@reborn/turns/testkit';
import { describe, test } from 'vitest';

const stores: readonly (readonly [string, (store: DurableStore) => DurableStore])[] = [
  ['the in-memory store', (store) => store],
  ['a store with room for one record in a page', withRoomForOne],
];

describe.each(stores)('Turns over %s', (_, seen) => {
  for (const { name, run } of turnStoreContract) {
    test(name, async () => {
      const platform = createFakePlatform();
      await run({ platform, open: async (machines) => seen(createInMemoryStore({ machines, ...platform })) });
    });
  }
});

/** What is read without a filter is read by the cases themselves, in one page. */
function withRoomForOne(store: DurableStore): DurableStore {
  const short = withShortPages(store, 1);
  return wrapStore(store, {
    readStream: (request) => (request.filter === undefined ? store : short).readStream(request),
  });
}
