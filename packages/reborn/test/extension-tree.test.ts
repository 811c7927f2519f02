import { portableDigest, type FileSystem } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPackageTree } from '../src/extension/package-tree.ts';
import { Quarantined } from '../src/extension/quarantine.ts';
import { PACKAGE_BYTES_MAX, PACKAGE_DEPTH_MAX, PACKAGE_ENTRIES_MAX } from '../src/limits.ts';
import { packageBench, packageFiles, type PackageFiles } from './extension-support.ts';

const digestOfFiles = async (files: PackageFiles): Promise<string> =>
  (await readPackageTree(packageBench(files).source, portableDigest)).digest;

describe('The digest of a package', () => {
  test('is that of the sorted list of its files, each with the digest of its bytes', async () => {
    const bytes = (text: string) => portableDigest.sha256Hex(new TextEncoder().encode(text));
    const list = `[["a.txt","${bytes('one')}"],["a/c.txt","${bytes('two')}"]]`;
    expect(await digestOfFiles({ 'a/c.txt': 'two', 'a.txt': 'one' })).toBe(`sha256:${bytes(list)}`);
  });

  const name = fc.constantFrom('a', 'b', 'c.mjs', 'é', 'Z', 'a.b');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `d/${parts.join('/d/')}.f`);
  const tree = fc.dictionary(path, fc.uint8Array({ maxLength: 20 }), { minKeys: 1, maxKeys: 6, noNullPrototype: true });

  test('is the same in whatever order the files were put there', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), async (files, turn) => {
        const entries = Object.entries(files);
        const at = turn % entries.length;
        const turned = [...entries.slice(at), ...entries.slice(0, at)].toReversed();
        expect(await digestOfFiles(Object.fromEntries(turned))).toBe(await digestOfFiles(files));
      }),
      { numRuns: 50 },
    );
  });

  test('changes with any byte, any name, any file more and any file less', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), fc.nat(), async (files, which, where) => {
        const paths = Object.keys(files);
        const path = paths[which % paths.length] ?? '';
        const bytes = files[path] ?? new Uint8Array();
        const { [path]: _, ...rest } = files;
        const at = bytes.length === 0 ? 0 : where % bytes.length;
        const changed = bytes.length === 0 ? Uint8Array.of(1) : bytes.with(at, (bytes[at] ?? 0) ^ 1);
        const before = await digestOfFiles(files);
        const after = await Promise.all([
          digestOfFiles({ ...rest, [path]: changed }),
          digestOfFiles({ ...rest, [`${path}2`]: bytes }),
          digestOfFiles({ ...rest, [`x/${path}`]: bytes }),
          digestOfFiles({ ...files, 'one-more': '' }),
          ...(paths.length === 1 ? [] : [digestOfFiles(rest)]),
        ]);
        expect(new Set([before, ...after]).size).toBe(after.length + 1);
      }),
      { numRuns: 50 },
    );
  });

  test('tells files apart whose names and contents only look the same when they are joined', async () => {
    const digests = await Promise.all([
      digestOfFiles({ ab: 'c' }),
      digestOfFiles({ a: 'bc' }),
      digestOfFiles({ 'a/b': 'c' }),
      digestOfFiles({ a: 'b', b: 'c' }),
    ]);
    expect(new Set(digests).size).toBe(4);
  });
});

describe('A package is not read', () => {
  test.each<[string, PackageFiles]>([
    ['link', packageFiles({ 'count.mjs': { link: '' } })],
    ['link', packageFiles({ 'node_modules/.bin/tool': { link: '' } })],
    ['link', { '': { link: '' } }],
    ['unreadable', {}],
    ['unsafe_name', packageFiles({ ['x'.repeat(513)]: '' })],
    ['unsafe_name', packageFiles({ [`${'d'.repeat(256)}/${'x'.repeat(256)}`]: '' })],
    ['too_large', packageFiles({ [`${'d/'.repeat(PACKAGE_DEPTH_MAX + 1)}x`]: '' })],
    ['too_large', packageFiles({ large: new Uint8Array(PACKAGE_BYTES_MAX), small: 'x' })],
    ['too_large', Object.fromEntries(Array.from({ length: PACKAGE_ENTRIES_MAX + 1 }, (_, at) => [`f${at}`, '']))],
  ])('that is %s: %#', async (code, files) => {
    expect(await refusalOf(packageBench(files))).toBe(code);
  });

  test('at its bounds, and not beyond them', async () => {
    const deep = { [`${'d/'.repeat(PACKAGE_DEPTH_MAX)}x`]: 'y' };
    const most = { ...deep, large: new Uint8Array(PACKAGE_BYTES_MAX - 1) };
    expect(await refusalOf(packageBench(most))).toBeUndefined();
    expect(await refusalOf(packageBench({ ...most, 'one-more': 'xx' }))).toBe('too_large');
  });

  test('that has more folders than anybody would look into', async () => {
    let listed = 0;
    const wrap = (files: FileSystem): FileSystem => ({
      ...files,
      list: async (path, entriesMax) => {
        listed += 1;
        const names = path.split('/').length < PACKAGE_DEPTH_MAX ? ['a', 'b'] : [];
        const value = names.map((name) => ({ name, kind: 'directory' as const, bytes: 0, modifiedMs: 0 }));
        return entriesMax < value.length ? { kind: 'refused', reason: 'too_large' } : { kind: 'ok', value };
      },
    });
    expect(await refusalOf(packageBench(packageFiles(), { wrap }))).toBe('too_large');
    expect(listed).toBeLessThanOrEqual(PACKAGE_ENTRIES_MAX);
  });

  test('that holds what is neither file nor folder', async () => {
    const wrap = (files: FileSystem): FileSystem => ({
      ...files,
      list: async (path, entriesMax) => {
        const listed = await files.list(path, entriesMax);
        if (listed.kind === 'refused') return listed;
        return {
          kind: 'ok',
          value: listed.value.map((entry) => (entry.name === 'count.mjs' ? { ...entry, kind: 'other' } : entry)),
        };
      },
    });
    expect(await refusalOf(packageBench(packageFiles(), { wrap }))).toBe('special_file');
  });

  test.each(['a\\b', 'a\nb', '..', '.', 'a\u0000b', ''])('in which a name is %j', async (name) => {
    const wrap = (files: FileSystem): FileSystem => ({
      ...files,
      list: async () => ({ kind: 'ok', value: [{ name, kind: 'file', bytes: 1, modifiedMs: 0 }] }),
      read: async () => ({ kind: 'ok', value: Uint8Array.of(1) }),
    });
    expect(await refusalOf(packageBench(packageFiles(), { wrap }))).toBe('unsafe_name');
  });

  test.each(['not_found', 'not_a_file', 'permission', 'io'] as const)('when a file of it is %s', async (reason) => {
    const wrap = (files: FileSystem): FileSystem => ({ ...files, read: async () => ({ kind: 'refused', reason }) });
    expect(await refusalOf(packageBench(packageFiles(), { wrap }))).toBe('unreadable');
  });
});

async function refusalOf({ source }: ReturnType<typeof packageBench>): Promise<string | undefined> {
  try {
    await readPackageTree(source, { sha256Hex: () => '0'.repeat(64) });
    return undefined;
  } catch (error) {
    if (error instanceof Quarantined) return error.reason.code;
    throw error;
  }
}
