/**
 * What every file system of the host keeps.
 *
 * Not here: races against links and other processes (that adapter's own tests).
 */
import type { FileOutcome, FileSystem } from '../platform.ts';
import { parseVirtualPath, type VirtualPath } from '../scoped-path.ts';
import { equals, holds, type ContractCase } from './contract-case.ts';

export interface FileSystemHarness {
  readonly fileSystem: FileSystem;
  /** An empty folder that exists. */
  readonly folder: VirtualPath;
  /** Puts a link at `path` that leads out of the root, to a folder with a file `secret.txt` in it. */
  linkOut(path: VirtualPath): Promise<void>;
  /** Puts a link at `path` that leads to `target`, a folder below the same root. Without it: there are no such links. */
  linkTo?(path: VirtualPath, target: VirtualPath): Promise<void>;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

export const fileSystemContract: readonly ContractCase<FileSystemHarness>[] = [
  {
    name: 'reads back what was written, and says whether it replaced something',
    run: async ({ fileSystem, folder }) => {
      const path = below(folder, 'notes/day one/é😀.md');
      equals(await fileSystem.write(path, bytesOf('first')), done({ replaced: false }), 'missing parents are made');
      equals(await fileSystem.write(path, bytesOf('2')), done({ replaced: true }), 'the whole file is replaced');
      equals(await fileSystem.read(path, 100), done(bytesOf('2')), 'nothing of the old file is left');
      equals(await fileSystem.write(path, new Uint8Array()), done({ replaced: true }), 'a file may be empty');
      equals(await fileSystem.read(path, 0), done(new Uint8Array()), 'and is read within a bound of 0');
    },
  },
  {
    name: 'keeps bytes as they are, whoever changes theirs afterwards',
    run: async ({ fileSystem, folder }) => {
      const path = below(folder, 'bytes');
      const bytes = Uint8Array.from({ length: 256 }, (_none, at) => at);
      const expected = bytes.slice();
      await fileSystem.write(path, bytes);
      bytes.fill(0);
      const outcome = await fileSystem.read(path, 256);
      equals(outcome, done(expected), 'all 256 bytes come back');
      if (outcome.kind === 'ok') outcome.value.fill(0);
      equals(await fileSystem.read(path, 256), done(expected), 'an answer is not the file itself');
    },
  },
  {
    name: 'tells what an entry is',
    run: async ({ fileSystem, folder }) => {
      await fileSystem.write(below(folder, 'a.txt'), bytesOf('four'));
      const file = await fileSystem.stat(below(folder, 'a.txt'));
      holds(file.kind === 'ok' && file.value.kind === 'file' && file.value.bytes === 4, 'a file has its size');
      holds(Number.isFinite(file.value.modifiedMs), 'and a time');
      const stat = await fileSystem.stat(folder);
      holds(stat.kind === 'ok' && stat.value.kind === 'directory', 'a folder is a folder');
      equals(await fileSystem.stat(below(folder, 'missing')), refused('not_found'), 'what is not there is not found');
      equals(await fileSystem.stat(below(folder, 'no/such')), refused('not_found'), 'nor below a missing folder');
      equals(await fileSystem.stat(below(folder, 'a.txt/b')), refused('not_a_directory'), 'a file holds no entries');
    },
  },
  {
    name: 'lists the entries of one folder by code unit, within a bound',
    run: async ({ fileSystem, folder }) => {
      for (const name of ['b', 'a', 'B', '.hidden', 'sub/deep', 'é'])
        await fileSystem.write(below(folder, name), bytesOf('x'));
      const outcome = await fileSystem.list(folder, 6);
      holds(outcome.kind === 'ok', 'six entries within a bound of six');
      const names = outcome.value.map(({ name, kind }) => [name, kind]);
      const files = ['.hidden', 'B', 'a', 'b'].map((name) => [name, 'file']);
      equals(names, [...files, ['sub', 'directory'], ['é', 'file']], 'in order, one level');
      equals(await fileSystem.list(folder, 5), refused('too_large'), 'a longer list is refused, not cut');
      equals(await fileSystem.list(below(folder, 'a'), 5), refused('not_a_directory'), 'a file has no list');
      equals(await fileSystem.list(below(folder, 'missing'), 5), refused('not_found'), 'nor has what is not there');
    },
  },
  {
    name: 'refuses to read what is too large, missing or no file',
    run: async ({ fileSystem, folder }) => {
      await fileSystem.write(below(folder, 'sub/a.txt'), bytesOf('four'));
      const path = below(folder, 'sub/a.txt');
      equals(await fileSystem.read(path, 4), done(bytesOf('four')), 'the bound itself is within');
      equals(await fileSystem.read(path, 3), refused('too_large'), 'one byte more is not');
      equals(await fileSystem.read(below(folder, 'missing'), 9), refused('not_found'), 'missing');
      equals(await fileSystem.read(below(folder, 'sub'), 9), refused('not_a_file'), 'a folder');
      equals(
        await fileSystem.write(below(folder, 'sub'), bytesOf('x')),
        refused('not_a_file'),
        'nor is it overwritten',
      );
      equals(
        await fileSystem.write(below(folder, 'sub/a.txt/b'), bytesOf('x')),
        refused('not_a_directory'),
        'nor made one',
      );
    },
  },
  {
    name: 'names a link and never follows it',
    run: async ({ fileSystem, folder, linkOut }) => {
      const link = below(folder, 'out');
      await linkOut(link);
      const stat = await fileSystem.stat(link);
      holds(stat.kind === 'ok' && stat.value.kind === 'link', 'the link itself can be seen');
      const listed = await fileSystem.list(folder, 10);
      holds(
        listed.kind === 'ok' && listed.value.some(({ name, kind }) => name === 'out' && kind === 'link'),
        'and is listed',
      );
      const secret = below(folder, 'out/secret.txt');
      const outside = refused('outside_mount');
      equals(await fileSystem.stat(secret), outside, 'no look behind it');
      equals(await fileSystem.read(secret, 100), outside, 'no reading');
      equals(await fileSystem.list(link, 100), outside, 'no list');
      equals(await fileSystem.write(secret, bytesOf('x')), outside, 'no writing');
      equals(await fileSystem.write(below(folder, 'out/new/file'), bytesOf('x')), outside, 'no new folders');
    },
  },
  {
    name: 'follows no link to a folder below the same root either',
    run: async ({ fileSystem, folder, linkTo }) => {
      const note = below(folder, 'shut/note.md');
      await fileSystem.write(note, bytesOf('kept'));
      const link = below(folder, 'alias');
      if (linkTo === undefined) return;
      await linkTo(link, below(folder, 'shut'));
      const outside = refused('outside_mount');
      equals(await fileSystem.list(link, 100), outside, 'no list');
      equals(await fileSystem.stat(below(folder, 'alias/note.md')), outside, 'no look behind it');
      equals(await fileSystem.read(below(folder, 'alias/note.md'), 100), outside, 'no reading');
      equals(await fileSystem.write(below(folder, 'alias/note.md'), bytesOf('x')), outside, 'no writing');
      equals(await fileSystem.write(below(folder, 'alias/new/a.md'), bytesOf('x')), outside, 'no new folders');
      equals(await fileSystem.read(note, 100), done(bytesOf('kept')), 'the file is untouched under its own name');
    },
  },
];

function below(folder: VirtualPath, name: string): VirtualPath {
  return parseVirtualPath(`${folder}/${name}`);
}

function done<T>(value: T): FileOutcome<T> {
  return { kind: 'ok', value };
}

function refused(reason: Extract<FileOutcome<never>, { kind: 'refused' }>['reason']): FileOutcome<never> {
  return { kind: 'refused', reason };
}
