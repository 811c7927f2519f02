import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extensionFolder } from '@reborn/adapter-node';
import {
  parseCorrelationId,
  parseInvocationId,
  parseResourceScope,
  portableDigest,
  type Processes,
} from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import type { HandlerOutcome } from '@reborn/host-runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createExtensionRegistry, type ExtensionRegistry } from '../src/extension/extension-registry.ts';
import type { ExtensionSource } from '../src/index.ts';
import {
  CAPABILITY,
  packageBench,
  packageFiles,
  registryOf,
  TRUSTED,
  withManifest,
  type PackageFiles,
} from './extension-support.ts';

const COUNT = `
import { readFileSync } from 'node:fs';
const { text } = JSON.parse(readFileSync(0, 'utf8'));
const env = Object.keys(process.env).filter((name) => name !== 'PWD').sort();
const output = { words: text.split(' ').length, args: process.argv.slice(2), env };
process.stdout.write(JSON.stringify({ kind: 'completed', output }));
`;
const files = packageFiles({ 'count.mjs': COUNT });

let home: string;
let folder: string;
let started: number;
beforeEach(async () => {
  started = 0;
  home = await mkdtemp(join(tmpdir(), 'extension-'));
  folder = join(home, 'words');
  await put(folder, files);
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('A folder of this machine', () => {
  test('is a source by its form, with the digest that it has anywhere else', async () => {
    const source = extensionFolder(folder, { ...TRUSTED, name: './words' }) satisfies ExtensionSource;
    const [elsewhere] = (await registryOf([packageBench(files)])).standings;
    expect(
      (await registryOf([{ source, processes: packageBench().processes, put: () => undefined }])).standings,
    ).toEqual([elsewhere]);
  });

  test.each<[string, string, (inside: (path: string) => string) => Promise<unknown> | unknown]>([
    ['a link to a file', 'link', (inside) => symlink(inside('count.mjs'), inside('other.mjs'))],
    ['a link to a file outside', 'link', (inside) => symlink('/etc/hostname', inside('other.mjs'))],
    ['a link to a folder', 'link', (inside) => symlink('schema', inside('schemas'))],
    ['a link to nothing', 'link', (inside) => symlink('gone', inside('schemas'))],
    ['a pipe', 'special_file', (inside) => execFileSync('mkfifo', [inside('pipe')])],
    [
      'a manifest that is a link',
      'link',
      (inside) =>
        rename(inside('extension.json'), inside('m.json')).then(() => symlink('m.json', inside('extension.json'))),
    ],
    ['nothing, because it is not there', 'unreadable', (inside) => rm(inside('.'), { recursive: true })],
  ])('with %s is left out', async (_what, code, spoil) => {
    await spoil((path) => join(folder, path));
    const registry = await load();
    expect(registry.standings).toMatchObject([{ quarantine: { code } }]);
    expect(registry.tools).toEqual([]);
  });

  test('that is a file is left out', async () => {
    const registry = await load(join(folder, 'count.mjs'));
    expect(registry.standings).toMatchObject([{ quarantine: { code: 'unreadable' } }]);
  });
});

describe('A program of a package', () => {
  test('gets its input and its arguments, and nothing of the environment of the host', async () => {
    expect(await call(await load(), 'to be or not')).toEqual({
      kind: 'completed',
      output: { words: 4, args: ['--all'], env: ['LANG', 'PATH'] },
    });
  });

  test('may be any file that the system can run', async () => {
    await put(folder, withManifest({}, { run: { lane: 'process', command: ['bin/count', 'a b'] } }));
    await put(folder, {
      'bin/count': '#!/bin/sh\ncat > /dev/null\nprintf \'{"kind":"completed","output":"%s"}\' "$1"\n',
    });
    await chmod(join(folder, 'bin/count'), 0o755);
    expect(await call(await load(), 'x')).toEqual({ kind: 'completed', output: 'a b' });
  });

  test('cannot change its package in a sandbox, and does not run where it needs one and there is none', async () => {
    const script = [
      "import { readFileSync, writeFileSync } from 'node:fs';",
      "const tried = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };",
      "const write = tried(() => writeFileSync('count.mjs', ''));",
      `const outside = tried(() => readFileSync(${JSON.stringify(join(home, 'secret'))}));`,
      "process.stdout.write(JSON.stringify({ kind: 'completed', output: { at: process.cwd(), write, outside } }));",
    ];
    await put(home, { secret: 'x' });
    await put(folder, withManifest({}, { run: { ...CAPABILITY.run, sandbox: 'required' } }));
    await put(folder, { 'count.mjs': script.join('\n') });
    const { available } = await extensionFolder(folder).processes.sandbox();
    expect(await call(await load(), 'a')).toMatchObject(
      available
        ? { kind: 'completed', output: { at: '/extension', write: 'EROFS', outside: 'ENOENT' } }
        : { kind: 'failed', code: 'no_sandbox', effect: 'none' },
    );
  });

  test('is not started any more when a byte of the package has changed, and again when it is back', async () => {
    const registry = await load();
    await put(folder, { 'count.mjs': `${COUNT} ` });
    expect(await call(registry, 'a b')).toMatchObject({ kind: 'failed', code: 'package_changed', effect: 'none' });
    expect(started).toBe(0);
    await put(folder, files);
    expect(await call(registry, 'a b')).toMatchObject({ kind: 'completed', output: { words: 2 } });
    expect(started).toBe(1);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a file came to it', () => put(folder, { 'more.mjs': '' })],
    ['a file went', () => rm(join(folder, 'prompt/count.md'))],
    ['a link came to it', () => symlink('count.mjs', join(folder, 'more.mjs'))],
    ['it is gone', () => rm(folder, { recursive: true })],
    [
      'another folder took its place',
      () => rename(folder, `${folder}-2`).then(() => put(folder, { ...files, more: '' })),
    ],
    ['a link took its place', () => rename(folder, `${folder}-2`).then(() => symlink(`${folder}-2`, folder))],
  ])('is not started when %s', async (_what, change) => {
    const registry = await load();
    await change();
    expect(await call(registry, 'a b')).toMatchObject({ kind: 'failed', code: 'package_changed', effect: 'none' });
    expect(started).toBe(0);
  });

  test('is that of the folder that was loaded, wherever a link to it leads by now', async () => {
    const link = join(home, 'current');
    await symlink(folder, link);
    const registry = await load(link);
    await put(join(home, 'next'), { ...files, 'count.mjs': 'process.exit(1);' });
    await rm(link);
    await symlink(join(home, 'next'), link);
    expect(await call(registry, 'a b')).toMatchObject({ kind: 'completed', output: { words: 2 } });
  });
});

function load(at = folder): Promise<ExtensionRegistry> {
  const source = extensionFolder(at, TRUSTED);
  const run: Processes['run'] = (request) => {
    started += 1;
    return source.processes.run(request);
  };
  const sources = [{ ...source, processes: { ...source.processes, run } }];
  return createExtensionRegistry({ sources, digest: portableDigest, reserved: [], sandboxOnly: false });
}

async function call({ tools }: ExtensionRegistry, text: string): Promise<HandlerOutcome | undefined> {
  return tools[0]?.run({
    input: { text },
    scope: parseResourceScope({ tenantId: 'default', userId: 'ada' }),
    invocationId: parseInvocationId(fixedUuid(1)),
    correlationId: parseCorrelationId(fixedUuid(2)),
    signal: new AbortController().signal,
  });
}

async function put(at: string, changes: PackageFiles): Promise<void> {
  for (const [path, content] of Object.entries(changes)) {
    if (typeof content !== 'string') continue;
    await mkdir(dirname(join(at, path)), { recursive: true });
    await writeFile(join(at, path), content);
  }
}
