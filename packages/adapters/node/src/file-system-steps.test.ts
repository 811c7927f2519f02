/** The single steps of file work, seen and disturbed from the inside: what is synced when, and swaps at chosen moments. */
import type * as FileSystemPromises from 'node:fs/promises';
import { mkdir, readFile, rename, stat, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createNodeFileSystem } from './index.ts';
import { HAS_DESCRIPTOR_PATHS } from './held-folder.ts';
import { at, bytesOf, temporaryFolder, textOf } from '../test/support.ts';

interface Steps {
  /** Called before a step is taken, with the last name of its path. */
  before: (step: 'open' | 'realpath' | 'lstat' | 'read', name: string) => Promise<unknown>;
  onSync: (handle: FileHandle) => Promise<void>;
  onRename: () => void;
}

const steps = vi.hoisted<Steps>(() => ({
  before: async () => undefined,
  onSync: async () => undefined,
  onRename: () => undefined,
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystemPromises>();
  const last = (path: unknown): string => String(path).split('/').at(-1) ?? '';
  const open: typeof real.open = async (path, ...rest) => {
    await steps.before('open', last(path));
    const handle = await real.open(path, ...rest);
    const [sync, read] = [handle.sync.bind(handle), handle.read.bind(handle) as (...parts: unknown[]) => unknown];
    handle.sync = async () => {
      await sync();
      await steps.onSync(handle);
    };
    handle.read = (async (...parts: unknown[]) => {
      await steps.before('read', last(path));
      return read(...parts);
    }) as never;
    return handle;
  };
  const realpath = async (path: string) => {
    await steps.before('realpath', last(path));
    return real.realpath(path);
  };
  const lstat = async (path: string) => {
    await steps.before('lstat', last(path));
    return real.lstat(path);
  };
  const renamed: typeof real.rename = async (from, to) => {
    await real.rename(from, to);
    steps.onRename();
  };
  return { ...real, open, realpath, lstat, rename: renamed };
});

beforeEach(() => {
  steps.before = async () => undefined;
  steps.onSync = async () => undefined;
  steps.onRename = () => undefined;
});

const modes = [true, false].filter((descriptorPaths) => HAS_DESCRIPTOR_PATHS || !descriptorPaths);

describe.each(modes)('a write, descriptor paths: %s', (descriptorPaths) => {
  async function recorded(name: string): Promise<readonly string[]> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'old'), 'old');
    const files = createNodeFileSystem({ roots: { '/projects': folder }, descriptorPaths });
    const log: string[] = [];
    const known = new Map([[(await stat(folder)).ino, 'root']]);
    steps.onSync = async (handle) => {
      const stats = await handle.stat();
      const folderName = known.get(stats.ino) ?? 'new folder';
      log.push(stats.isDirectory() ? `synced ${folderName}` : `synced file of ${stats.size}`);
    };
    steps.onRename = () => void log.push('renamed');
    const outcome = await files.write(at(`/projects/${name}`), bytesOf('hello'));
    log.push(outcome.kind);
    return log;
  }

  test.each(['new', 'old'])(
    'syncs the file before it gets its name, and the folder before it is acknowledged: %s',
    async (name) => {
      expect(await recorded(name)).toEqual(['synced file of 5', 'renamed', 'synced root', 'ok']);
    },
  );

  test('syncs the folder in which it makes another', async () => {
    expect(await recorded('made/new')).toEqual([
      'synced root',
      'synced file of 5',
      'renamed',
      'synced new folder',
      'ok',
    ]);
  });

  test.each([
    ['file', false, 'old'],
    ['folder', true, 'new'],
  ])('is not acknowledged when the %s cannot be synced', async (_, isDirectory, left) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'note'), 'old');
    const files = createNodeFileSystem({ roots: { '/projects': folder }, descriptorPaths });
    steps.onSync = async (handle) => {
      if ((await handle.stat()).isDirectory() !== isDirectory) return;
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' });
    };
    expect(await files.write(at('/projects/note'), bytesOf('new'))).toEqual({ kind: 'refused', reason: 'io' });
    expect(await readFile(join(folder, 'note'), 'utf8')).toBe(left);
  });
});

describe.each(modes)('a folder that becomes a link during use, descriptor paths: %s', (descriptorPaths) => {
  async function place() {
    const folder = await temporaryFolder();
    for (const name of ['open', 'shut']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'note'), name);
    }
    await symlink('shut', join(folder, 'link'));
    const files = createNodeFileSystem({ roots: { '/projects': folder }, descriptorPaths });
    return {
      shut: () => readFile(join(folder, 'shut/note'), 'utf8'),
      read: async () => {
        const outcome = await files.read(at('/projects/open/note'), 99);
        return outcome.kind === 'ok' ? textOf(outcome.value) : outcome.reason;
      },
      write: () => files.write(at('/projects/open/note'), bytesOf('new')),
      toLink: async () => {
        await rename(join(folder, 'open'), join(folder, 'kept'));
        await rename(join(folder, 'link'), join(folder, 'open'));
      },
      back: async () => {
        await rename(join(folder, 'open'), join(folder, 'link'));
        await rename(join(folder, 'kept'), join(folder, 'open'));
      },
    };
  }

  /** Each swap at the next step that fits; those that never come are told. */
  function script(...moments: readonly (readonly [step: string, name: string, act: () => Promise<void>])[]) {
    const due = [...moments];
    steps.before = async (step, name) => {
      const [next] = due;
      if (next === undefined || next[0] !== step || next[1] !== basename(name)) return;
      due.shift();
      await next[2]();
    };
  }

  test('before it is opened is refused', async () => {
    const { read, toLink } = await place();
    script(['open', 'open', toLink]);
    expect(await read()).toBe('outside_mount');
  });

  test('after it was opened leads nowhere else', async () => {
    const { read, toLink } = await place();
    script(['open', 'note', toLink]);
    expect(await read()).toBe(descriptorPaths ? 'open' : 'outside_mount');
  });

  test('and is back for each single look, or not, is refused all the same', async () => {
    const first = await place();
    script(['open', 'note', first.toLink], ['realpath', 'note', first.back], ['lstat', 'note', first.toLink]);
    expect(await first.read()).toBe(descriptorPaths ? 'open' : 'outside_mount');
    const second = await place();
    script(
      ['open', 'note', second.toLink],
      ['realpath', 'note', second.back],
      ['lstat', 'note', second.toLink],
      ['realpath', 'note', second.back],
      ['read', 'note', second.toLink],
    );
    expect(await second.read()).toBe(descriptorPaths ? 'open' : 'outside_mount');
  });

  test('before a write gets its name is not written to', async () => {
    const { write, shut, toLink } = await place();
    steps.onSync = async (handle) => void ((await handle.stat()).isFile() && (await toLink()));
    expect((await write()).kind).toBe(descriptorPaths ? 'ok' : 'refused');
    expect(await shut()).toBe('shut');
  });
});
