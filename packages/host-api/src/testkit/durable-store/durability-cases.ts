/** What is left when a store is opened again, and whether its flags say so. Not here: what one backend alone survives. */
import { acquireLease, leaseMachine } from '../../durable/lease.ts';
import type { RawPage } from '../../durable/stream.ts';
import { getRecord, type DurableStore, type StoreOpening } from '../../durable/unit-of-work.ts';
import { equals, holds } from '../contract-case.ts';
import {
  append,
  closeTicket,
  cursorsOf,
  draft,
  putTicket,
  receiptsOf,
  storeCase,
  streamOf,
  ticketMachine,
  type DurableStoreHarness,
} from './ticket.ts';

const stream = streamOf();

export const durabilityCases = [
  storeCase('says that nothing survives exactly where nothing does', async ({ store }, harness) => {
    const { survives, backend } = store.durability;
    equals(survives === 'nothing', harness.reopen === undefined, 'a store that keeps nothing says so');
    holds(backend.length > 0, 'it has a name');
  }),

  storeCase('has everything that was acknowledged when it is opened again', async ({ store, opening }, harness) => {
    receiptsOf(await store.commit([putTicket('a', 'kept'), append(stream, draft(1), draft(2))]));
    await store.commit([putTicket('refused'), closeTicket('nobody')]);
    await again(store, opening, harness, async (later) => {
      equals((await getRecord(later, ticketMachine, 'a'))?.note, 'kept', 'the record is there');
      equals(await later.get('ticket', 'refused'), undefined, 'what was refused is not');
      equals(
        (await raw(later)).records.map(({ cursor }) => cursor),
        [1, 2],
        'the events are there',
      );
      equals(cursorsOf(await later.commit([append(stream, draft(2), draft(3))])), [2, 3], 'cursors go on');
    });
  }),

  storeCase('stands where it stood when it is opened again', async ({ store, opening }, harness) => {
    receiptsOf(await store.commit([append(stream, ...[1, 2, 3, 4, 5].map((number) => draft(number)))]));
    receiptsOf(await store.commit([{ kind: 'truncate', stream, through: 2 }]));
    receiptsOf(await store.commit([{ kind: 'remove', stream, cursors: [4] }]));
    receiptsOf(await store.commit([acquireLease('run', 'first', 1000)]));
    const before = [await raw(store), await store.listStreams({ limit: 9 }), await store.list('lease', { limit: 9 })];
    await again(store, opening, harness, async (later) => {
      const after = [await raw(later), await later.listStreams({ limit: 9 }), await later.list('lease', { limit: 9 })];
      equals(after, before, 'cuts, removals, links and lists are as they were');
      equals(
        cursorsOf(await later.commit([append(stream, draft(4), draft(1))])),
        [4, 6],
        'so are the ids that it knows',
      );
      equals((await getRecord(later, leaseMachine, 'run'))?.fence, 1, 'and the tokens');
    });
  }),

  storeCase('keeps an anchor exactly where it says so', async ({ store, opening }, harness) => {
    if (!store.durability.anchored) return equals(await store.anchor(), undefined, 'there is none');
    equals(await store.anchor(), undefined, 'there is none before the first record');
    receiptsOf(await store.commit([append(stream, draft(1), draft(2))]));
    await again(store, opening, harness, async (later) => {
      const { headChain } = await raw(later);
      equals(await later.anchor(), { stream, cursor: 2, chain: headChain }, 'closing anchors the newest record');
    });
  }),
];

/** Closes a store and looks at what is there when it is opened again, if anything is kept. */
async function again(
  store: DurableStore,
  opening: StoreOpening,
  harness: DurableStoreHarness,
  look: (later: DurableStore) => Promise<void>,
): Promise<void> {
  await store.close();
  if (harness.reopen === undefined) return;
  const later = await harness.reopen(opening);
  try {
    await look(later);
  } finally {
    await later.close();
  }
}

function raw(store: DurableStore): Promise<RawPage> {
  return store.readRaw({ stream, after: 0, limit: 100 });
}
