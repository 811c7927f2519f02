import type { StoreOpening } from '@reborn/host-api';
import { durableStoreContract } from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';
import { sqlite } from '../src/index.ts';
import { temporaryFile } from './support.ts';

describe('durable store contract, on SQLite', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, async () => {
      let file = '';
      const open = async (opening: StoreOpening) => {
        file = await temporaryFile();
        return sqlite(file).open(opening);
      };
      await run({ open, reopen: (opening) => sqlite(file).open(opening) });
    });
  }
});
