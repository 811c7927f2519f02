/**
 * A state change that names its event: each unit adds an event's id to a tally and appends the event. What they share is
 * what I3 is checked by.
 *
 * Not here: the check (`change-with-event.ts`).
 */
import { defineMachine, eventIdSchema, transition, type Decision, type TransitionWrite } from '@reborn/host-api';
import { z } from 'zod';

/** A tally is full then: what is rewritten with each change stays small. */
export const TALLY_EVENTS_MAX = 64;

const tallyRowSchema = z.strictObject({ status: z.enum(['open', 'full']), eventIds: z.array(eventIdSchema) });
type TallyRow = z.infer<typeof tallyRowSchema>;
const tallyCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('add'), eventId: eventIdSchema }),
  z.strictObject({ trigger: z.literal('check_full') }),
]);
type TallyCommand = z.infer<typeof tallyCommandSchema>;

/** Adding is idempotent. Refusals: `add_from_full`, `check_full_from_…`, `tally_open`. */
export const tallyMachine = defineMachine<TallyRow, TallyCommand>({
  name: 'tally',
  module: import.meta.url,
  row: tallyRowSchema,
  command: tallyCommandSchema,
  transitions: [
    { from: 'none', trigger: 'add', to: 'open' },
    { from: 'open', trigger: 'add', to: 'open' },
    { from: 'open', trigger: 'add', to: 'full' },
    { from: 'full', trigger: 'check_full', to: 'full' },
  ],
  decide: decideTally,
  index: ({ status, eventIds }) => ({ owner: 'tally', status, rank: eventIds.length }),
});

export function addToTally(key: string, eventId: z.infer<typeof eventIdSchema>): TransitionWrite {
  return transition(tallyMachine, key, { trigger: 'add', eventId });
}

/** Guards a unit: refused as long as there is room. */
export function checkTallyFull(key: string): TransitionWrite {
  return transition(tallyMachine, key, { trigger: 'check_full' });
}

function decideTally(row: TallyRow | undefined, command: TallyCommand): Decision<TallyRow> {
  switch (command.trigger) {
    case 'check_full':
      return { kind: 'keep' };
    case 'add': {
      if (row?.eventIds.includes(command.eventId) === true) return { kind: 'keep' };
      const eventIds = [...(row?.eventIds ?? []), command.eventId];
      return { kind: 'write', row: { status: eventIds.length < TALLY_EVENTS_MAX ? 'open' : 'full', eventIds } };
    }
  }
}
