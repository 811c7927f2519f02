import { parseVirtualPath } from '@reborn/host-api';
import { createInMemoryFileSystem } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { callTool } from '../../test/first-party/call-tool.ts';
import { buildMounts, createToolBench } from '../../test/first-party/tool-bench.ts';
import { createGlob } from './glob.ts';

const TREE = { 'a.md': 'x', 'sub/b.md': 'x', 'sub/c.ts': 'x', 'sub/deep/d.md': 'x' };
const find = async (input: object, seeds: Record<string, string> = TREE) =>
  (await createToolBench(seeds).output('glob', { ...input } as never)).files;

describe('glob', () => {
  it('names the files that fit, and how it came by them', async () => {
    expect(await createToolBench(TREE).output('glob', { pattern: '**/*.md' })).toEqual({
      path: '.',
      files: ['a.md', 'sub/b.md', 'sub/deep/d.md'],
      truncated: false,
      truncated_by: null,
      scan: { entries_visited: 7, files_matched: 3, unreadable: 0 },
    });
  });

  it.each([
    ['*.md', ['a.md']],
    ['**', ['.keep', 'a.md', 'sub/b.md', 'sub/c.ts', 'sub/deep/d.md']],
    ['sub/*', ['sub/b.md', 'sub/c.ts']],
    ['*/*.md', ['sub/b.md']],
    ['sub/**/*.md', ['sub/b.md', 'sub/deep/d.md']],
    ['{a,sub/c}.*', ['a.md', 'sub/c.ts']],
    ['./a.md', ['a.md']],
    ['sub', []],
  ])('takes %s for the whole path', async (pattern, files) => {
    expect(await find({ pattern })).toEqual(files);
  });

  it('looks from the directory on that is named', async () => {
    expect(await find({ pattern: '*.md', path: 'sub' })).toEqual(['sub/b.md']);
  });

  it('names the newest first, and of one age by name', async () => {
    let nowMs = 1000;
    const files = createInMemoryFileSystem(
      { '/projects/notes/b': 'x', '/projects/notes/a': 'x' },
      { nowMs: () => nowMs },
    );
    nowMs = 3000;
    await files.write(parseVirtualPath('/projects/notes/old/c'), new Uint8Array());
    nowMs = 2000;
    await files.write(parseVirtualPath('/projects/notes/d'), new Uint8Array());
    const outcome = await callTool(createGlob({ files, mounts: buildMounts() }), { pattern: '**' });
    expect(outcome).toMatchObject({ output: { files: ['old/c', 'd', 'a', 'b'] } });
  });

  it('names 200 files unless it is asked for another number', async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${at}`, 'x']));
    const bench = createToolBench(many);
    const output = await bench.output('glob', { pattern: 'f*' });
    expect([output.files.length, output.truncated_by]).toEqual([200, 'max_results']);
    expect((await bench.output('glob', { pattern: 'f*', max_results: 201 })).truncated).toBe(false);
    expect((await bench.output('glob', { pattern: 'f*', max_results: 1 })).files).toEqual(['f0']);
    await expect(bench.run('glob', { pattern: 'f*', max_results: 5001 })).rejects.toThrow('at most 5000');
  });

  it('stops before the output is full', async () => {
    const folder = `${'"'.repeat(200)}/`.repeat(4);
    const many = Object.fromEntries(Array.from({ length: 800 }, (_, at) => [`${folder}${at}`, 'x']));
    const output = await createToolBench(many).output('glob', { pattern: '**', max_results: 5000 });
    expect(output.truncated_by).toBe('output_bytes');
    expect(output.files.length).toBeLessThan(800);
  });

  it('looks at 50 000 entries altogether, and says when there are more', async () => {
    const asked: number[] = [];
    const bench = createToolBench(
      { 'a/1': 'x', 'b/2': 'x' },
      {
        refuse: (_operation, path) => (path.endsWith('/b') ? 'too_large' : undefined),
        through: (files) => ({ ...files, list: (path, max) => (asked.push(max), files.list(path, max)) }),
      },
    );
    const output = await bench.output('glob', { pattern: '*/*' });
    expect([output.files, output.truncated_by]).toEqual([['a/1'], 'scan_entries']);
    expect(asked).toEqual([50_000, 49_997, 49_996]);
  });

  it('enters no excluded directory, and names no sensitive file and no link', async () => {
    const seeds = { 'node_modules/a.md': 'x', '.git/a.md': 'x', '.env': 'x', 'k.pem': 'x', 'out.md': { link: '/etc' } };
    const bench = createToolBench({ ...seeds, 'a.md': 'x' });
    expect((await bench.output('glob', { pattern: '**/*.*' })).files).toEqual(['.keep', 'a.md']);
    expect(bench.touched).toEqual(['/projects/notes']);
  });

  it('needs nothing but the right to list', async () => {
    const mounts = buildMounts({ read: false, write: false });
    expect((await createToolBench(TREE, { mounts }).output('glob', { pattern: 'a*' })).files).toEqual(['a.md']);
    const shut = createToolBench(TREE, { mounts: buildMounts({ list: false }) });
    expect((await shut.failure('glob', { pattern: 'a*' })).code).toBe('filesystem_denied');
  });

  it.each([
    ['/etc/*', 'The glob must be relative.'],
    ['../*', 'The glob must not contain "..".'],
    ['a/../../*', 'The glob must not contain "..".'],
    ['{a,..}/*', 'The glob must not contain "..".'],
    ['a/{../b,c}', 'The glob must not contain "..".'],
    ['[a', 'The glob must close every "[".'],
    ['x'.repeat(257), 'The glob must be at most 256 bytes.'],
  ])('refuses %s before it looks', async (pattern, message) => {
    const bench = createToolBench(TREE);
    expect(await bench.failure('glob', { pattern })).toEqual({
      kind: 'failed',
      code: 'invalid_glob',
      message,
      effect: 'none',
    });
    expect(bench.touched).toEqual([]);
  });
});
