/** Streams: cursors, idempotent appends, filters, pages. Not here: units as such. */
import { STREAM_RECORD_BYTES_MAX } from '../../limits.ts';
import { LABELS, type StreamPage } from '../../durable/stream.ts';
import { equals, rejects } from '../contract-case.ts';
import { append, cursorsOf, draft, putTicket, receiptsOf, storeCase, streamOf } from './ticket.ts';

const stream = streamOf();

export const streamCases = [
  storeCase('reads an event back as it was appended', async ({ store }) => {
    const labels = { userId: 'alice', threadId: 'thread-1', runId: 'run-1' };
    const event = draft(1, { kind: 'intent_recorded', atMs: 42, labels, body: { deep: { list: [1, 'two'] } } });
    receiptsOf(await store.commit([append(stream, event)]));
    const { head, records } = await store.readStream({ stream, after: 0, limit: 1 });
    equals([head, records], [1, [{ cursor: 1, ...event }]], 'all fields are there');
  }),

  storeCase('knows nothing of a stream that was not begun', async ({ store }) => {
    equals(
      await store.readStream({ stream, after: 0, limit: 1 }),
      { head: 0, earliest: 1, records: [] },
      'its head is 0',
    );
    equals(
      await store.readStream({ stream, after: 5, limit: 1 }),
      { head: 0, earliest: 1, records: [] },
      'also when read from afar',
    );
  }),

  storeCase('keeps the cursor of an event that is appended again, whatever it says now', async ({ store }) => {
    equals(cursorsOf(await store.commit([append(stream, draft(1), draft(2))])), [1, 2], 'first');
    const again = append(stream, draft(2, { body: { other: true } }), draft(3), draft(1), draft(3));
    equals(cursorsOf(await store.commit([again])), [2, 3, 1, 3], 'known ones keep theirs, also within a unit');
    const { records } = await store.readStream({ stream, after: 0, limit: 10 });
    equals(
      records.map(({ cursor, body }) => [cursor, body]),
      [
        [1, { number: 1 }],
        [2, { number: 2 }],
        [3, { number: 3 }],
      ],
      'the first saying stands',
    );
  }),

  storeCase('counts each stream for itself', async ({ store }) => {
    const others = [streamOf('acme', 'runtime'), streamOf('acme2'), streamOf('ACME')];
    const unit = [stream, ...others].map((each) => append(each, draft(1)));
    equals(
      cursorsOf(await store.commit([...unit, append(stream, draft(2))])),
      [1, 1, 1, 1, 2],
      'cursors are per stream',
    );
    for (const each of others)
      equals((await store.readStream({ stream: each, after: 0, limit: 9 })).head, 1, 'no mixing');
  }),

  storeCase('gives gapless cursors to concurrent units', async ({ store }) => {
    const other = streamOf('acme', 'audit');
    const units = Array.from({ length: 40 }, (_none, at) => [
      append(stream, ...Array.from({ length: 1 + (at % 3) }, (_item, part) => draft(at * 10 + part))),
      putTicket(`ticket-${at}`),
      ...(at % 2 === 0 ? [append(other, draft(at))] : []),
    ]);
    const outcomes = await Promise.all(units.map((unit) => store.commit(unit)));
    const given = outcomes.flatMap((outcome) => {
      const first = receiptsOf(outcome)[0];
      return first?.kind === 'appended' ? first.cursors : [];
    });
    const expected = Array.from({ length: given.length }, (_none, at) => at + 1);
    equals(
      given.toSorted((left, right) => left - right),
      expected,
      'each cursor is given once, none is left out',
    );
    const { head, records } = await store.readStream({ stream, after: 0, limit: 1000 });
    equals([head, records.map(({ cursor }) => cursor)], [given.length, expected], 'reading shows them all, in order');
    const drafted = units.flatMap(([first]) =>
      first?.kind === 'append' ? first.records.map(({ eventId }) => eventId) : [],
    );
    const found = drafted.map((id) => records.find(({ eventId }) => eventId === id)?.cursor);
    equals(found, given, 'each receipt names the cursor under which the event is read');
  }),

  storeCase('pages forwards and backwards without loss', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...Array.from({ length: 7 }, (_none, at) => draft(at)))]));
    const page = async (after: number, order?: 'newest') =>
      cursors(await store.readStream({ stream, after, limit: 3, ...(order === undefined ? {} : { order }) }));
    equals(
      [await page(0), await page(3), await page(6), await page(7)],
      [[1, 2, 3], [4, 5, 6], [7], []],
      'oldest first',
    );
    equals(
      [await page(0, 'newest'), await page(5, 'newest'), await page(2, 'newest'), await page(1, 'newest')],
      [[7, 6, 5], [4, 3, 2], [1], []],
      'newest first',
    );
    equals([await page(100), await page(100, 'newest')], [[], [7, 6, 5]], 'beyond the head');
  }),

  storeCase('filters by labels and kinds, all of which have to fit', async ({ store }) => {
    const events = [
      draft(1, { labels: { userId: 'alice', threadId: 't1' } }),
      draft(2, { labels: { userId: 'alice', threadId: 't2' }, kind: 'seen' }),
      draft(3, { labels: { userId: 'bob', threadId: 't1' } }),
      draft(4, { labels: {} }),
      draft(5, { labels: { userId: 'alice' } }),
    ];
    receiptsOf(await store.commit([append(stream, ...events)]));
    const table = [
      [{}, [1, 2, 3, 4, 5]],
      [{ labels: {} }, [1, 2, 3, 4, 5]],
      [{ labels: { userId: 'alice' } }, [1, 2, 5]],
      [{ labels: { userId: 'alice', threadId: 't1' } }, [1]],
      [{ labels: { userId: 'ALICE' } }, []],
      [{ kinds: ['seen'] }, [2]],
      [{ kinds: ['seen', 'noted'], labels: { threadId: 't1' } }, [1, 3]],
      [{ labels: { runId: 'alice' } }, []],
    ] as const;
    for (const [filter, expected] of table) {
      const { head, records } = await store.readStream({ stream, after: 0, limit: 10, filter });
      equals([head, records.map(({ cursor }) => cursor)], [5, expected], `filter ${JSON.stringify(filter)}`);
    }
    const filter = { labels: { userId: 'alice' } };
    equals(cursors(await store.readStream({ stream, after: 1, limit: 1, filter })), [2], 'the limit counts what fits');
    const newest = await store.readStream({ stream, after: 5, limit: 2, filter, order: 'newest' });
    equals(cursors(newest), [2, 1], 'backwards as well');
  }),

  storeCase('filters by every label that there is', async ({ store }) => {
    for (const [at, label] of LABELS.entries()) {
      receiptsOf(await store.commit([append(stream, draft(at, { labels: { [label]: 'one', userId: 'u' } }))]));
    }
    for (const [at, label] of LABELS.entries()) {
      const value = label === 'userId' ? 'u' : 'one';
      const page = await store.readStream({ stream, after: 0, limit: 99, filter: { labels: { [label]: value } } });
      equals(cursors(page), label === 'userId' ? LABELS.map((_, index) => index + 1) : [at + 1], `by ${label}`);
    }
  }),

  storeCase('takes a label that is undefined for one that is absent', async ({ store }) => {
    const given = draft(1, { labels: { userId: undefined, runId: 'run-1' } });
    receiptsOf(await store.commit([append(stream, given)]));
    const { records } = await store.readStream({ stream, after: 0, limit: 1 });
    equals(Object.keys(records[0]?.labels ?? {}), ['runId'], 'it is not kept');
  }),

  storeCase('filters by time, from the first moment up to before the last', async ({ store }) => {
    const times = [30, 10, 20, 20, 40];
    receiptsOf(await store.commit([append(stream, ...times.map((atMs, at) => draft(at, { atMs })))]));
    const table = [
      [{ fromMs: 20 }, [1, 3, 4, 5]],
      [{ fromMs: 21 }, [1, 5]],
      [{ toMs: 20 }, [2]],
      [{ toMs: 21 }, [2, 3, 4]],
      [{ fromMs: 20, toMs: 40 }, [1, 3, 4]],
      [{ fromMs: 20, toMs: 20 }, []],
      [{ fromMs: 0, toMs: 0 }, []],
      [{ fromMs: 20, kinds: ['seen'] }, []],
    ] as const;
    for (const [filter, expected] of table) {
      const page = await store.readStream({ stream, after: 0, limit: 9, filter });
      equals(cursors(page), expected, `filter ${JSON.stringify(filter)}`);
    }
    const newest = await store.readStream({ stream, after: 0, limit: 2, filter: { fromMs: 20 }, order: 'newest' });
    equals(cursors(newest), [5, 4], 'backwards as well');
  }),

  storeCase('takes a record of the largest size and refuses a larger one', async ({ store }) => {
    const overhead = JSON.stringify({ text: '' }).length;
    const body = (bytes: number) => ({ text: 'é'.repeat(Math.floor((bytes - overhead) / 2)) });
    const largest = draft(1, { body: body(STREAM_RECORD_BYTES_MAX) });
    receiptsOf(await store.commit([append(stream, largest)]));
    const { records } = await store.readStream({ stream, after: 0, limit: 1 });
    equals(records[0]?.body['text'] === largest.body['text'], true, 'it is read back whole');
    const larger = store.commit([append(stream, draft(2, { body: body(STREAM_RECORD_BYTES_MAX + 2) }))]);
    await rejects(larger, ['host-api/invalid_value'], 'bytes are counted, not characters');
    equals((await store.readStream({ stream, after: 1, limit: 1 })).head, 1, 'nothing was appended');
  }),

  storeCase('accepts an append of nothing', async ({ store }) => {
    equals(cursorsOf(await store.commit([append(stream)])), [], 'there are no cursors');
    equals((await store.readStream({ stream, after: 0, limit: 1 })).head, 0, 'and no events');
  }),
];

function cursors(page: StreamPage): readonly number[] {
  return page.records.map(({ cursor }) => cursor);
}
