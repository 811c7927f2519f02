import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cipherContract, fileSystemContract, platformContract, processesContract } from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';
import { createNodeCipher, createNodeFileSystem, createNodeProcesses, node } from '../src/index.ts';
import { at, temporaryFolder } from './support.ts';

describe('platform contract', () => {
  const platform = node({ timers: { keepAlive: true }, diagnostics: { write: () => undefined } });
  const pass = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
  for (const { name, run } of platformContract) test(name, () => run({ platform, pass }));
});

describe('cipher contract', () => {
  const cipher = createNodeCipher({ key: new Uint8Array(32).fill(1) });
  const stranger = createNodeCipher({ key: new Uint8Array(32).fill(2) });
  for (const { name, run } of cipherContract) test(name, () => run({ cipher, stranger }));
});

describe('processes contract', () => {
  for (const { name, run } of processesContract) {
    test(name, async () => {
      const roots = { '/projects/work': await temporaryFolder() };
      const processes = createNodeProcesses({ roots, programs: [process.execPath] });
      await run({ processes, node: process.execPath, folder: at('/projects/work') });
    });
  }
  for (const { name, run } of processesContract.filter((each) => each.name.includes('sandbox'))) {
    test(`without bubblewrap, ${name}`, async () => {
      const roots = { '/projects/work': await temporaryFolder() };
      const processes = createNodeProcesses({ roots, bubblewrap: '/none/such' });
      await run({ processes, node: process.execPath, folder: at('/projects/work') });
    });
  }
});

describe.each([true, false])('file system contract, descriptor paths: %s', (descriptorPaths) => {
  for (const { name, run } of fileSystemContract) {
    test.skipIf(descriptorPaths && process.platform !== 'linux')(name, async () => {
      const root = await temporaryFolder();
      const outside = await temporaryFolder();
      const hostPath = (path: string): string => join(root, path.slice('/projects'.length));
      await mkdir(join(root, 'empty'));
      await writeFile(join(outside, 'secret.txt'), 'secret');
      await run({
        fileSystem: createNodeFileSystem({ roots: { '/projects': root }, descriptorPaths }),
        folder: at('/projects/empty'),
        linkOut: (path) => symlink(outside, hostPath(path)),
        linkTo: (path, target) => symlink(hostPath(target), hostPath(path)),
      });
    });
  }
});
