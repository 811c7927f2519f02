import type { StoreOpening } from '@reborn/host-api';
import { durableStoreContract } from '@reborn/host-api/testkit';
import { describe, inject, test } from 'vitest';
import { postgres } from '../src/index.ts';
import { emptySchema } from './support.ts';

describe('durable store contract, on PostgreSQL', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, async () => {
      let schema = '';
      const openIn = (opening: StoreOpening) => postgres(inject('postgresUrl'), { schema, time: 'host' }).open(opening);
      const open = async (opening: StoreOpening) => {
        schema = await emptySchema();
        return openIn(opening);
      };
      await run({ open, reopen: openIn });
    });
  }
});
