import { describe, test } from 'node:test';
import { durableStoreContract } from '@reborn/host-api/testkit';
import { openOwnStore } from '../src/own-store.ts';
import { newFile } from './files.ts';

describe('The store', () => {
  for (const { name, run } of durableStoreContract) {
    test(name, () => {
      let file = '';
      return run({
        open: (opening) => openOwnStore((file = newFile()), opening),
        reopen: (opening) => openOwnStore(file, opening),
      });
    });
  }
});
