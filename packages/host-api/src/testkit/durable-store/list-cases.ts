/** Lists of records: order, filters, bounds. Not here: streams. */
import { acquireLease } from '../../durable/lease.ts';
import type { ListRequest } from '../../durable/unit-of-work.ts';
import { equals } from '../contract-case.ts';
import { closeTicket, putTicket, receiptsOf, storeCase } from './ticket.ts';

export const listCases = [
  storeCase('lists by rank, then key by code unit', async ({ store }) => {
    const tickets = [
      ['b', 1],
      ['a', 1],
      ['B', 1],
      ['a-1', 1],
      ['é', 1],
      ['\uff5e', 1],
      ['😀', 1],
      ['z', -2.5],
      ['0', 1_767_225_600_000],
    ] as const;
    receiptsOf(await store.commit(tickets.map(([key, rank]) => putTicket(key, null, 'owner', rank))));
    // By code unit, not by code point: the first half of 😀 comes before U+FF5E.
    const order = ['z', 'B', 'a', 'a-1', 'b', 'é', '😀', '\uff5e', '0'];
    equals(await keys(store, { limit: 10 }), order, 'oldest first');
    equals(await keys(store, { limit: 10, order: 'newest' }), order.toReversed(), 'newest first');
    equals(await keys(store, { limit: 3 }), order.slice(0, 3), 'the limit cuts the end off');
    equals(await keys(store, { limit: 2, order: 'newest' }), ['0', '\uff5e'], 'also backwards');
  }),

  storeCase('lists by owner and status', async ({ store }) => {
    receiptsOf(
      await store.commit([
        putTicket('a', null, 'alice', 1),
        putTicket('b', null, 'bob', 2),
        putTicket('c', null, 'alice', 3),
        closeTicket('c'),
        acquireLease('a', 'alice', 1000),
      ]),
    );
    equals(await keys(store, { limit: 9, owner: 'alice' }), ['a', 'c'], 'by owner');
    equals(await keys(store, { limit: 9, status: 'open' }), ['a', 'b'], 'by status');
    equals(await keys(store, { limit: 9, owner: 'alice', status: 'open' }), ['a'], 'by both');
    equals(await keys(store, { limit: 9, owner: 'ALICE' }), [], 'upper and lower case differ');
    equals(await keys(store, { limit: 9, owner: '' }), [], 'no owner is an owner of its own');
  }),

  storeCase('moves a record in lists when it changes', async ({ store }) => {
    receiptsOf(await store.commit([putTicket('a', 1, 'alice', 1), putTicket('b', 1, 'alice', 2)]));
    receiptsOf(await store.commit([putTicket('a', 2, 'bob', 3)]));
    equals(await keys(store, { limit: 9 }), ['b', 'a'], 'by its new rank');
    equals(await keys(store, { limit: 9, owner: 'alice' }), ['b'], 'under its new owner only');
    const [first] = await store.list('ticket', { limit: 1, owner: 'bob' });
    equals(first, { key: 'a', row: await store.get('ticket', 'a') }, 'the list shows the record itself');
  }),

  storeCase('takes the largest unit there is', async ({ store }) => {
    const writes = Array.from({ length: 256 }, (_none, at) => putTicket(`ticket-${at}`, at, 'owner', at));
    equals(receiptsOf(await store.commit(writes)).length, 256, '256 writes');
    equals((await store.list('ticket', { limit: 1000 })).length, 256, 'in one page');
  }),
];

async function keys(
  store: { list(machine: string, request: ListRequest): Promise<readonly { readonly key: string }[]> },
  request: ListRequest,
): Promise<readonly string[]> {
  return (await store.list('ticket', request)).map(({ key }) => key);
}
