/**
 * I3: a change and its event are there together or not at all.
 *
 * Not here: units as a whole (`all-or-nothing.ts`), the changes that are looked at (`tally.ts`).
 * Source: the project's measures, B1.
 */
import type { StoreImage } from './store-image.ts';
import { tallyMachine } from './tally.ts';
import { violation, type Violation } from './violation.ts';

/** The kind of the events that go with a change. */
export const TALLIED_KIND = 'tallied';

/** Looks at events of one kind, in streams that were not cut, and at the tallies that name them. */
export function checkChangeWithEvent(image: StoreImage): readonly Violation[] {
  const events = new Set<string>();
  for (const { records } of image.streams.values()) {
    for (const { eventId, content } of records) if (content?.kind === TALLIED_KIND) events.add(eventId);
  }
  const changes = new Set<string>();
  for (const row of image.rows.get(tallyMachine.name)?.values() ?? []) {
    for (const eventId of tallyMachine.row.parse(row).eventIds) changes.add(eventId);
  }
  return [
    ...[...events]
      .filter((eventId) => !changes.has(eventId))
      .map(() => violation('I3', 'an event is there without its change')),
    ...[...changes]
      .filter((eventId) => !events.has(eventId))
      .map(() => violation('I3', 'a change is there without its event')),
  ];
}
