/**
 * I1: every acknowledged append is present, byte-equal, at its cursor; cursors are gapless; no event that nobody asked for.
 * What a reader has seen stays, and so does what retention has taken.
 *
 * Not here: units without an answer (`all-or-nothing.ts`).
 * Source: the project's measures, B1.
 */
import {
  chainOrigin,
  linkHolds,
  streamName,
  type RawRecord,
  type Sha256Hex,
  type Write,
  type WriteReceipt,
} from '@reborn/host-api';
import { askedByStream, contentText, type AskedStream } from './asked-events.ts';
import type { History, SeenRecord } from './history.ts';
import type { StoreImage, StreamImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

export function checkAcknowledged(history: History, image: StoreImage, sha256Hex: Sha256Hex): readonly Violation[] {
  const asked = askedByStream(history);
  const found: Violation[] = [];
  for (const [name, stream] of image.streams) {
    found.push(...checkForm(name, stream, sha256Hex), ...checkRequested(name, stream, asked.get(name)));
  }
  for (const { writes, outcome } of history.units) {
    if (outcome.kind !== 'committed') continue;
    for (const [at, write] of writes.entries()) {
      const receipt = outcome.receipts[at];
      if (write.kind !== 'transition')
        found.push(...checkKept(write, receipt, image.streams.get(streamName(write.stream))));
    }
  }
  for (const record of history.seen) found.push(...checkSeen(record, image.streams.get(streamName(record.stream))));
  return found;
}

function checkForm(name: string, stream: StreamImage, sha256Hex: Sha256Hex): readonly Violation[] {
  const found: Violation[] = [];
  const wrong = (sentence: string): void => void found.push(violation('I1', `${name}: ${sentence}`));
  const { head, earliest, baseChain, headChain, records } = stream;
  const gap = records.findIndex(({ cursor }, at) => cursor !== earliest + at);
  if (gap >= 0) wrong(`cursor ${earliest + gap} is missing, ${records[gap]?.cursor} stands there`);
  if (records.length !== head - earliest + 1) wrong(`${records.length} records from ${earliest} to ${head}`);
  if (new Set(records.map(({ eventId }) => eventId)).size !== records.length) wrong('an event is there twice');
  if (earliest === 1 && baseChain !== chainOrigin(sha256Hex, stream.stream)) wrong('the chain has another origin');
  let before = baseChain;
  for (const record of records) {
    if (!isLinked(sha256Hex, before, record)) wrong(`the chain breaks at ${record.cursor}`);
    before = record.chain;
  }
  if (before !== headChain) wrong('the chain ends elsewhere than the stream');
  return found;
}

/** A record does not change: its link is computed once. */
const linked = new WeakMap<RawRecord, string>();

function isLinked(sha256Hex: Sha256Hex, before: string, record: RawRecord): boolean {
  if (linked.get(record) === before) return true;
  if (!linkHolds(sha256Hex, before, record)) return false;
  linked.set(record, before);
  return true;
}

function checkRequested(name: string, { earliest, records }: StreamImage, asked?: AskedStream): readonly Violation[] {
  const found: Violation[] = [];
  const wrong = (sentence: string): void => void found.push(violation('I1', `${name}: ${sentence}`));
  if (earliest > (asked?.cutThrough ?? 0) + 1) wrong(`begins at ${earliest}, further than anybody cut it`);
  for (const { cursor, eventId, content } of records) {
    const contents = asked?.contents.get(eventId);
    if (contents === undefined) wrong(`nobody asked for the event at ${cursor}`);
    else if (content === undefined && asked?.removed.has(cursor) !== true)
      wrong(`nobody removed the content at ${cursor}`);
    else if (content !== undefined && !contents.has(contentText(content)))
      wrong(`the event at ${cursor} is another one`);
  }
  return found;
}

function checkKept(
  write: Exclude<Write, { kind: 'transition' }>,
  receipt: WriteReceipt | undefined,
  stream?: StreamImage,
): readonly Violation[] {
  const name = streamName(write.stream);
  switch (write.kind) {
    case 'append':
      return checkAppended(name, write.records, receipt?.kind === 'appended' ? receipt.cursors : [], stream);
    case 'truncate': {
      const isCut = stream === undefined || stream.head === 0 || stream.earliest > write.through;
      return isCut ? [] : [violation('I1', `${name}: what was cut off up to ${write.through} is back`)];
    }
    case 'remove': {
      const back = write.cursors.filter((cursor) => stream !== undefined && at(stream, cursor)?.content !== undefined);
      return back.map((cursor) => violation('I1', `${name}: the removed content at ${cursor} is back`));
    }
    case 'import':
      return write.records.flatMap(({ cursor, eventId }) => checkPlace(name, cursor, eventId, stream));
  }
}

function checkAppended(
  name: string,
  records: readonly { readonly eventId: string }[],
  cursors: readonly number[],
  stream: StreamImage | undefined,
): readonly Violation[] {
  if (cursors.length !== records.length)
    return [violation('I1', `${name}: an append was acknowledged without cursors`)];
  return records.flatMap(({ eventId }, index) => checkPlace(name, cursors[index] ?? 0, eventId, stream));
}

function checkPlace(
  name: string,
  cursor: number,
  eventId: string,
  stream: StreamImage | undefined,
): readonly Violation[] {
  if (stream !== undefined && cursor < stream.earliest) return [];
  const record = stream === undefined ? undefined : at(stream, cursor);
  if (record === undefined) return [violation('I1', `${name}: the acknowledged record at ${cursor} is missing`)];
  if (record.eventId === eventId) return [];
  return [violation('I1', `${name}: another record stands at the acknowledged cursor ${cursor}`)];
}

function checkSeen(
  { stream, cursor, eventId, chain }: SeenRecord,
  kept: StreamImage | undefined,
): readonly Violation[] {
  if (kept !== undefined && cursor < kept.earliest) return [];
  const record = kept === undefined ? undefined : at(kept, cursor);
  if (record?.eventId === eventId && record.chain === chain) return [];
  return [violation('I1', `${streamName(stream)}: the record that was shown at ${cursor} is gone`)];
}

/** Wherever it stands: a stream with a gap is one violation, not all of them. */
function at({ records, earliest }: StreamImage, cursor: number): RawRecord | undefined {
  const expected = records[cursor - earliest];
  return expected?.cursor === cursor ? expected : records.find((record) => record.cursor === cursor);
}
