import { createInMemoryStore, parseTenantId, streamName } from '@reborn/host-api';
import { machineContract } from '@reborn/host-api/testkit';
import { subscriptionMachine } from '@reborn/events';
import { describe, expect, test } from 'vitest';

const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const cases = machineContract(subscriptionMachine, {
  path: { none: [], active: ['open'], gapped: ['open', 'miss'], terminated: ['open', 'terminate'] },
  command: (trigger, status) => {
    const from = status === 'gapped' ? 4 : 3;
    switch (trigger) {
      case 'open':
        return { command: { trigger, cursor: 3, stream } };
      case 'acknowledge':
        return { command: { trigger, from, to: 5, dead: false } };
      case 'fail':
        return { command: { trigger, from, pauseMs: 10 } };
      case 'pass':
        return { command: { trigger, from, to: 5 } };
      case 'miss':
        return { command: { trigger, from, through: from + 1 } };
      case 'learn_gap':
        return { command: { trigger, through: 4 } };
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
  type Row = Parameters<typeof subscriptionMachine.index>[0];
  type Command = Parameters<typeof subscriptionMachine.decide>[1];
  const decide = (command: Command, from: Row = row) => subscriptionMachine.decide(from, command, { nowMs: 100 });

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

  test('stays where it is when it is opened again, and learns what it takes of which stream', () => {
    const filter = { kinds: ['run_submitted'] };
    const open = { trigger: 'open', cursor: 77, stream, filter } as const;
    expect(decide(open)).toEqual({ kind: 'write', row: { ...row, stream, filter } });
    expect(decide(open, { ...row, stream, filter })).toEqual({ kind: 'keep' });
    const everything = { trigger: 'open', cursor: 77, stream } as const;
    expect(decide(everything, { ...row, stream, filter })).toEqual({ kind: 'write', row: { ...row, stream } });
  });

  test('is listed by its stream, and one of an earlier version apart from all streams', () => {
    expect([subscriptionMachine.index({ ...row, stream }), subscriptionMachine.index(row)]).toEqual([
      { owner: streamName(stream), status: 'active', rank: 3 },
      { owner: 'subscription', status: 'active', rank: 3 },
    ]);
  });

  test('is passed on while it is idle, only from where it was seen and with the filter it was seen with', () => {
    const pass = { trigger: 'pass', from: 3, to: 9 } as const;
    expect(decide(pass)).toEqual({ kind: 'write', row: { ...row, cursor: 9 } });
    expect(decide({ ...pass, filter: { kinds: ['run_failed'] } })).toEqual({
      kind: 'refuse',
      reason: 'filter_changed',
    });
    expect(decide({ ...pass, from: 2 })).toEqual({ kind: 'refuse', reason: 'cursor_moved' });
    expect(decide({ ...pass, to: 3 })).toEqual({ kind: 'refuse', reason: 'cursor_backwards' });
  });

  test('remembers one gap, from the first record it missed to the last, until it has heard of it', () => {
    const gapped = {
      ...row,
      status: 'gapped',
      cursor: 7,
      attempt: 0,
      retryAtMs: 0,
      gap: { after: 3, through: 7 },
    } as const;
    expect(decide({ trigger: 'miss', from: 3, through: 7 })).toEqual({ kind: 'write', row: gapped });
    expect(decide({ trigger: 'miss', from: 3, through: 3 })).toEqual({ kind: 'refuse', reason: 'cursor_backwards' });
    expect(decide({ trigger: 'miss', from: 7, through: 9 }, gapped)).toMatchObject({
      row: { gap: { after: 3, through: 9 } },
    });
    expect(decide({ trigger: 'learn_gap', through: 6 }, gapped)).toEqual({ kind: 'refuse', reason: 'gap_moved' });
    const { gap: _, ...rest } = gapped;
    expect(decide({ trigger: 'learn_gap', through: 7 }, gapped)).toEqual({
      kind: 'write',
      row: { ...rest, status: 'active' },
    });
  });
});
