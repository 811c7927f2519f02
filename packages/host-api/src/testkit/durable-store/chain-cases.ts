/** The chain through a stream: the same links on every backend. Not here: going through a chain (the log's `verify`). */
import { chainLink, chainOrigin } from '../../durable/chain.ts';
import { equals } from '../contract-case.ts';
import { sha256Hex } from './linked.ts';
import { append, draft, receiptsOf, storeCase, streamOf } from './ticket.ts';

const stream = streamOf();

export const chainCases = [
  storeCase('links each record to the one before, from an origin that names the stream', async ({ store }) => {
    const labels = { userId: 'alice', capabilityId: 'notes.write', provider: 'notes', actorId: 'user:alice' };
    const events = [
      draft(1, { labels, atMs: 7, body: { text: 'é 😀 \u2028', list: [1, { a: null }] } }),
      draft(2, { kind: 'seen' }),
    ];
    receiptsOf(await store.commit([append(stream, ...events)]));
    const origin = chainOrigin(sha256Hex, stream);
    const links: string[] = [];
    for (const [at, { eventId, kind, atMs, labels: given, body }] of events.entries()) {
      const record = { cursor: at + 1, eventId, kind, atMs, labels: given, bodyText: JSON.stringify(body) };
      links.push(chainLink(sha256Hex, links.at(-1) ?? origin, record));
    }
    const raw = await store.readRaw({ stream, after: 0, limit: 10 });
    equals(
      [raw.head, raw.earliest, raw.baseChain, raw.headChain],
      [2, 1, origin, links[1]],
      'the stream knows its two ends',
    );
    const expected = events.map(({ eventId, kind, atMs, labels: given, body }, at) => {
      const content = { kind, atMs, labels: given, bodyText: JSON.stringify(body) };
      return { cursor: at + 1, eventId, chain: links[at], content };
    });
    equals(raw.records, expected, 'every record is there as it is kept');
  }),

  storeCase('gives the same links however the records were grouped', async ({ store }) => {
    const other = streamOf('other');
    receiptsOf(await store.commit([append(stream, draft(1)), append(stream, draft(2), draft(1), draft(3))]));
    for (const number of [1, 2, 3]) receiptsOf(await store.commit([append(other, draft(number))]));
    const chains = async (key: typeof stream) =>
      (await store.readRaw({ stream: key, after: 0, limit: 9 })).records.map(({ chain }) => chain);
    const first = await chains(stream);
    let before = chainOrigin(sha256Hex, stream);
    const again = [1, 2, 3].map((number) => {
      const { eventId, kind, atMs, labels, body } = draft(number);
      before = chainLink(sha256Hex, before, {
        cursor: number,
        eventId,
        kind,
        atMs,
        labels,
        bodyText: JSON.stringify(body),
      });
      return before;
    });
    equals(first, again, 'in one unit');
    const there = await chains(other);
    equals([there.length, there.some((chain) => first.includes(chain))], [3, false], 'another stream, other links');
  }),

  storeCase('links the records of concurrent units without a break', async ({ store }) => {
    const units = Array.from({ length: 24 }, (_none, at) => [append(stream, draft(2 * at), draft(2 * at + 1))]);
    for (const outcome of await Promise.all(units.map((unit) => store.commit(unit)))) receiptsOf(outcome);
    const { baseChain, headChain, records } = await store.readRaw({ stream, after: 0, limit: 100 });
    let before = baseChain;
    for (const { content, chain, ...record } of records) {
      if (content === undefined) continue;
      equals(chain, chainLink(sha256Hex, before, { ...record, ...content }), `the link of ${record.cursor} holds`);
      before = chain;
    }
    equals([records.length, before], [48, headChain], 'up to the head');
  }),

  storeCase('reads raw records by pages, from any cursor', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...[1, 2, 3, 4, 5].map((number) => draft(number)))]));
    const page = async (after: number) =>
      (await store.readRaw({ stream, after, limit: 2 })).records.map(({ cursor }) => cursor);
    equals(
      [await page(0), await page(2), await page(4), await page(5), await page(50)],
      [[1, 2], [3, 4], [5], [], []],
      'pages',
    );
    const nothing = await store.readRaw({ stream: streamOf('nobody'), after: 0, limit: 1 });
    const origin = chainOrigin(sha256Hex, streamOf('nobody'));
    equals(
      nothing,
      { head: 0, headChain: origin, earliest: 1, baseChain: origin, records: [] },
      'a stream that was not begun stands at its origin',
    );
  }),
];
