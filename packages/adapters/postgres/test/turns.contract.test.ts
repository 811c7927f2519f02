import { turnStoreContract } from '@reborn/turns/testkit';
import { describe, test } from 'vitest';
import { roomHarness } from './support.ts';

describe('Turns on PostgreSQL', () => {
  for (const { name, run } of turnStoreContract) test(name, async () => run(await roomHarness()));
});
