import { describe, expect, it } from 'vitest';
import { buildMounts, createToolBench } from '../../test/first-party/tool-bench.ts';

const NOTES = {
  'a.md': 'alpha\nbeta\ngamma\n',
  'sub/b.md': 'beta\nBeta\n',
  'sub/c.ts': 'const beta = 1;\n',
  'd.md': 'delta\n',
};

describe('grep', () => {
  it('returns the paths of files with a match, level by level', async () => {
    expect(await createToolBench(NOTES).output('grep', { pattern: 'beta' })).toEqual({
      path: '.',
      output_mode: 'files_with_matches',
      files: ['a.md', 'sub/b.md', 'sub/c.ts'],
      truncated: false,
      truncated_by: null,
      scan: {
        entries_visited: 6,
        files_scanned: 5,
        bytes_scanned: 49,
        skipped: { binary: 0, unreadable: 0, too_large: 0, links: 0, too_complex: 0 },
      },
    });
  });

  it('returns matching lines as data and rendered', async () => {
    const output = await createToolBench(NOTES).output('grep', { pattern: 'beta', output_mode: 'content' });
    expect(output.matches).toEqual([
      { path: 'a.md', line: 2, text: 'beta' },
      { path: 'sub/b.md', line: 1, text: 'beta' },
      { path: 'sub/c.ts', line: 1, text: 'const beta = 1;' },
    ]);
    expect(output.content).toBe('a.md:2:beta\nsub/b.md:1:beta\nsub/c.ts:1:const beta = 1;');
  });

  it('counts matching lines', async () => {
    const output = await createToolBench(NOTES).output('grep', { pattern: '(?i)b', output_mode: 'count', path: 'sub' });
    expect([output.path, output.counts]).toEqual([
      'sub',
      [
        { path: 'sub/b.md', count: 2 },
        { path: 'sub/c.ts', count: 1 },
      ],
    ]);
  });

  it('searches one file that is named, whatever its name', async () => {
    const output = await createToolBench(NOTES).output('grep', { pattern: 'beta', path: 'sub/c.ts', glob: '*.md' });
    expect([output.files, output.scan.entries_visited]).toEqual([['sub/c.ts'], 1]);
  });

  it.each([
    [{ glob: '*.md' }, ['a.md', 'sub/b.md']],
    [{ glob: 'sub/*.{md,ts}' }, ['sub/b.md', 'sub/c.ts']],
    [{ glob: '**/c.*' }, ['sub/c.ts']],
    [{ type_filter: 'ts' }, ['sub/c.ts']],
    [{ type_filter: 'md', glob: 'b*' }, ['sub/b.md']],
    [{ path: 'sub', glob: 'b.md' }, ['sub/b.md']],
  ])('keeps to the files that fit %j', async (filter, files) => {
    expect((await createToolBench(NOTES).output('grep', { pattern: 'beta', ...filter })).files).toEqual(files);
  });

  it('refuses a type that it does not know, naming those it does', async () => {
    await expect(createToolBench().run('grep', { pattern: 'x', type_filter: 'typescript' })).rejects.toThrow('ts, txt');
  });

  it('takes upper and lower case as the same when asked', async () => {
    const bench = createToolBench(NOTES);
    const input = { pattern: 'BETA', output_mode: 'count', path: 'sub/b.md' };
    expect((await bench.output('grep', input)).counts).toEqual([]);
    expect((await bench.output('grep', { ...input, case_insensitive: true })).counts).toEqual([
      { path: 'sub/b.md', count: 2 },
    ]);
  });

  it('lets a match span lines when asked', async () => {
    const bench = createToolBench(NOTES);
    const input = { pattern: 'alpha.beta', output_mode: 'content' };
    expect((await bench.output('grep', input)).matches).toEqual([]);
    const output = await bench.output('grep', { ...input, multiline: true, after_context: 1 });
    expect(output.matches).toEqual([{ path: 'a.md', line: 1, text: 'alpha\nbeta' }]);
    expect(output.content).toBe('a.md:1:alpha\na.md:2:beta\na.md-3-gamma');
  });

  it('refuses a pattern that is not valid, naming the rule and not the pattern', async () => {
    const failure = await createToolBench(NOTES).failure('grep', { pattern: 'secret(?=x)' });
    expect(failure).toMatchObject({ code: 'invalid_pattern', effect: 'none' });
    expect(failure.message).toContain('unsupported Perl syntax');
    expect(failure.message).not.toContain('secret');
    expect((await createToolBench(NOTES).failure('grep', { pattern: 'x', glob: '{a' })).code).toBe('invalid_glob');
  });

  it('comes to an end with an evil pattern on a long line', async () => {
    const bench = createToolBench({ 'evil.txt': `${'a'.repeat(200_000)}!` });
    expect((await bench.output('grep', { pattern: '^(a+)+$' })).files).toEqual([]);
    expect((await bench.output('grep', { pattern: '^(a|aa)+!$', multiline: true })).files).toEqual(['evil.txt']);
  });
});

