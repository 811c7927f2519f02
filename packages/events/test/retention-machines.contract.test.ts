import { createInMemoryStore, parseTenantId } from '@reborn/host-api';
import { machineContract } from '@reborn/host-api/testkit';
import { pinMachine, retentionMachine } from '@reborn/events';
import { describe, expect, test } from 'vitest';

const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const by = { kind: 'host' } as const;

describe('The machines of retention', () => {
  const cases = [
    ...machineContract(pinMachine, {
      path: { none: [], pinned: ['pin'], released: ['pin', 'release'] },
      command: (trigger) => ({
        command: trigger === 'pin' ? { trigger, stream, cursor: 3, by } : { trigger, by },
      }),
    }),
    ...machineContract(retentionMachine, {
      path: { none: [], open: ['check'] },
      command: (trigger) => ({ command: trigger === 'change' ? { trigger } : { trigger, changes: 0 } }),
    }),
  ];
  for (const { name, run } of cases) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }

  test('refuse a cut that was planned before pins were changed', () => {
    const open = { status: 'open', changes: 2 } as const;
    const decide = (changes: number) => retentionMachine.decide(open, { trigger: 'check', changes }, { nowMs: 1 });
    expect([decide(1), decide(2), decide(3)]).toEqual([
      { kind: 'refuse', reason: 'pins_changed' },
      { kind: 'keep' },
      { kind: 'refuse', reason: 'pins_changed' },
    ]);
  });
});
