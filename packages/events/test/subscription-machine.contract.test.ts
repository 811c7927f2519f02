import { createInMemoryStore } from '@reborn/host-api';
import { machineContract } from '@reborn/host-api/testkit';
import { subscriptionMachine } from '@reborn/events';
import { describe, expect, test } from 'vitest';

const cases = machineContract(subscriptionMachine, {
  path: { none: [], active: ['open'], terminated: ['open', 'terminate'] },
  command: (trigger) => {
    switch (trigger) {
      case 'open':
        return { command: { trigger, cursor: 3 } };
      case 'acknowledge':
        return { command: { trigger, from: 3, to: 4, dead: false } };
      case 'fail':
        return { command: { trigger, from: 3, pauseMs: 10 } };
      case 'terminate':
        return { command: { trigger } };
    }
  },
});

describe('The subscription machine', () => {
  for (const { name, run } of cases) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }

  const row = { status: 'active', cursor: 3, attempt: 2, retryAtMs: 9, deadLetters: 1 } as const;
  const decide = (command: Parameters<typeof subscriptionMachine.decide>[1]) =>
    subscriptionMachine.decide(row, command, { nowMs: 100 });

  test('moves its cursor on from exactly where it is, and forgets the attempts', () => {
    expect(decide({ trigger: 'acknowledge', from: 3, to: 9, dead: false })).toEqual({
      kind: 'write',
      row: { ...row, cursor: 9, attempt: 0, retryAtMs: 0 },
    });
    expect(decide({ trigger: 'acknowledge', from: 3, to: 4, dead: true })).toMatchObject({ row: { deadLetters: 2 } });
  });

  test('refuses to move from elsewhere or backwards', () => {
    expect(decide({ trigger: 'acknowledge', from: 2, to: 4, dead: false })).toEqual({
      kind: 'refuse',
      reason: 'cursor_moved',
    });
    expect(decide({ trigger: 'fail', from: 4, pauseMs: 1 })).toEqual({ kind: 'refuse', reason: 'cursor_moved' });
    expect(decide({ trigger: 'acknowledge', from: 3, to: 3, dead: false })).toEqual({
      kind: 'refuse',
      reason: 'cursor_backwards',
    });
  });

  test('counts failures and sets the time of the next attempt by the clock of the writer', () => {
    expect(decide({ trigger: 'fail', from: 3, pauseMs: 50 })).toEqual({
      kind: 'write',
      row: { ...row, attempt: 3, retryAtMs: 150 },
    });
  });

  test('stays where it is when it is opened again', () => {
    expect(decide({ trigger: 'open', cursor: 77 })).toEqual({ kind: 'keep' });
  });
});