describe('the lines around a match', () => {
  const text = Array.from({ length: 12 }, (_, at) =>
    at === 3 || at === 5 || at === 10 ? `hit ${at + 1}` : `${at + 1}`,
  ).join('\n');
  const render = async (input: object) =>
    (
      await createToolBench({ 'a.md': text, 'b.md': 'hit\n' }).output('grep', {
        pattern: 'hit',
        output_mode: 'content',
        ...input,
      })
    ).content.split('\n');

  it('come before and after, once each, with a mark where lines are left out', async () => {
    expect(await render({ context: 1 })).toEqual([
      'a.md-3-3',
      'a.md:4:hit 4',
      'a.md-5-5',
      'a.md:6:hit 6',
      'a.md-7-7',
      '--',
      'a.md-10-10',
      'a.md:11:hit 11',
      'a.md-12-12',
      '--',
      'b.md:1:hit',
    ]);
  });

  it('may be asked for on one side only', async () => {
    expect((await render({ before_context: 2 })).slice(0, 5)).toEqual([
      'a.md-2-2',
      'a.md-3-3',
      'a.md:4:hit 4',
      'a.md-5-5',
      'a.md:6:hit 6',
    ]);
    expect((await render({ after_context: 1 })).slice(0, 4)).toEqual([
      'a.md:4:hit 4',
      'a.md-5-5',
      'a.md:6:hit 6',
      'a.md-7-7',
    ]);
    expect((await render({ context: 3, before_context: 0, after_context: 0 })).slice(0, 2)).toEqual([
      'a.md:4:hit 4',
      'a.md:6:hit 6',
    ]);
  });

  it('still follow the last match of a page', async () => {
    expect(await render({ context: 1, head_limit: 1 })).toEqual(['a.md-3-3', 'a.md:4:hit 4', 'a.md-5-5']);
    expect(await render({ context: 1, head_limit: 1, offset: 1 })).toEqual(['a.md-5-5', 'a.md:6:hit 6', 'a.md-7-7']);
  });

  it('are not added to the matches', async () => {
    const bench = createToolBench({ 'a.md': text });
    const output = await bench.output('grep', { pattern: 'hit', output_mode: 'content', context: 20 });
    expect(output.matches.map((match) => match.line)).toEqual([4, 6, 11]);
    expect(output.content.split('\n')).toHaveLength(12);
  });

  it('are at most 20', async () => {
    await expect(createToolBench().run('grep', { pattern: 'x', context: 21 })).rejects.toThrow('at most 20');
  });
});

