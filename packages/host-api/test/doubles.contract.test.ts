import { parseVirtualPath } from '@reborn/host-api';
import {
  cipherContract,
  createFakeCipher,
  createFakePlatform,
  createInMemoryFileSystem,
  fileSystemContract,
  platformContract,
} from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';

describe('The fake platform', () => {
  for (const { name, run } of platformContract) {
    test(name, async () => {
      const platform = createFakePlatform();
      await run({ platform, pass: async (ms) => platform.advance(ms) });
    });
  }
});

describe('The fake cipher', () => {
  for (const { name, run } of cipherContract) {
    test(name, () => run({ cipher: createFakeCipher(), stranger: createFakeCipher('another key') }));
  }
});

describe('The in-memory file system', () => {
  for (const { name, run } of fileSystemContract) {
    test(name, async () => {
      const fileSystem = createInMemoryFileSystem();
      const folder = parseVirtualPath('/projects');
      await run({ fileSystem, folder, linkOut: async (path) => fileSystem.linkOut(path) });
    });
  }
});
