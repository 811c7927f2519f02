import { createInMemoryStore, parseSecretHandle, parseTenantId, type DurableStore } from '@reborn/host-api';
import { buildScope, createFakeCipher, createFakePlatform, machineContract } from '@reborn/host-api/testkit';
import { describe, onTestFinished, test } from 'vitest';
import { secretMachine } from '../src/secret/secret-machine.ts';
import { createStoredSecrets } from '../src/secret/stored-secrets.ts';
import { secretStoreContract, type SecretStoreHarness } from '../src/testkit/secret-store-contract.ts';
import { BACKENDS, openStore, type Backend } from './open-store.ts';

describe.each(BACKENDS)('Stored secrets on %s', (backend) => {
  for (const { name, run } of secretStoreContract) {
    test(name, async () => run(await harnessOn(backend)));
  }
});

async function harnessOn(backend: Backend): Promise<SecretStoreHarness> {
  const { clock, ids } = createFakePlatform();
  const store: DurableStore = await openStore(backend, [secretMachine], clock);
  onTestFinished(() => store.close());
  return {
    open: async (key) => {
      const cipher = key === undefined ? undefined : createFakeCipher(key);
      return { secrets: createStoredSecrets({ store, clock, ids, cipher }), units: store };
    },
    audit: async () => {
      const stream = { family: 'audit', tenantId: parseTenantId('acme') } as const;
      const { records } = await store.readStream({ stream, after: 0, limit: 1000 });
      return records.map(({ kind, body: { scope, handle, by, how } }) => ({ kind, scope, handle, by, how }) as never);
    },
  };
}

const { tenantId, userId } = buildScope();
const secret = { owner: { tenantId, userId }, handle: parseSecretHandle('forge.token') };

describe('A secret as a record', () => {
  const cases = machineContract(secretMachine, {
    path: { none: [], stored: ['store'], removed: ['store', 'remove'] },
    command: (trigger, from) => {
      const version = { none: 1, stored: 2, removed: 3 }[from];
      return { command: trigger === 'store' ? { trigger, ...secret, version, sealed: 'AAAA' } : { trigger, version } };
    },
  });
  for (const { name, run } of cases) {
    test(name, () => run({ open: async (opening) => createInMemoryStore(opening) }));
  }
});
