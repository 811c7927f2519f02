import { createInMemoryStore, parseEventId } from '@reborn/host-api';
import { fixedUuid, machineContract } from '@reborn/host-api/testkit';
import { tallyMachine } from '@reborn/simulator';
import { describe, expect, test } from 'vitest';

let events = 0;
const add = (): { readonly trigger: 'add'; readonly eventId: ReturnType<typeof parseEventId> } => ({
  trigger: 'add',
  eventId: parseEventId(fixedUuid((events += 1))),
});

const cases = machineContract(tallyMachine, {
  path: { none: [], open: ['add'], full: Array.from({ length: 64 }, () => 'add' as const) },
  command: (trigger) => ({ command: trigger === 'add' ? add() : { trigger } }),
});

describe('The tally', () => {
  for (const { name, run } of cases) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }

  test('names an event once, however often it is added', () => {
    const command = add();
    const row = { status: 'open', eventIds: [command.eventId] } as const;
    expect(tallyMachine.decide({ ...row, eventIds: [...row.eventIds] }, command, { nowMs: 0 })).toEqual({
      kind: 'keep',
    });
  });
});
