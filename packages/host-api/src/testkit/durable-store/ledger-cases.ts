/** Taking records away, and what streams there are. Not here: putting back (`import-cases.ts`), what may go (retention). */
import type { RawPage } from '../../durable/stream.ts';
import type { CommitOutcome, DurableStore, StreamWrite } from '../../durable/unit-of-work.ts';
import { equals, holds } from '../contract-case.ts';
import { append, cursorsOf, draft, putTicket, receiptsOf, storeCase, streamOf } from './ticket.ts';

const stream = streamOf();
const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const drafts = (from: number, to: number) => numbers(from, to).map((number) => draft(number));

export const ledgerCases = [
  storeCase('cuts a stream off and says where it begins now', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 5))]));
    const whole = await raw(store);
    equals(await records(store, truncate(3)), 3, 'three records go');
    const { head, earliest, records: left } = await store.readStream({ stream, after: 0, limit: 9 });
    equals([head, earliest, left.map(({ cursor }) => cursor)], [5, 4, [4, 5]], 'the rest keeps its cursors');
    const cut = await raw(store);
    equals(
      [cut.baseChain, cut.records],
      [whole.records[2]?.chain, whole.records.slice(3)],
      'the chain goes on from there',
    );
    equals(await records(store, truncate(2)), 0, 'what is gone does not go again');
    equals(await records(store, truncate(0)), 0, 'nothing up to the origin');
    equals(await records(store, { ...truncate(9), stream: streamOf('nobody') }), 0, 'nothing of a stream not begun');
    equals(await records(store, truncate(5)), 2, 'a stream may be cut at its head');
    const empty = await store.readStream({ stream, after: 0, limit: 9, order: 'newest' });
    equals(empty, { head: 5, earliest: 6, records: [] }, 'it keeps its head');
    equals(cursorsOf(await store.commit([append(stream, draft(6))])), [6], 'and goes on from it');
    equals((await raw(store)).baseChain, whole.headChain, 'linked to what was there');
  }),

  storeCase('refuses to cut or remove beyond the head, and goes on', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 2))]));
    for (const write of [truncate(3), remove(3), remove(1, 3)]) {
      const outcome = await store.commit([putTicket('a'), write]);
      const conflict = { kind: 'conflict', at: 1, machine: 'stream', key: 'journal|acme', reason: 'beyond_head' };
      equals(outcome, { ...conflict, row: undefined } as CommitOutcome, 'the conflict names the stream and the reason');
    }
    equals(await store.get('ticket', 'a'), undefined, 'nothing of the unit happened');
    equals(await cursors(store), [1, 2], 'nothing went');
    equals(cursorsOf(await store.commit([append(stream, draft(3))])), [3], 'the stream is usable');
  }),

  storeCase('removes the content of single records and nothing else', async ({ store }) => {
    const secret = { body: { text: 'to be forgotten' }, labels: { runId: 'run-1' } };
    receiptsOf(await store.commit([append(stream, draft(1), draft(2, secret), draft(3), draft(4))]));
    const whole = await raw(store);
    equals(await records(store, remove(2, 4)), 2, 'two records lose their content');
    equals(await records(store, remove(2)), 0, 'once');
    equals(await cursors(store), [1, 3], 'readers pass them by');
    const filter = { labels: { runId: 'run-1' } };
    equals((await store.readStream({ stream, after: 0, limit: 9, filter })).records, [], 'no filter finds them');
    const after = await raw(store);
    const bare = whole.records.map((record) =>
      record.cursor % 2 === 0 ? { cursor: record.cursor, eventId: record.eventId, chain: record.chain } : record,
    );
    equals([after.head, after.headChain, after.records], [4, whole.headChain, bare], 'cursor, id and link stay');
    equals(
      cursorsOf(await store.commit([append(stream, draft(2), draft(5))])),
      [2, 5],
      'an append again is still known',
    );
    equals((await store.listStreams({ limit: 9 }))[0]?.removed, 2, 'the stream counts them');
    equals(await records(store, truncate(2)), 2, 'a cut takes what is left of them');
    equals(
      (await store.listStreams({ limit: 9 }))[0],
      { stream, head: 5, earliest: 3, removed: 1 },
      'and counts again',
    );
  }),

  storeCase('takes a cut or a removal back when its unit is refused', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 4))]));
    const before = await raw(store);
    const refused = [append(stream, draft(5)), truncate(2), remove(3), append(stream, draft(6)), truncate(99)];
    equals((await store.commit(refused)).kind, 'conflict', 'the last write is refused');
    equals(await raw(store), before, 'nothing has changed');
    equals(
      cursorsOf(await store.commit([append(stream, ...drafts(1, 5))])),
      [1, 2, 3, 4, 5],
      'every id is known as before',
    );
  }),

  storeCase('applies stream writes to what stands before them in their unit', async ({ store }) => {
    const outcome = await store.commit([
      append(stream, ...drafts(1, 4)),
      remove(2, 2, 3),
      truncate(2),
      remove(1, 3, 4),
    ]);
    const counts = receiptsOf(outcome).map((receipt) => (receipt.kind === 'stream' ? receipt.records : -1));
    equals(counts, [-1, 2, 2, 1], 'each counts what was left for it');
    const { head, earliest, records: left } = await store.readRaw({ stream, after: 0, limit: 9 });
    equals(
      [head, earliest, left.map(({ cursor, content }) => [cursor, content])],
      [
        4,
        3,
        [
          [3, undefined],
          [4, undefined],
        ],
      ],
      'all of them happened',
    );
    equals((await store.listStreams({ limit: 9 }))[0]?.removed, 2, 'the stream counts what is removed and not cut off');
  }),

  storeCase('forgets the ids of what was cut off, and only those', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 4))]));
    receiptsOf(await store.commit([remove(3), truncate(2)]));
    const unit = [append(stream, draft(1), draft(3), draft(4), draft(1))];
    equals(cursorsOf(await store.commit(unit)), [5, 3, 4, 5], 'one that is gone is new');
    receiptsOf(await store.commit([truncate(4), append(stream, draft(4))]));
    equals(await cursors(store), [5, 6], 'also within one unit');
  }),

  storeCase('lists streams by family and tenant', async ({ store }) => {
    const keys = [streamOf('b', 'turn'), streamOf('a', 'turn'), streamOf('Z', 'turn'), streamOf('a', 'audit')];
    // By code unit, not by code point: the first half of 😀 comes before U+FF5E.
    keys.push(streamOf('\uff5e', 'turn'), streamOf('😀', 'turn'));
    receiptsOf(await store.commit(keys.map((key) => append(key, draft(1)))));
    receiptsOf(await store.commit([append(streamOf('nobody'))]));
    const list = async (request: Parameters<DurableStore['listStreams']>[0]) =>
      (await store.listStreams(request)).map(({ stream: { family, tenantId } }) => `${family}|${tenantId}`);
    const order = ['audit|a', 'turn|Z', 'turn|a', 'turn|b', 'turn|😀', 'turn|\uff5e'];
    equals(await list({ limit: 9 }), order, 'all that were begun');
    equals(await list({ limit: 9, family: 'turn' }), order.slice(1), 'of one family');
    equals(await list({ limit: 2, after: streamOf('Z', 'turn') }), order.slice(2, 4), 'after one');
    equals(await list({ limit: 9, after: streamOf('aa', 'turn') }), order.slice(3), 'after one that is not there');
    equals(
      await list({ limit: 9, family: 'turn', after: streamOf('z', 'audit') }),
      order.slice(1),
      'of a later family',
    );
    equals(await list({ limit: 9, family: 'audit', after: streamOf('a', 'turn') }), [], 'of an earlier family');
    equals(await list({ limit: 1 }), order.slice(0, 1), 'the limit cuts the end off');
  }),
];

function truncate(through: number): StreamWrite {
  return { kind: 'truncate', stream, through };
}

function remove(...gone: readonly number[]): StreamWrite {
  return { kind: 'remove', stream, cursors: gone };
}

function raw(store: DurableStore): Promise<RawPage> {
  return store.readRaw({ stream, after: 0, limit: 100 });
}

async function cursors(store: DurableStore): Promise<readonly number[]> {
  return (await store.readStream({ stream, after: 0, limit: 100 })).records.map(({ cursor }) => cursor);
}

async function records(store: DurableStore, write: StreamWrite): Promise<number> {
  const [receipt] = receiptsOf(await store.commit([write]));
  holds(receipt?.kind === 'stream', 'a stream write is answered with a count');
  return receipt.records;
}
