import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FileOutcome, FileSystem } from '@reborn/host-api';
import { findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createNodeFileSystem } from './index.ts';
import { HAS_DESCRIPTOR_PATHS } from './held-folder.ts';
import { at, bytesOf, temporaryFolder, textOf } from '../test/support.ts';

interface Place {
  readonly files: FileSystem;
  /** The folder behind `/projects`. */
  readonly inside: string;
  /** A folder beside it, with a secret file. */
  readonly outside: string;
}

const modes = [
  { name: 'with descriptor paths', descriptorPaths: true },
  { name: 'without descriptor paths', descriptorPaths: false },
].filter((mode) => HAS_DESCRIPTOR_PATHS || !mode.descriptorPaths);

async function place(descriptorPaths: boolean): Promise<Place> {
  const folder = await temporaryFolder();
  const [inside, outside] = [join(folder, 'inside'), join(folder, 'outside')];
  await Promise.all([mkdir(inside), mkdir(outside)]);
  await writeFile(join(outside, 'secret'), 'secret');
  return { files: createNodeFileSystem({ roots: { '/projects': inside }, descriptorPaths }), inside, outside };
}

const RACE_ROUNDS = 1500;
const RACE_MS = 2000;
/** Where the race is slow to show, more time, but not for ever. */
const RACE_MS_MAX = 10_000;
const RACE_TEST_MS_MAX = 30_000;

/**
 * Puts a link in the place of a folder and back, as fast as it can, with steps during which the name is missing. Whoever
 * writes in such a step makes a folder of that name, which is cleared away.
 */
const SWAPPER = `
  process.chdir(process.argv[1]);
  const { renameSync, rmSync } = require('node:fs');
  const attempt = (work) => { try { work(); return true; } catch { return false; } };
  const put = (name) => {
    while (!attempt(() => renameSync(name, 'swap'))) attempt(() => rmSync('swap', { recursive: true, force: true }));
  };
  for (;;) {
    renameSync('swap', 'kept'); put('link');
    renameSync('swap', 'link'); put('kept');
  }`;

function refusedFor(outcome: FileOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind;
}

async function everyUse(files: FileSystem, path: string): Promise<readonly string[]> {
  const outcomes: readonly FileOutcome<unknown>[] = [
    await files.read(at(path), 100),
    await files.write(at(path), bytesOf('x')),
  ];
  return outcomes.map(refusedFor);
}

