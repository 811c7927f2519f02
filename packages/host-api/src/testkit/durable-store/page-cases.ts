/** How much one page of a stream may hold. Not here: what stands in it (`stream-cases.ts`, `chain-cases.ts`). */
import { PAGE_BYTES_MAX, STREAM_RECORD_BYTES_MAX } from '../../limits.ts';
import { equals, holds } from '../contract-case.ts';
import { append, draft, receiptsOf, storeCase, streamOf } from './ticket.ts';

const stream = streamOf();
const LARGE = 6;
const COUNT = LARGE + 2;

/** The largest records there are, and two small ones behind them. */
const drafts = Array.from({ length: COUNT }, (_, at) =>
  at < LARGE ? draft(at + 1, { body: { text: 'x'.repeat(STREAM_RECORD_BYTES_MAX - 20) } }) : draft(at + 1),
);

export const pageCases = [
  storeCase('ends a page rather than hand out more bytes than it may hold, and says so', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts)]));
    for (const order of ['oldest', 'newest'] as const) {
      const found: number[] = [];
      const whole: boolean[] = [];
      for (let after = 0; found.length < COUNT; after = found.at(-1) ?? 0) {
        const page = await store.readStream({ stream, after, limit: 1000, order });
        holds(page.records.length > 0, 'a page holds one record at least');
        const bytes = page.records.reduce((sum, { body }) => sum + JSON.stringify(body).length, 0);
        holds(bytes <= PAGE_BYTES_MAX + STREAM_RECORD_BYTES_MAX, 'one record goes beyond the bound at most');
        whole.push(page.brokenOff !== true);
        found.push(...page.records.map(({ cursor }) => cursor));
      }
      const expected = drafts.map((_, at) => at + 1);
      equals(found, order === 'oldest' ? expected : expected.toReversed(), 'nothing is passed by');
      equals([whole[0], whole.at(-1)], [false, true], 'a page that holds fewer than there are says so');
    }
    const full = await store.readStream({ stream, after: 0, limit: 2 });
    equals([full.records.length, full.brokenOff], [2, undefined], 'one that holds what was asked for says nothing');
  }),

  storeCase('ends a raw page rather than hand out more bytes than it may hold', async ({ store }) => {
    receiptsOf(await store.commit([append(stream, ...drafts)]));
    const pages: number[][] = [];
    for (let after = 0; after < COUNT; after = pages.at(-1)?.at(-1) ?? COUNT) {
      const { records } = await store.readRaw({ stream, after, limit: 1000 });
      holds(records.length > 0, 'a page holds one record at least');
      const bytes = records.reduce((sum, { content }) => sum + (content?.bodyText.length ?? 0), 0);
      holds(bytes <= PAGE_BYTES_MAX + STREAM_RECORD_BYTES_MAX, 'one record goes beyond the bound at most');
      pages.push(records.map(({ cursor }) => cursor));
    }
    holds(pages.length > 1, 'it took more than one page');
    equals(
      pages.flat(),
      drafts.map((_, at) => at + 1),
      'nothing is passed by',
    );
  }),
];
