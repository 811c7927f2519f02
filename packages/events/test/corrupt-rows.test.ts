import { createInMemoryStore, leaseMachine, type DurableStore } from '@reborn/host-api';
import { buildScope, createFakePlatform, wrapStore } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { createConsumer, listSubscriptions, subscriptionKey } from '../src/index.ts';
import { listPins, pinMachine } from '../src/retention/pin.ts';
import { subscriptionMachine } from '../src/subscription/subscription.ts';

const stream = { family: 'runtime', tenantId: buildScope().tenantId } as const;
const platform = createFakePlatform();

function newStore(): DurableStore {
  return createInMemoryStore({ machines: [leaseMachine, pinMachine, subscriptionMachine], ...platform });
}

test('rows that nobody has written are told as a corrupt store', async () => {
  const rows = async () => [{ key: subscriptionKey(stream, 'reader'), row: { status: 'active', cursor: 'one' } }];
  const store = wrapStore(newStore(), { list: rows });
  await expect(listSubscriptions(store, stream)).rejects.toMatchObject({ code: 'host-api/store_corrupt' });
  await expect(listPins(store, stream)).rejects.toMatchObject({ code: 'host-api/store_corrupt' });
});

test('a receipt for a lease that says nothing of one is told as a corrupt store', async () => {
  const real = newStore();
  const store = wrapStore(real, {
    commit: async (writes) => {
      const outcome = await real.commit(writes);
      const lease = writes.some((write) => write.kind === 'transition' && write.machine === 'lease');
      return lease ? { kind: 'committed', receipts: [{ kind: 'record', row: { status: 'held' } }] } : outcome;
    },
  });
  const consumer = createConsumer({
    ...platform,
    store,
    name: 'reader',
    stream,
    holder: 'host-1',
    from: 'origin',
    handle: async () => [],
    onFailure: () => [],
  });
  await consumer.drain(60_000);
  const eventId = '00000000-0000-4000-8000-000000000001' as never;
  await real.commit([{ kind: 'append', stream, records: [{ eventId, kind: 'said', atMs: 1, labels: {}, body: {} }] }]);
  await expect(consumer.drain(60_000)).rejects.toMatchObject({ code: 'host-api/store_corrupt' });
});
