/** Putting records back as they were read. Not here: taking them away (`ledger-cases.ts`). */
import type { RawPage, RawRecord, StreamKey } from '../../durable/stream.ts';
import type { DurableStore, ImportWrite, StreamWrite } from '../../durable/unit-of-work.ts';
import { equals, holds, rejects } from '../contract-case.ts';
import { fixedUuid } from '../fake-platform.ts';
import { originOf, recordAfter } from './linked.ts';
import { append, cursorsOf, draft, receiptsOf, storeCase, streamOf } from './ticket.ts';

const stream = streamOf();
const drafts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => draft(from + at));

export const importCases = [
  storeCase('does not bring back what was cut off', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 6))]));
    const exported = await raw(store);
    receiptsOf(await store.commit([{ kind: 'truncate', stream, through: 4 }]));
    equals(await records(store, imported(exported, stream)), 0, 'an import passes by what is there and what is gone');
    equals(await cursors(store), [5, 6], 'the cut stands');
  }),

  storeCase('begins a stream from an export, removed records and all', async ({ store, opening }, harness) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 6))]));
    receiptsOf(
      await store.commit([
        { kind: 'remove', stream, cursors: [4] },
        { kind: 'truncate', stream, through: 1 },
      ]),
    );
    const exported = await raw(store);
    await store.close();
    const other = await harness.open(opening);
    try {
      const first = { ...exported, records: exported.records.slice(0, 2) };
      receiptsOf(await other.commit([imported(first, stream)]));
      receiptsOf(await other.commit([imported(exported, stream)]));
      equals(await raw(other), exported, 'it is the same stream');
      equals(await records(other, imported(exported, stream)), 0, 'a second import adds nothing');
      equals(
        (await other.listStreams({ limit: 9 }))[0],
        { stream, head: 6, earliest: 2, removed: 1 },
        'also in numbers',
      );
      equals(cursorsOf(await other.commit([append(stream, draft(4), draft(7))])), [4, 7], 'and it goes on');
    } finally {
      await other.close();
    }
  }),

  storeCase('refuses an import that does not fit', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 3))]));
    const page = await raw(store);
    const [first, second, third] = page.records;
    holds(first?.content !== undefined && second !== undefined && third !== undefined, 'three records');
    const target = streamOf('fresh', 'journal');
    const moved = { ...imported(page, target), base: originOf(target) };
    const changed = { ...first, content: { ...first.content, bodyText: '{"number":9}' } };
    const table: readonly (readonly [string, ImportWrite, string])[] = [
      ['another stream’s records', moved, 'chain_broken'],
      ['a gap', { ...imported(page, stream), records: [{ ...third, cursor: 5 }] }, 'not_adjacent'],
      ['another body', { ...imported(page, stream), records: [{ ...changed, chain: 'a'.repeat(64) }] }, 'differs'],
      ['another id', { ...imported(page, stream), records: [{ ...second, eventId: first.eventId }] }, 'differs'],
      ['a broken link', { ...imported(page, stream), records: [{ ...third, cursor: 4 }] }, 'chain_broken'],
      ['another beginning', { ...imported(page, stream), base: { cursor: 0, chain: 'a'.repeat(64) } }, 'chain_broken'],
      ['another middle', { ...imported(page, stream), base: { cursor: 2, chain: first.chain } }, 'chain_broken'],
      [
        'a beginning beyond the head',
        { ...imported(page, stream), base: { cursor: 4, chain: first.chain } },
        'not_adjacent',
      ],
      ['an id that stands elsewhere', { ...imported(page, stream), records: [next(page, first.eventId)] }, 'differs'],
      ['an id twice', { ...imported(page, target), base: originOf(target), records: twice(target) }, 'differs'],
      [
        'a cursor twice',
        { ...imported(page, stream), records: [...page.records, { ...second, chain: first.chain }] },
        'differs',
      ],
    ];
    for (const [name, write, reason] of table) {
      const outcome = await store.commit([write]);
      equals(outcome.kind === 'conflict' && outcome.reason, reason, name);
    }
    equals(await raw(store), page, 'nothing has changed');
    equals((await raw(store, target)).head, 0, 'nothing was begun');
  }),

  storeCase('keeps an imported body byte for byte, and digests what it keeps', async ({ store }) => {
    const bodyText = '{ "b" : 1.0,\n\t"a":"\\u00e9", "b":2 }';
    const record = recordAfter(originOf(stream), fixedUuid(1), bodyText);
    equals(
      await records(store, { kind: 'import', stream, base: originOf(stream), records: [record] }),
      1,
      'it is taken',
    );
    equals((await raw(store)).records, [record], 'not a space is lost');
    const { records: read } = await store.readStream({ stream, after: 0, limit: 1 });
    equals(read[0]?.body, { b: 2, a: 'é' }, 'readers get what it says');
    equals(cursorsOf(await store.commit([append(stream, draft(1), draft(2))])), [1, 2], 'its id is known');
  }),

  storeCase('refuses to begin a stream where it could not go on', async ({ store }) => {
    const base = { cursor: Number.MAX_SAFE_INTEGER - 1, chain: 'a'.repeat(64) };
    for (const records of [[], [recordAfter(base, fixedUuid(1))]]) {
      await rejects(store.commit([{ kind: 'import', stream, base, records }]), ['host-api/invalid_value'], 'too far');
    }
    equals(cursorsOf(await store.commit([append(stream, draft(1))])), [1], 'the stream begins as any');
  }),

  storeCase('does not bring back what was removed', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts(1, 3))]));
    const exported = await raw(store);
    receiptsOf(await store.commit([{ kind: 'remove', stream, cursors: [2] }]));
    equals(await records(store, imported(exported, stream)), 0, 'the record is there');
    equals((await raw(store)).records[1]?.content, undefined, 'and stays without content');
  }),

  storeCase(
    'begins a stream that was cut off as a whole, and goes on from its head',
    async ({ store, opening }, harness) => {
      receiptsOf(await store.commit([append(stream, ...drafts(1, 3))]));
      receiptsOf(await store.commit([{ kind: 'truncate', stream, through: 3 }]));
      const exported = await raw(store);
      equals(exported.records, [], 'nothing is left but where it stands');
      await store.close();
      const other = await harness.open(opening);
      try {
        equals(await records(other, imported(exported, stream)), 0, 'no record is put back');
        equals(await raw(other), exported, 'the stream stands where it stood');
        equals(
          (await other.listStreams({ limit: 9 }))[0],
          { stream, head: 3, earliest: 4, removed: 0 },
          'it was begun',
        );
        equals(cursorsOf(await other.commit([append(stream, draft(4))])), [4], 'and goes on');
      } finally {
        await other.close();
      }
    },
  ),

  storeCase('takes an import back when its unit is refused', async ({ store }) => {
    const records = twice(stream).slice(0, 1);
    const refused = [
      { kind: 'import', stream, base: originOf(stream), records } as const,
      { kind: 'truncate', stream, through: 9 } as const,
    ];
    equals((await store.commit(refused)).kind, 'conflict', 'the last write is refused');
    equals([(await raw(store)).head, await store.listStreams({ limit: 9 })], [0, []], 'the stream was not begun');
  }),
];

/** What could follow a page. */
function next({ head, headChain }: RawPage, eventId: string): RawRecord {
  return recordAfter({ cursor: head, chain: headChain }, eventId);
}

/** Two records of one id whose links hold. */
function twice(of: StreamKey): readonly RawRecord[] {
  const first = recordAfter(originOf(of), fixedUuid(1));
  return [first, recordAfter(first, fixedUuid(1))];
}

function imported({ earliest, baseChain, records: kept }: RawPage, to: StreamKey): ImportWrite {
  return { kind: 'import', stream: to, base: { cursor: earliest - 1, chain: baseChain }, records: kept };
}

function raw(store: DurableStore, of: StreamKey = stream): Promise<RawPage> {
  return store.readRaw({ stream: of, after: 0, limit: 100 });
}

async function cursors(store: DurableStore): Promise<readonly number[]> {
  return (await store.readStream({ stream, after: 0, limit: 100 })).records.map(({ cursor }) => cursor);
}

async function records(store: DurableStore, write: StreamWrite): Promise<number> {
  const [receipt] = receiptsOf(await store.commit([write]));
  holds(receipt?.kind === 'stream', 'a stream write is answered with a count');
  return receipt.records;
}
