/**
 * What was asked of each stream: every content that an event id was sent with, and what retention was asked to take.
 *
 * Not here: what is there (`store-image.ts`).
 */
import { streamName, type RawContent, type RecordDraft, type Write } from '@reborn/host-api';
import type { AskedUnit, History } from './history.ts';

export interface AskedStream {
  /** By event id: contents as text, of units that were not refused. */
  readonly contents: Map<string, Set<string>>;
  /** The furthest cut that was asked for. */
  cutThrough: number;
  readonly removed: Set<number>;
}

export function askedByStream(history: History): ReadonlyMap<string, AskedStream> {
  const streams = new Map<string, AskedStream>();
  for (const { writes, outcome } of history.units) {
    if (outcome.kind === 'refused') continue;
    for (const write of writes) note(streams, write);
  }
  return streams;
}

/** The event ids that a unit appends, by the name of the stream. */
export function eventIdsOf({ writes }: AskedUnit): readonly (readonly [string, string])[] {
  return writes.flatMap((write) =>
    write.kind === 'append' ? write.records.map(({ eventId }) => [streamName(write.stream), eventId] as const) : [],
  );
}

/** A content as text that is equal exactly for equal contents. */
export function contentText(content: RawContent): string {
  const known = texts.get(content);
  if (known !== undefined) return known;
  const { kind, atMs, labels, bodyText } = content;
  const sorted = Object.entries(labels).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([kind, atMs, sorted.toSorted(([left], [right]) => (left < right ? -1 : 1)), bodyText]);
  texts.set(content, text);
  return text;
}

/** What was asked and what is there does not change: it is put into words once. */
const texts = new WeakMap<object, string>();

/** As `contentText`; a draft that was noted does not change. */
function draftText(draft: RecordDraft): string {
  const known = texts.get(draft);
  if (known !== undefined) return known;
  const { eventId: _, body, ...content } = draft;
  const text = contentText({ ...content, bodyText: JSON.stringify(body) });
  texts.set(draft, text);
  return text;
}

function note(streams: Map<string, AskedStream>, write: Write): void {
  if (write.kind === 'transition') return;
  const name = streamName(write.stream);
  const asked = streams.get(name) ?? { contents: new Map(), cutThrough: 0, removed: new Set() };
  streams.set(name, asked);
  switch (write.kind) {
    case 'append':
      for (const draft of write.records) addContent(asked, draft.eventId, draftText(draft));
      return;
    case 'import':
      asked.cutThrough = Math.max(asked.cutThrough, write.base.cursor);
      for (const { cursor, eventId, content } of write.records) {
        if (content === undefined) asked.removed.add(cursor);
        addContent(asked, eventId, content === undefined ? '' : contentText(content));
      }
      return;
    case 'remove':
      for (const cursor of write.cursors) asked.removed.add(cursor);
      return;
    case 'truncate':
      asked.cutThrough = Math.max(asked.cutThrough, write.through);
  }
}

function addContent({ contents }: AskedStream, eventId: string, text: string): void {
  contents.set(eventId, (contents.get(eventId) ?? new Set()).add(text));
}
