import { createInMemoryStore, parseTenantId } from '@reborn/host-api';
import { machineContract } from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';
import { hookIdSchema, hookPoisonMachine } from '../src/index.ts';

const cases = machineContract(hookPoisonMachine, {
  path: { none: [], poisoned: ['poison'] },
  command: (trigger) => {
    const hookId = hookIdSchema.parse(`hook:${'a'.repeat(64)}`);
    return { command: { trigger, hookId, tenantId: parseTenantId('acme'), category: 'panic' as const, ttlMs: 1_000 } };
  },
});

describe('The poison machine', () => {
  for (const { name, run } of cases) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});
