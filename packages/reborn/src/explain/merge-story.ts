/**
 * The streams of the log as one story, in the order in which things happened.
 *
 * Not here: reading them (`../explain.ts`), what comes first within one millisecond (`story-standing.ts`), what a call makes
 * of its part (`call-stages.ts`).
 */
import type { InvocationId } from '@reborn/host-api';
import type { LogFamily, LogRecord } from '@reborn/events';
import { StoryStanding, type Place } from './story-standing.ts';

/** One thing that happened. Order: as it happened. Units: milliseconds since 1970. */
export interface StoryItem {
  readonly atMs: number;
  readonly family: LogFamily;
  readonly cursor: number;
  readonly record: LogRecord;
}

/**
 * Each stream keeps its own order; between streams time decides, and within one millisecond what leads to what. `steps`:
 * the calls of a run by the answers of its model, in order.
 */
export function mergeStory(
  streams: readonly (readonly StoryItem[])[],
  steps: readonly (readonly InvocationId[])[] = [],
): readonly StoryItem[] {
  const rest = streams.flatMap(withoutProjected).map((items) => [...items]);
  const standing = new StoryStanding(steps);
  const merged: StoryItem[] = [];
  for (;;) {
    const heads = rest
      .filter((items) => items.length > 0)
      .map((items) => ({ items, place: placeOf(standing, items[0]) }))
      .toSorted((left, right) => comparePlaces(left.place, right.place));
    const next = heads[0]?.items.shift();
    if (next === undefined) return merged;
    merged.push(next);
    standing.take(next.record);
  }
}

/** What was projected into the log stands behind what was written to it meanwhile: it is a stream of its own here. */
function withoutProjected(items: readonly StoryItem[]): readonly (readonly StoryItem[])[] {
  const isProjected = (item: StoryItem): boolean => item.record.kind.startsWith('run_');
  return [items.filter(isProjected), items.filter((item) => !isProjected(item))];
}

function placeOf(standing: StoryStanding, item: StoryItem | undefined): Place {
  return item === undefined ? [Infinity, 0, 0, 0, 0] : standing.placeOf(item.record);
}

function comparePlaces(left: Place, right: Place): number {
  const at = left.findIndex((part, index) => part !== right[index]);
  return (left[at] ?? 0) - (right[at] ?? 0);
}
