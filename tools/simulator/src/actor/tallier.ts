/**
 * Changes a record of a machine and appends the event of the change in one unit; and asks for units that are refused
 * behind their append.
 *
 * Not here: the machine (`../invariant/tally.ts`).
 */
import { parseEventId, type AppendWrite } from '@reborn/host-api';
import { checkChangeWithEvent, TALLIED_KIND } from '../invariant/change-with-event.ts';
import { addToTally, checkTallyFull } from '../invariant/tally.ts';
import type { World } from '../world/world.ts';
import type { Actor, Operation } from './actor.ts';
import { drawDraft, OPEN_STREAMS, TALLY_STREAM } from './streams.ts';

const TALLIES = 8;

export function createTallier(world: World): Actor {
  const add: Operation = {
    name: 'tally.add',
    weight: 8,
    run: async ({ process, random }) => {
      const eventId = parseEventId(process.platform.ids.uuid());
      const event: AppendWrite = {
        kind: 'append',
        stream: TALLY_STREAM,
        records: [drawDraft(process, random, { eventId, kind: TALLIED_KIND })],
      };
      const change = addToTally(`tally-${random.between(1, TALLIES)}`, eventId);
      await process.store.commit(random.chance(0.5) ? [change, event] : [event, change]);
    },
  };
  const refused: Operation = {
    name: 'tally.refused',
    weight: 3,
    run: async ({ process, random }) => {
      const stream = random.pick(OPEN_STREAMS);
      const event: AppendWrite = { kind: 'append', stream, records: [drawDraft(process, random)] };
      const outcome = await process.store.commit([event, checkTallyFull(`tally-${random.between(1, TALLIES)}`)]);
      if (outcome.kind === 'conflict') world.options.sometimes('a unit was refused behind an append');
    },
  };
  return { operations: [add, refused], checkAlways: checkChangeWithEvent };
}