describe.each(modes)('files $name', ({ descriptorPaths }) => {
  test('writes, reads, stats and lists what was written, and makes missing parents', async () => {
    const { files } = await place(descriptorPaths);
    expect(await files.write(at('/projects/a/b/note.md'), bytesOf('hello'))).toEqual({
      kind: 'ok',
      value: { replaced: false },
    });
    const again = await files.write(at('/projects/a/b/note.md'), bytesOf('hello!'));
    expect(again).toEqual({ kind: 'ok', value: { replaced: true } });
    const read = await files.read(at('/projects/a/b/note.md'), 6);
    expect(read.kind === 'ok' && textOf(read.value)).toBe('hello!');
    expect(await files.stat(at('/projects/a/b/note.md'))).toMatchObject({ value: { kind: 'file', bytes: 6 } });
    expect(await files.list(at('/projects/a'), 1)).toMatchObject({ value: [{ name: 'b', kind: 'directory' }] });
    expect(await files.stat(at('/projects'))).toMatchObject({ value: { kind: 'directory' } });
    expect(await files.list(at('/projects'), 1)).toMatchObject({ value: [{ name: 'a' }] });
  });

  test('lists by code unit, names links, and refuses more entries than asked for', async () => {
    const { files, inside } = await place(descriptorPaths);
    for (const name of ['b', 'a', 'B', 'ä', '😀', 'ﬀ']) await writeFile(join(inside, name), '');
    await symlink('/etc', join(inside, 'link'));
    const listed = await files.list(at('/projects'), 7);
    const names = listed.kind === 'ok' ? listed.value.map((entry) => entry.name) : [];
    expect(names).toEqual(['B', 'a', 'b', 'link', 'ä', '😀', 'ﬀ']);
    expect(listed).toMatchObject({
      value: expect.arrayContaining([expect.objectContaining({ name: 'link', kind: 'link' })]),
    });
    expect(await files.list(at('/projects'), 6)).toEqual({ kind: 'refused', reason: 'too_large' });
  });

  test('refuses to read or write through a link to a file, inside or outside', async () => {
    const { files, inside, outside } = await place(descriptorPaths);
    await writeFile(join(inside, 'own'), 'own');
    await symlink(join(outside, 'secret'), join(inside, 'escape'));
    await symlink(join(inside, 'own'), join(inside, 'inner'));
    expect(await everyUse(files, '/projects/escape')).toEqual(['outside_mount', 'outside_mount']);
    expect(await everyUse(files, '/projects/inner')).toEqual(['outside_mount', 'outside_mount']);
    expect(await files.stat(at('/projects/escape'))).toMatchObject({ value: { kind: 'link' } });
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('refuses a folder link that leaves the root, also one to nothing and one made of several', async () => {
    const { files, inside, outside } = await place(descriptorPaths);
    await symlink(outside, join(inside, 'out'));
    await symlink(join(outside, 'nothing'), join(inside, 'dangling'));
    await symlink('out', join(inside, 'twice'));
    await symlink('..', join(inside, 'up'));
    for (const name of ['out', 'dangling', 'twice', 'up']) {
      expect(await everyUse(files, `/projects/${name}/secret`), name).toEqual(['outside_mount', 'outside_mount']);
      expect(refusedFor(await files.list(at(`/projects/${name}`), 9)), name).toBe('outside_mount');
      expect(refusedFor(await files.stat(at(`/projects/${name}/secret`))), name).toBe('outside_mount');
    }
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test.each([
    ['to a folder inside', { link: 'shut' }],
    ['to a folder inside, by its whole path', { link: '<inside>/shut' }],
    ['out and in again', { link: '../inside/shut' }],
    ['to the root itself', { link: '.' }],
    ['to a folder outside', { link: '../outside' }],
    ['to a link to a folder inside', { second: 'shut', link: 'second' }],
    ['to a link to a folder outside', { second: '../outside', link: 'second' }],
    ['to nothing', { link: 'nothing' }],
    ['to itself', { link: 'link' }],
  ])('follows no folder link, neither at the end nor on the way: one %s', async (_, links) => {
    const { files, inside } = await place(descriptorPaths);
    await mkdir(join(inside, 'shut/deep'), { recursive: true });
    await writeFile(join(inside, 'shut/secret'), 'secret');
    await mkdir(join(inside, 'open'));
    for (const [name, target] of Object.entries(links)) {
      await symlink(target.replace('<inside>', inside), join(inside, name));
    }
    await symlink('../link', join(inside, 'open/link'));
    for (const link of ['/projects/link', '/projects/open/link']) {
      for (const path of [link, `${link}/secret`, `${link}/deep/new`, `${link}/new/file`]) {
        expect(await everyUse(files, path), path).toEqual(['outside_mount', 'outside_mount']);
        expect(refusedFor(await files.list(at(path), 9)), path).toBe('outside_mount');
      }
      expect(refusedFor(await files.stat(at(`${link}/secret`)))).toBe('outside_mount');
      expect(await files.stat(at(link))).toMatchObject({ value: { kind: 'link' } });
    }
    expect(await files.list(at('/projects/open'), 9)).toMatchObject({ value: [{ name: 'link', kind: 'link' }] });
    expect(await readFile(join(inside, 'shut/secret'), 'utf8')).toBe('secret');
    expect(await readdir(join(inside, 'shut'))).toEqual(['deep', 'secret']);
    expect(await readdir(join(inside, 'shut/deep'))).toEqual([]);
  });

  test('reaches the root itself through links', async () => {
    const { inside } = await place(descriptorPaths);
    const folder = await temporaryFolder();
    await symlink(join(inside, '..'), join(folder, 'way'));
    await symlink('way/inside', join(folder, 'root'));
    const files = createNodeFileSystem({ roots: { '/projects': join(folder, 'root') }, descriptorPaths });
    expect((await files.write(at('/projects/a/note'), bytesOf('x'))).kind).toBe('ok');
    expect(await readFile(join(inside, 'a/note'), 'utf8')).toBe('x');
  });

  test('maps what the system says to the closed refusals', async () => {
    const { files, inside } = await place(descriptorPaths);
    await mkdir(join(inside, 'folder'));
    await writeFile(join(inside, 'file'), 'text');
    expect(refusedFor(await files.read(at('/projects/none'), 9))).toBe('not_found');
    expect(refusedFor(await files.read(at('/projects/none/deeper'), 9))).toBe('not_found');
    expect(refusedFor(await files.read(at('/projects/folder'), 9))).toBe('not_a_file');
    expect(refusedFor(await files.write(at('/projects/folder'), bytesOf('x')))).toBe('not_a_file');
    expect(refusedFor(await files.list(at('/projects/file'), 9))).toBe('not_a_directory');
    expect(refusedFor(await files.read(at('/projects/file/x'), 9))).toBe('not_a_directory');
    expect(refusedFor(await files.write(at('/projects/file/x'), bytesOf('x')))).toBe('not_a_directory');
    expect(refusedFor(await files.read(at('/projects/file'), 3))).toBe('too_large');
    expect(refusedFor(await files.read(at('/projects'), 3))).toBe('not_a_file');
    expect(refusedFor(await files.read(at('/memory/file'), 3))).toBe('outside_mount');
    expect(refusedFor(await files.write(at(`/projects/${'n'.repeat(300)}`), bytesOf('x')))).toBe('io');
  });

  test('does not hang on a pipe', async () => {
    const { files, inside } = await place(descriptorPaths);
    await new Promise((resolve) => spawn('mkfifo', [join(inside, 'pipe')]).on('close', resolve));
    expect(await everyUse(files, '/projects/pipe')).toEqual(['not_a_file', 'not_a_file']);
  });

  test('keeps the permissions of a replaced file', async () => {
    const { files, inside } = await place(descriptorPaths);
    await writeFile(join(inside, 'script'), 'old', { mode: 0o750 });
    await files.write(at('/projects/script'), bytesOf('new'));
    expect((await stat(join(inside, 'script'))).mode & 0o777).toBe(0o750);
  });

  test('shows a reader the old file or the new one and nothing between, and leaves nothing behind', async () => {
    const { files, inside } = await place(descriptorPaths);
    const contents = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await files.write(at('/projects/note'), bytesOf(contents[0] ?? ''));
    const seen = new Set<string>();
    const writing = new AbortController();
    const reader = (async () => {
      while (!writing.signal.aborted) seen.add(await readFile(join(inside, 'note'), 'utf8'));
    })();
    for (let round = 0; round < 60; round += 1) {
      await files.write(at('/projects/note'), bytesOf(contents[round % 2] ?? ''));
    }
    writing.abort();
    await reader;
    expect([...seen].every((text) => contents.includes(text))).toBe(true);
    expect(await readdir(inside)).toEqual(['note']);
  });

  test('shows no host path in anything that it answers', async () => {
    const { files, inside } = await place(descriptorPaths);
    await symlink('/etc', join(inside, 'link'));
    const answers = [
      await files.read(at('/projects/none'), 9),
      await files.list(at('/projects'), 9),
      await files.stat(at('/projects/link')),
      await files.read(at('/projects/link/passwd'), 9),
    ];
    expect(findLeaks(answers, [inside])).toEqual([]);
  });
});

/** Reads along a name that is swapped for a link all the while, until the race was seen, and never for long. */
async function readInRace(
  { files, inside, outside }: Place,
  eachRound: (round: number) => Promise<unknown>,
): Promise<{ readonly reasons: ReadonlySet<string>; readonly texts: ReadonlySet<string> }> {
  await mkdir(join(inside, 'swap'));
  await writeFile(join(inside, 'swap', 'secret'), 'harmless');
  await symlink(outside, join(inside, 'link'));
  const swapper = spawn(process.execPath, ['-e', SWAPPER, inside], { stdio: 'ignore' });
  onTestFinished(() => void swapper.kill('SIGKILL'));
  const [reasons, texts] = [new Set<string>(), new Set<string>()];
  const seen = (): boolean => reasons.has('ok') && reasons.has('outside_mount');
  const begun = performance.now();
  for (let round = 0; round < RACE_ROUNDS || !seen(); round += 1) {
    if (performance.now() - begun > (seen() ? RACE_MS : RACE_MS_MAX)) break;
    const outcome = await files.read(at('/projects/swap/secret'), 100);
    if (outcome.kind === 'ok') texts.add(textOf(outcome.value));
    reasons.add(refusedFor(outcome));
    await eachRound(round);
  }
  expect(swapper.exitCode).toBe(null);
  const ended = new Promise((resolve) => swapper.on('close', resolve));
  swapper.kill('SIGKILL');
  await ended;
  return { reasons, texts };
}

describe('while somebody swaps a folder for a link', { timeout: RACE_TEST_MS_MAX }, () => {
  test.runIf(HAS_DESCRIPTOR_PATHS)('nothing outside is ever reached, with descriptor paths', async () => {
    const where = await place(true);
    const { reasons, texts } = await readInRace(where, (round) =>
      where.files.write(at(`/projects/swap/new-${round}`), bytesOf('x')),
    );
    expect([...texts]).toEqual(['harmless']);
    expect([...reasons]).toEqual(expect.arrayContaining(['ok', 'outside_mount']));
    expect(await readdir(where.outside)).toEqual(['secret']);
  });

  test('every answer is one of the port, without descriptor paths, and the link is refused once it stays', async () => {
    const { files, inside, outside } = await place(false);
    const { reasons } = await readInRace({ files, inside, outside }, async () => undefined);
    // Not that `texts` is harmless: in this mode the window is narrowed, and that is all that is promised.
    const expected = ['ok', 'outside_mount', 'not_found', 'not_a_directory'];
    expect([...reasons].filter((reason) => !expected.includes(reason))).toEqual([]);
    await rm(join(inside, 'swap'), { recursive: true, force: true });
    await symlink(outside, join(inside, 'swap'));
    expect(await everyUse(files, '/projects/swap/secret')).toEqual(['outside_mount', 'outside_mount']);
    expect(await readdir(outside)).toEqual(['secret']);
  });
});

test('takes the longest root, and refuses a root that is no plain path', async () => {
  const folder = await temporaryFolder();
  await Promise.all([mkdir(join(folder, 'wide')), mkdir(join(folder, 'narrow'))]);
  const files = createNodeFileSystem({
    roots: { '/projects': join(folder, 'wide'), '/projects/deep': join(folder, 'narrow') },
  });
  await files.write(at('/projects/deep/x'), bytesOf('x'));
  await files.write(at('/projects/deeper'), bytesOf('y'));
  expect(await readdir(join(folder, 'narrow'))).toEqual(['x']);
  expect(await readdir(join(folder, 'wide'))).toEqual(['deeper']);
  expect(() => createNodeFileSystem({ roots: { '/projects/../etc': folder } })).toThrow('plain absolute paths');
});