describe('the page of a search', () => {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`${String(at).padStart(3, '0')}.md`, 'x\nx\n']),
  );

  it('holds 250 results unless asked otherwise; 0 is no limit', async () => {
    const bench = createToolBench(many);
    const page = await bench.output('grep', { pattern: 'x' });
    expect([page.files.length, page.truncated, page.truncated_by]).toEqual([250, true, 'head_limit']);
    const all = await bench.output('grep', { pattern: 'x', head_limit: 0 });
    expect([all.files.length, all.truncated]).toEqual([300, false]);
    const exact = await bench.output('grep', { pattern: 'x', head_limit: 300 });
    expect([exact.files.length, exact.truncated]).toEqual([300, false]);
  });

  it('begins behind the offset, in files or in matches', async () => {
    const bench = createToolBench(many);
    expect((await bench.output('grep', { pattern: 'x', offset: 298 })).files).toEqual(['298.md', '299.md']);
    const counts = await bench.output('grep', { pattern: 'x', offset: 299, output_mode: 'count' });
    expect(counts.counts).toEqual([{ path: '299.md', count: 2 }]);
    const content = await bench.output('grep', { pattern: 'x', offset: 1, head_limit: 2, output_mode: 'content' });
    expect(content.content).toBe('000.md:2:x\n001.md:1:x');
    expect(content.truncated_by).toBe('head_limit');
  });

  it('does not read further than it needs', async () => {
    const bench = createToolBench(many);
    await bench.output('grep', { pattern: 'x', head_limit: 3 });
    expect(bench.touched.filter((path) => path.endsWith('.md'))).toHaveLength(4);
  });
});

describe('the bounds of a search', () => {
  const MIB = 1024 * 1024;

  it('renders at most 64 KiB and keeps matches and lines in step', async () => {
    const bench = createToolBench({ 'a.md': `${'x'.repeat(99)}\n`.repeat(2000) });
    const output = await bench.output('grep', { pattern: 'x', output_mode: 'content', head_limit: 0 });
    expect(output.truncated_by).toBe('output_bytes');
    expect(output.content.length).toBeLessThanOrEqual(64 * 1024);
    expect(output.content.length).toBeGreaterThan(63 * 1024);
    expect(output.matches).toHaveLength(output.content.split('\n').length);
  });

  it('cuts a long line around a match and a long match', async () => {
    const bench = createToolBench({ 'a.md': `${'y'.repeat(5000)}\n${'x'.repeat(9000)}\n` });
    const output = await bench.output('grep', { pattern: 'x', output_mode: 'content', context: 1 });
    expect(output.matches[0]?.text).toBe(`${'x'.repeat(4096)}…`);
    expect(output.content.split('\n')[0]).toBe(`a.md-1-${'y'.repeat(1024)}…`);
  });

  it('shows a match even with the most and longest lines before it', async () => {
    const folder = `${'f'.repeat(250)}/`.repeat(3);
    const bench = createToolBench({ [`${folder}a.md`]: `${`${'€'.repeat(900)}\n`.repeat(30)}${'x'.repeat(9000)}\n` });
    const output = await bench.output('grep', { pattern: 'x', output_mode: 'content', context: 20 });
    expect(output.matches).toHaveLength(1);
  });

  it('passes over a file above 10 MiB in a walk, and tells when that file was named', async () => {
    const bench = createToolBench({ 'a.md': 'x', 'big.md': new Uint8Array(10 * MIB + 1).fill(120) });
    const walk = await bench.output('grep', { pattern: 'x' });
    expect([walk.files, walk.truncated, walk.scan.skipped.too_large]).toEqual([['a.md'], false, 1]);
    const named = await bench.output('grep', { pattern: 'x', path: 'big.md' });
    expect([named.files, named.truncated_by, named.scan.skipped.too_large]).toEqual([[], 'file_bytes', 1]);
  });

  it('reads at most 64 MiB and tells how far it came', async () => {
    const seeds = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`${at}.md`, new Uint8Array(9 * MIB).fill(120)]),
    );
    const output = await createToolBench(seeds).output('grep', { pattern: '^y' });
    expect([output.files, output.truncated_by]).toEqual([[], 'scan_bytes']);
    expect([output.scan.files_scanned, output.scan.bytes_scanned]).toEqual([8, 63 * MIB]);
  });

  it('looks at 50 000 entries and says that there are more', async () => {
    const names = Array.from({ length: 49_990 }, (_, at) => [`a/${at}.png`, 'x']);
    const bench = createToolBench({
      ...Object.fromEntries(names),
      ...Object.fromEntries(names.slice(0, 20).map(([name]) => [`b/${name}`, 'x'])),
    });
    const output = await bench.output('grep', { pattern: 'x', glob: '*.md' });
    expect([output.truncated_by, output.scan.files_scanned]).toEqual(['scan_entries', 0]);
    expect(output.scan.entries_visited).toBeLessThanOrEqual(50_000);
  });

  it('tells of a file with a line too long for so large a pattern', async () => {
    const bench = createToolBench({ 'a.md': `${'y'.repeat(300_000)}\nneedle\n` });
    const output = await bench.output('grep', { pattern: '[a-z]{900}|needle', output_mode: 'content' });
    expect([output.matches.length, output.scan.skipped.too_complex]).toEqual([1, 1]);
  });
});

