/**
 * What was asked of each stream: every content that an event id was sent with, and what retention was asked to take.
 *
 * Not here: what is there (`store-image.ts`).
 */
import { streamName, type RawContent, type Write } from '@reborn/host-api';
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
export function contentText({ kind, atMs, labels, bodyText }: RawContent): string {
  const sorted = Object.entries(labels).filter(([, value]) => value !== undefined);
  return JSON.stringify([kind, atMs, sorted.toSorted(([left], [right]) => (left < right ? -1 : 1)), bodyText]);
}

function note(streams: Map<string, AskedStream>, write: Write): void {
  if (write.kind === 'transition') return;
  const name = streamName(write.stream);
  const asked = streams.get(name) ?? { contents: new Map(), cutThrough: 0, removed: new Set() };
  streams.set(name, asked);
  switch (write.kind) {
    case 'append':
      for (const { eventId, body, ...content } of write.records) {
        addContent(asked, eventId, contentText({ ...content, bodyText: JSON.stringify(body) }));
      }
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
