/**
 * I2: a unit without an answer is wholly present or absent, a refused one absent; trying again adds nothing.
 *
 * Not here: state changes beside the events (`change-with-event.ts`).
 * Source: the project's measures, B1.
 */
import { streamName } from '@reborn/host-api';
import { eventIdsOf } from './asked-events.ts';
import type { AskedUnit, History, Intent } from './history.ts';
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

export function checkAllOrNothing(history: History, image: StoreImage): readonly Violation[] {
  const present = new Set<string>();
  for (const [name, { records }] of image.streams) for (const { eventId } of records) present.add(`${name} ${eventId}`);
  const askedBy = countUnits(history);
  return [
    ...history.units.flatMap((unit, number) => checkUnit(unit, number, image, present, askedBy)),
    ...history.intents.flatMap((intent) => checkIntent(intent, image, present)),
  ];
}

/** How many units that may have happened ask for an event. */
function countUnits(history: History): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const unit of history.units) {
    if (unit.outcome.kind === 'refused') continue;
    for (const key of new Set(eventIdsOf(unit).map((pair) => pair.join(' '))))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function checkUnit(
  unit: AskedUnit,
  number: number,
  image: StoreImage,
  present: ReadonlySet<string>,
  askedBy: ReadonlyMap<string, number>,
): readonly Violation[] {
  const events = eventIdsOf(unit);
  const keys = events.map((pair) => pair.join(' '));
  if (unit.outcome.kind === 'refused') {
    const left = keys.filter((key) => present.has(key) && !askedBy.has(key));
    return left.length === 0 ? [] : [violation('I2', `unit ${number} was refused and left ${left.length} events`)];
  }
  // What is not there from a stream that was cut may have been there.
  const isCut = events.some(([name]) => (image.streams.get(name)?.earliest ?? 1) > 1);
  const own = keys.filter((key) => askedBy.get(key) === 1);
  const there = own.filter((key) => present.has(key));
  if (isCut || there.length === 0 || keys.every((key) => present.has(key))) return [];
  return [violation('I2', `unit ${number} is there in part: ${there.length} of ${keys.length} events`)];
}

function checkIntent({ stream, tries }: Intent, image: StoreImage, present: ReadonlySet<string>): readonly Violation[] {
  const name = streamName(stream);
  const happened = tries.filter((ids) => ids.some((eventId) => present.has(`${name} ${eventId}`)));
  const distinct = new Set(happened.map((ids) => ids.join(' ')));
  if (distinct.size <= 1) return [];
  return [
    violation('I2', `${name}: one intent has happened ${distinct.size} times (head ${image.streams.get(name)?.head})`),
  ];
}