describe('what a search passes over', () => {
  it('counts binary files, links and unreadable files and folders', async () => {
    const refuse = (_operation: string, path: string) => (/locked/.test(path) ? ('permission' as const) : undefined);
    const bench = createToolBench(
      { 'bin.md': 'x\u0000', out: { link: '/etc' }, 'locked.md': 'x', 'locked/a.md': 'x', 'a.md': 'x' },
      { refuse },
    );
    const output = await bench.output('grep', { pattern: 'x' });
    expect(output.files).toEqual(['a.md']);
    expect(output.scan.skipped).toEqual({ binary: 1, unreadable: 2, too_large: 0, links: 1, too_complex: 0 });
  });

  it('does not open sensitive files or excluded folders', async () => {
    const bench = createToolBench({
      '.env': 'x',
      id_rsa: 'x',
      'node_modules/a.md': 'x',
      '.git/config': 'x',
      '.ssh/a': 'x',
    });
    expect((await bench.output('grep', { pattern: 'x' })).files).toEqual([]);
    expect(bench.touched).toEqual(['/projects/notes', '/projects/notes', '/projects/notes/.keep']);
  });

  it('refuses a binary file that was named', async () => {
    const bench = createToolBench({ 'bin.md': 'x\u0000' });
    expect((await bench.failure('grep', { pattern: 'x', path: 'bin.md' })).code).toBe('binary_file');
  });

  it('needs the permission to list only for directories', async () => {
    const bench = createToolBench({ 'a.md': 'x' }, { mounts: buildMounts({ list: false }) });
    expect((await bench.output('grep', { pattern: 'x', path: 'a.md' })).files).toEqual(['a.md']);
    expect((await bench.failure('grep', { pattern: 'x' })).code).toBe('filesystem_denied');
  });

  it('does not read a mount inside the folder that may only be listed', async () => {
    const mounts = buildMounts({}, { alias: '/workspace/docs', target: '/memory/docs', permissions: { read: false } });
    const bench = createToolBench({ '/memory/docs/a.md': 'x', 'b.md': 'x' }, { mounts });
    const output = await bench.output('grep', { pattern: 'x' });
    expect([output.files, output.scan.skipped.unreadable]).toEqual([['b.md'], 1]);
  });

  it('reads UTF-16LE, and lines that end with CR LF', async () => {
    const utf16 = Uint8Array.from([0xff, 0xfe, ...Array.from('one\r\ntwo', (each) => [each.charCodeAt(0), 0]).flat()]);
    const bench = createToolBench({ 'a.md': utf16, 'b.md': 'one\r\ntwo\r\n' });
    const output = await bench.output('grep', { pattern: '^one$|^two$', output_mode: 'content' });
    expect(output.content).toBe('a.md:1:one\na.md:2:two\nb.md:1:one\nb.md:2:two');
  });

  it('stops in the middle of a large file when the call is cancelled', async () => {
    const stop = new AbortController();
    let reads = 0;
    const refuse = (operation: string): undefined => {
      if (operation === 'read') reads += 1;
      if (operation === 'stat' && reads > 0) stop.abort();
    };
    const bench = createToolBench({ 'a.md': `${'y'.repeat(999)}\n`.repeat(2000), 'b.md': 'y' }, { refuse });
    const outcome = await bench.run('grep', { pattern: '[a-z]{300}!' }, { signal: stop.signal });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.touched).not.toContain('/projects/notes/b.md');
  });
});
