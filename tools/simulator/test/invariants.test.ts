import {
  createInMemoryStore,
  leaseMachine,
  parseEventId,
  parseTenantId,
  type HeadAnchor,
  type RecordDraft,
  type StreamKey,
} from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import {
  addToTally,
  checkAcknowledged,
  checkAllOrNothing,
  checkChangeWithEvent,
  checkFencing,
  checkHeadAnchor,
  createHistory,
  FENCED_KIND,
  readStoreImage,
  recordUnits,
  TAKEN_KIND,
  TALLIED_KIND,
  tallyMachine,
  type HistoryRecorder,
  type StoreImage,
  type StreamImage,
} from '@reborn/simulator';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';

const stream: StreamKey = { family: 'journal', tenantId: parseTenantId('acme') };
const name = 'journal|acme';
const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Three records, the second with its change, the third in a unit without an answer. */
async function begin() {
  const history = createHistory();
  const store = createInMemoryStore({ machines: [tallyMachine, leaseMachine], ...createFakePlatform() });
  const recorded = recordUnits(store, history);
  await recorded.commit([{ kind: 'append', stream, records: [draft(1)] }]);
  await recorded.commit([
    addToTally('t', draft(2).eventId),
    { kind: 'append', stream, records: [draft(2, TALLIED_KIND)] },
  ]);
  const lost = { kind: 'append', stream, records: [draft(3), draft(4)] } as const;
  await store.commit([lost]);
  history.ask([lost]);
  return { history, image: await readStoreImage(store, [tallyMachine.name]) };
}

function check(history: HistoryRecorder, image: StoreImage): readonly string[] {
  const found = [
    ...checkAcknowledged(history, image, sha256Hex),
    ...checkAllOrNothing(history, image),
    ...checkChangeWithEvent(image),
    ...checkFencing(history, image),
    ...checkHeadAnchor(history, image),
  ];
  return [...new Set(found.map(({ invariant }) => invariant))];
}

describe('The invariants', () => {
  test('hold of a store that did what it said', async () => {
    const { history, image } = await begin();
    expect(check(history, image)).toEqual([]);
  });

  test.each<[string, (stream: StreamImage) => StreamImage, readonly string[]]>([
    ['an acknowledged record is missing', (one) => ({ ...one, records: one.records.slice(1) }), ['I1']],
    [
      'a record stands elsewhere',
      ({ records, ...one }) => ({ ...one, records: [at(records, 1), at(records, 0), ...records.slice(2)] }),
      ['I1'],
    ],
    ['a body was changed', (one) => changeText(one, 0), ['I1']],
    ['the end of a unit is missing', (one) => cutEnd(one, 1), ['I2']],
    ['everything that was acknowledged is missing', (one) => cutEnd(one, 4), ['I1', 'I3']],
    ['the stream begins later than anybody cut it', (one) => beginLater(one), ['I1', 'I3']],
    ['a link is another one', (one) => ({ ...one, headChain: 'f'.repeat(64) }), ['I1']],
  ])('are broken when %s', async (_sentence, change, expected) => {
    const { history, image } = await begin();
    expect(check(history, withStream(image, change))).toEqual(expected);
  });

  test('are broken by a record that nobody asked for, or that was refused', async () => {
    const { history, image } = await begin();
    const units = history.units.map((unit) =>
      unit.outcome.kind === 'unknown' ? { ...unit, outcome: { kind: 'refused' as const } } : unit,
    );
    expect(check({ ...history, units }, image)).toEqual(['I1', 'I2']);
  });

  test('are broken when one intent happened twice', async () => {
    const { history, image } = await begin();
    const tryOf = history.intend(stream);
    tryOf([draft(1).eventId]);
    expect(check(history, image)).toEqual([]);
    tryOf([draft(3).eventId]);
    expect(check(history, image)).toEqual(['I2']);
  });

  test('are broken when a change is there without its event', async () => {
    const { history, image } = await begin();
    const eventIds = [draft(2).eventId, draft(9).eventId];
    const rows = new Map([[tallyMachine.name, new Map([['t', { status: 'open', eventIds }]])]]);
    expect(check(history, { ...image, rows })).toEqual(['I3']);
  });

  test('are broken when somebody writes under a lease that was taken from him', async () => {
    const write = (number: number, kind: string, holder: string) => ({
      ...draft(number, kind),
      body: { leaseKey: 'l', holder },
    });
    const written = async (...records: readonly RecordDraft[]) => {
      const history = createHistory();
      const store = recordUnits(createInMemoryStore({ machines: [], ...createFakePlatform() }), history);
      await store.commit([{ kind: 'append', stream, records }]);
      return check(history, await readStoreImage(store, []));
    };
    const [first, fenced, second] = [write(1, TAKEN_KIND, 'a'), write(2, FENCED_KIND, 'a'), write(3, TAKEN_KIND, 'b')];
    expect(await written(first, fenced, second)).toEqual([]);
    expect(await written(first, second, fenced)).toEqual(['I7']);
  });

  test('are broken when a store is opened below its anchor, or with another link there', async () => {
    const { history, image } = await begin();
    const chain = image.streams.get(name)?.records[1]?.chain ?? '';
    const withAnchor = (anchor: HeadAnchor) => check(history, { ...image, anchor });
    expect(withAnchor({ stream, cursor: 2, chain })).toEqual([]);
    expect(withAnchor({ stream, cursor: 2, chain: 'f'.repeat(64) })).toEqual(['I13']);
    expect(withAnchor({ stream, cursor: 9, chain })).toEqual(['I13']);
  });

  test('are broken when what a reader was shown is gone', async () => {
    const { history, image } = await begin();
    const shown = image.streams.get(name)?.records[3];
    if (shown !== undefined) history.see({ stream, cursor: 4, eventId: shown.eventId, chain: shown.chain });
    expect(check(history, image)).toEqual([]);
    expect(
      check(
        history,
        withStream(image, (one) => cutEnd(one, 2)),
      ),
    ).toEqual(['I1']);
  });
});

function draft(number: number, kind = 'noted'): RecordDraft {
  return { eventId: parseEventId(fixedUuid(number)), kind, atMs: 1, labels: { userId: 'u' }, body: { number } };
}

function withStream(image: StoreImage, change: (stream: StreamImage) => StreamImage): StoreImage {
  const streams = [...image.streams].map(([key, one]) => [key, change(one)] as const);
  return { ...image, streams: new Map(streams) };
}

function at<Item>(items: readonly Item[], index: number): Item {
  return items[index] as Item;
}

function changeText(one: StreamImage, index: number): StreamImage {
  const records = one.records.map((record, place) =>
    place === index && record.content !== undefined
      ? { ...record, content: { ...record.content, bodyText: '{"number":7}' } }
      : record,
  );
  return { ...one, records };
}

function cutEnd(one: StreamImage, count: number): StreamImage {
  const records = one.records.slice(0, one.records.length - count);
  return { ...one, records, head: one.head - count, headChain: records.at(-1)?.chain ?? one.baseChain };
}

function beginLater(one: StreamImage): StreamImage {
  return { ...one, earliest: 3, baseChain: at(one.records, 1).chain, records: one.records.slice(2) };
}
