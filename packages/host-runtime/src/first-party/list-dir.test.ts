import { describe, expect, it } from 'vitest';
import { buildMounts, createToolBench } from '../../test/first-party/tool-bench.ts';

describe('list_dir', () => {
  it('lists the workspace when no path is given, directories first, then by name in code units', async () => {
    const bench = createToolBench({ 'b.md': 'bb', 'B.md': '', 'z/x.md': 'x', 'a/x.md': 'x', 'ä.md': 'x' });
    expect(await bench.output('list_dir', {})).toEqual({
      path: '.',
      entries: [
        { name: 'a', path: 'a', kind: 'directory', size: null, size_label: null },
        { name: 'z', path: 'z', kind: 'directory', size: null, size_label: null },
        { name: '.keep', path: '.keep', kind: 'file', size: 0, size_label: '0 B' },
        { name: 'B.md', path: 'B.md', kind: 'file', size: 0, size_label: '0 B' },
        { name: 'b.md', path: 'b.md', kind: 'file', size: 2, size_label: '2 B' },
        { name: 'ä.md', path: 'ä.md', kind: 'file', size: 1, size_label: '1 B' },
      ],
      truncated: false,
    });
  });

  it.each([
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024, '1.0 MiB'],
  ])('labels %i bytes as %s', async (bytes, label) => {
    const { entries } = await createToolBench({ 'a.md': 'x'.repeat(bytes) }).output('list_dir', {});
    expect(entries.at(-1)).toMatchObject({ size: bytes, size_label: label });
  });

  it('names paths so that the other tools take them, inside and outside the workspace', async () => {
    const mounts = buildMounts({}, { alias: '/docs', target: '/memory/docs' });
    const bench = createToolBench({ 'sub/a.md': 'in', '/memory/docs/b.md': 'out' }, { mounts });
    const inside = await bench.output('list_dir', { path: 'sub' });
    const outside = await bench.output('list_dir', { path: '/docs' });
    expect([inside.path, outside.path]).toEqual(['sub', '/docs']);
    for (const [entry, content] of [
      [inside.entries[0], 'in'],
      [outside.entries[0], 'out'],
    ] as const) {
      const read = await bench.output('read_file', { path: entry?.path ?? '' });
      expect(read.lines).toEqual([content]);
    }
  });

  it('keeps to the folder unless it is asked to go below', async () => {
    const bench = createToolBench({ 'a/b/c/d/e.md': 'x' });
    const shown = async (input: object) =>
      (await bench.output('list_dir', { ...input })).entries
        .filter((each) => each.name !== '.keep')
        .map((each) => each.path);
    expect(await shown({})).toEqual(['a']);
    expect(await shown({ recursive: true })).toEqual(['a', 'a/b', 'a/b/c']);
    expect(await shown({ recursive: true, max_depth: 1 })).toEqual(['a']);
    expect(await shown({ recursive: true, max_depth: 9 })).toEqual(['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/b/c/d/e.md']);
  });

  it('names excluded directories without entering them, and enters one that was asked for', async () => {
    const excluded = [
      '.git',
      'node_modules',
      'target',
      'dist',
      'build',
      '.next',
      '.turbo',
      'coverage',
      '.venv',
      'venv',
      '__pycache__',
    ];
    const bench = createToolBench(Object.fromEntries(excluded.map((name) => [`${name}/inside.md`, 'x'])));
    const { entries } = await bench.output('list_dir', { recursive: true });
    expect(entries.map((each) => each.path)).toEqual([...excluded.toSorted(), '.keep']);
    expect((await bench.output('list_dir', { path: 'dist' })).entries.map((each) => each.path)).toEqual([
      'dist/inside.md',
    ]);
  });

  it('passes over sensitive files and directories, and shows templates', async () => {
    const bench = createToolBench({
      '.env': 'x',
      '.env.example': 'x',
      'server.key': 'x',
      '.ssh/config': 'x',
      'sub/.aws/credentials': 'x',
    });
    const { entries } = await bench.output('list_dir', { recursive: true });
    expect(entries.map((each) => each.path)).toEqual(['sub', '.env.example', '.keep']);
    expect(bench.touched.some((path) => /\.(ssh|aws)/.test(path))).toBe(false);
  });

  it('names links without following them', async () => {
    const bench = createToolBench({ out: { link: '/etc' } });
    const { entries } = await bench.output('list_dir', { recursive: true });
    expect(entries[1]).toEqual({ name: 'out', path: 'out', kind: 'link', size: null, size_label: null });
    expect(bench.touched).toEqual(['/projects/notes']);
  });

  it('shows at most 500 entries and says that there are more', async () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}.md`, 'x']));
    const full = await createToolBench(many(499)).output('list_dir', {});
    expect([full.entries.length, full.truncated]).toEqual([500, false]);
    const cut = await createToolBench(many(500)).output('list_dir', {});
    expect([cut.entries.length, cut.truncated]).toEqual([500, true]);
  });

  it('refuses a folder with more than 50 000 entries', async () => {
    const bench = createToolBench({}, { refuse: (operation) => (operation === 'list' ? 'too_large' : undefined) });
    const failure = await bench.failure('list_dir', {});
    expect(failure).toMatchObject({ code: 'too_large', effect: 'none' });
    expect(failure.message).toContain('50000');
  });

  it('refuses to look at more than 50 000 entries, also when few of them are shown', async () => {
    const hidden = Array.from({ length: 30_000 }, (_, at) => [
      [`a/${at}.pem`, 'x'],
      [`b/${at}.pem`, 'x'],
    ]).flat();
    const bench = createToolBench(Object.fromEntries(hidden));
    expect((await bench.failure('list_dir', { recursive: true })).code).toBe('too_large');
  });

  it('goes on when a folder below cannot be read', async () => {
    const refuse = (_operation: string, path: string) => (path.endsWith('/a') ? ('permission' as const) : undefined);
    const bench = createToolBench({ 'a/x.md': 'x', 'b/y.md': 'x' }, { refuse });
    const { entries } = await bench.output('list_dir', { recursive: true });
    expect(entries.map((each) => each.path)).toEqual(['a', 'b', '.keep', 'b/y.md']);
  });

  it('shows a mount that stands inside a folder in place of what the folder has there', async () => {
    const mounts = buildMounts({}, { alias: '/workspace/docs', target: '/memory/docs', permissions: { write: false } });
    const bench = createToolBench({ 'docs/hidden.md': 'x', '/memory/docs/shown.md': 'x' }, { mounts });
    const { entries } = await bench.output('list_dir', { recursive: true });
    expect(entries.map((each) => each.path)).toEqual(['docs', '.keep', 'docs/shown.md']);
  });

  it('stays out of a mount inside a folder that may not be listed', async () => {
    const mounts = buildMounts({}, { alias: '/workspace/docs', target: '/memory/docs', permissions: { list: false } });
    const bench = createToolBench({ '/memory/docs/a.md': 'x' }, { mounts });
    expect((await bench.output('list_dir', { recursive: true })).entries.map((each) => each.path)).toEqual(['.keep']);
  });

  it('says what is wrong with a path that names no directory', async () => {
    const bench = createToolBench({ 'a.md': 'x' });
    expect((await bench.failure('list_dir', { path: 'a.md' })).code).toBe('not_a_directory');
    expect((await bench.failure('list_dir', { path: 'none' })).code).toBe('not_found');
  });

  it('stops between folders when the call is cancelled', async () => {
    const stop = new AbortController();
    const refuse = (_operation: string, path: string): undefined => {
      if (path.endsWith('/a')) stop.abort();
    };
    const bench = createToolBench({ 'a/x.md': 'x', 'b/y.md': 'x' }, { refuse });
    const outcome = await bench.run('list_dir', { recursive: true }, { signal: stop.signal });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.touched).toEqual(['/projects/notes', '/projects/notes/a']);
  });
});
