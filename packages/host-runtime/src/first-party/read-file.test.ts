import { describe, expect, it } from 'vitest';
import { createToolBench } from '../../test/first-party/tool-bench.ts';

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}`).join('\n');
const utf16 = (text: string) =>
  Uint8Array.from([
    0xff,
    0xfe,
    ...Array.from(text, (each) => [each.charCodeAt(0) & 255, each.charCodeAt(0) >> 8]).flat(),
  ]);

describe('read_file', () => {
  it('returns numbered lines, the same lines plain, and how many there are', async () => {
    const bench = createToolBench({ 'sub/a.md': 'one\ntwo\n' });
    expect(await bench.output('read_file', { path: 'sub/a.md' })).toEqual({
      path: 'sub/a.md',
      content: '     1\tone\n     2\ttwo',
      first_line: 1,
      lines_shown: 2,
      total_lines: 2,
      truncated_by_default: false,
      truncated_by_size: false,
      lines: ['one', 'two'],
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['\uFEFFa', ['a']],
    ['ä€😀', ['ä€😀']],
  ])('reads %j as %j', async (text, expected) => {
    const output = await createToolBench({ 'a.md': text }).output('read_file', { path: 'a.md' });
    expect([output.lines, output.total_lines]).toEqual([expected, expected.length]);
  });

  it('shows 2000 lines unless it is asked for more, and says that it is the default that cut', async () => {
    const bench = createToolBench({ 'a.md': lines(2001), 'b.md': lines(2000) });
    expect(await bench.output('read_file', { path: 'a.md' })).toMatchObject({
      lines_shown: 2000,
      total_lines: 2001,
      truncated_by_default: true,
    });
    expect((await bench.output('read_file', { path: 'b.md' })).truncated_by_default).toBe(false);
    expect(await bench.output('read_file', { path: 'a.md', limit: 2001 })).toMatchObject({
      lines_shown: 2001,
      truncated_by_default: false,
    });
    expect((await bench.output('read_file', { path: 'a.md', limit: 5 })).truncated_by_default).toBe(false);
    expect(await bench.output('read_file', { path: 'a.md', offset: 2 })).toMatchObject({
      first_line: 2,
      lines_shown: 2000,
      truncated_by_default: false,
    });
  });

  it.each([
    [0, 1, 'line 1'],
    [1, 1, 'line 1'],
    [3, 3, 'line 3'],
    [9, 9, undefined],
  ])('counts offset %i from 1', async (offset, firstLine, first) => {
    const output = await createToolBench({ 'a.md': lines(5) }).output('read_file', { path: 'a.md', offset, limit: 2 });
    expect([output.first_line, output.lines?.[0], output.total_lines]).toEqual([firstLine, first, 5]);
  });

  it('takes a file of 10 MiB and refuses a larger one', async () => {
    const bench = createToolBench({
      'a.md': new Uint8Array(10 * 1024 * 1024).fill(10),
      'b.md': new Uint8Array(10 * 1024 * 1024 + 1).fill(10),
    });
    expect((await bench.output('read_file', { path: 'a.md' })).total_lines).toBe(10 * 1024 * 1024);
    expect((await bench.failure('read_file', { path: 'b.md' })).code).toBe('too_large');
  });

  it('refuses a NUL in the first 8 KiB and shows a later one as U+FFFD', async () => {
    const bench = createToolBench({ 'a.md': `${'x'.repeat(8191)}\u0000`, 'b.md': `${'x'.repeat(8192)}\u0000` });
    expect((await bench.failure('read_file', { path: 'a.md' })).code).toBe('binary_file');
    expect((await bench.output('read_file', { path: 'b.md' })).content.endsWith('x\uFFFD')).toBe(true);
  });

  it('reads UTF-16LE when the file bears its mark', async () => {
    const bench = createToolBench({
      'a.md': utf16('one\r\ntwo ä'),
      'b.md': utf16('one').subarray(2),
      'c.md': utf16('\uD800x'),
    });
    expect((await bench.output('read_file', { path: 'a.md' })).lines).toEqual(['one', 'two ä']);
    expect((await bench.failure('read_file', { path: 'b.md' })).code).toBe('binary_file');
    expect((await bench.output('read_file', { path: 'c.md' })).lines).toEqual(['\uFFFDx']);
  });

  it('shows broken UTF-8 as U+FFFD', async () => {
    const output = await createToolBench({ 'a.md': Uint8Array.of(97, 0xff, 98) }).output('read_file', { path: 'a.md' });
    expect(output.lines).toEqual(['a\uFFFDb']);
  });

  it('stops before the output is full, says so, and leaves out the plain lines', async () => {
    const bench = createToolBench({ 'a.md': `${'x'.repeat(999)}\n`.repeat(3000) });
    const output = await bench.output('read_file', { path: 'a.md', limit: 3000 });
    expect(output).toMatchObject({ total_lines: 3000, truncated_by_size: true, truncated_by_default: false });
    expect(output.lines_shown).toBeLessThan(1000);
    expect(output.lines).toBeUndefined();
    const next = await bench.output('read_file', { path: 'a.md', offset: output.lines_shown + 1, limit: 1 });
    expect(next.content.startsWith(`   ${output.lines_shown + 1}\t`)).toBe(true);
  });

  it('leaves out the plain lines when the output has no room for both', async () => {
    const output = await createToolBench({ 'a.md': `${'x'.repeat(999)}\n`.repeat(600) }).output('read_file', {
      path: 'a.md',
    });
    expect([output.lines_shown, output.truncated_by_size, output.lines]).toEqual([600, false, undefined]);
  });

  it('cuts a line that would fill the output', async () => {
    const output = await createToolBench({ 'a.md': 'x'.repeat(2_000_000) }).output('read_file', { path: 'a.md' });
    expect(output).toMatchObject({ lines_shown: 1, truncated_by_size: true });
    expect(output.content.endsWith('x…')).toBe(true);
  });

  it('says what is wrong with a path that names no file', async () => {
    const bench = createToolBench({ 'sub/a.md': 'x' });
    expect((await bench.failure('read_file', { path: 'sub' })).code).toBe('not_a_file');
    expect((await bench.failure('read_file', { path: '' })).code).toBe('not_a_file');
    expect((await bench.failure('read_file', { path: 'none.md' })).code).toBe('not_found');
  });
});
