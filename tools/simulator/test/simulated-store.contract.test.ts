import { durableStoreContract } from '@reborn/host-api/testkit';
import { createSimulatedBackend } from '@reborn/simulator';
import { describe, test } from 'vitest';

describe('The simulated store', () => {
  for (const { name, run } of durableStoreContract) test(name, () => run(createSimulatedBackend(name)));
});
