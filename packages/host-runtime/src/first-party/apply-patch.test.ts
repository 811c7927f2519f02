import { parseVirtualPath } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { buildMounts, createToolBench, nativeDigest, type ToolBench } from '../../test/first-party/tool-bench.ts';
import { encodeText } from './exact-text.ts';
import { createReadState } from './read-state.ts';

const patch = (old_string: string, new_string: string, rest: object = {}) => ({
  path: 'a.md',
  old_string,
  new_string,
  ...rest,
});

async function readBench(content: string | Uint8Array): Promise<ToolBench> {
  const bench = createToolBench({ 'a.md': content });
  await bench.output('read_file', { path: 'a.md' });
  return bench;
}

describe('apply_patch', () => {
  it('replaces the one place and says how much was written', async () => {
    const bench = await readBench('one\ntwo\n');
    expect(await bench.output('apply_patch', patch('two', 'ä'))).toEqual({
      path: 'a.md',
      replacements: 1,
      bytes_written: 7,
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(bench.text('a.md')).toBe('one\nä\n');
  });

  it('says so when it found the place in another form only', async () => {
    const bench = await readBench('“one”  \ntwo\n');
    expect(await bench.output('apply_patch', patch('"one"\ntwo', '"one"\n2'))).toMatchObject({
      replacements: 1,
      match_method: 'trailing_whitespace_and_quotes',
    });
    expect(bench.text('a.md')).toBe('“one”  \n2\n');
  });

  it('replaces several places only when it is told to', async () => {
    const bench = await readBench('a b a\n');
    expect(await bench.failure('apply_patch', patch('a', 'c'))).toMatchObject({ code: 'not_unique', effect: 'none' });
    expect(await bench.output('apply_patch', patch('a', 'c', { replace_all: true }))).toMatchObject({
      replacements: 2,
    });
    expect(bench.text('a.md')).toBe('c b c\n');
  });

  it('says that there is no such place', async () => {
    const bench = await readBench('a\n');
    const failure = await bench.failure('apply_patch', patch('my secret', 'c'));
    expect(failure).toMatchObject({ code: 'no_match', effect: 'none' });
    expect(failure.message).not.toContain('secret');
  });

  it.each([
    [patch('a', 'a'), 'input.new_string must differ from old_string'],
    [patch('', 'a'), 'input.old_string must be at least 1'],
    [patch('a', 'b\u0000'), 'NUL'],
    [patch('a', 'x'.repeat(5 * 1024 * 1024 + 1)), 'input.new_string must be at most 5242880 bytes'],
  ])('refuses before anything is done', async (input, rule) => {
    await expect(createToolBench().run('apply_patch', input)).rejects.toThrow(rule);
  });

  it.each([
    ['UTF-8 with its mark', encodeText('ä\r\nb\r\n', 'utf-8-marked'), encodeText('ä\r\nc\r\nd\r\n', 'utf-8-marked')],
    ['UTF-16LE', encodeText('ä\r\nb\n', 'utf-16le'), encodeText('ä\r\nc\nd\n', 'utf-16le')],
    ['plain UTF-8', encodeText('ä\nb\n', 'utf-8'), encodeText('ä\nc\nd\n', 'utf-8')],
  ])('keeps %s and the line breaks', async (_encoding, before, after) => {
    const bench = await readBench(before);
    await bench.output('apply_patch', patch('b', 'c\nd'));
    expect(await bench.files.read('/projects/notes/a.md' as never, 100)).toEqual({ kind: 'ok', value: after });
  });

  it('leaves a file alone that it could not write back as it was', async () => {
    const bench = await readBench(Uint8Array.of(97, 0xff, 98));
    expect((await bench.failure('apply_patch', patch('a', 'c'))).code).toBe('binary_file');
  });

  it('takes a file of 10 MiB, and refuses a larger one and a larger result', async () => {
    const line = `${'x'.repeat(1023)}\n`;
    const content = line.repeat(10 * 1024);
    const bench = createToolBench({ 'a.md': content, 'b.md': `x${content}` });
    const place = { scope: buildScope(), path: parseVirtualPath('/projects/notes/a.md') };
    const version = createReadState(nativeDigest).wrote(place, new TextEncoder().encode(content));
    const all = { replace_all: true, version };
    for (const longer of ['xy\n', 'ä\n'])
      expect((await bench.failure('apply_patch', patch('x\n', longer, all))).code).toBe('too_large');
    expect(await bench.output('apply_patch', patch('x\n', 'y\n', all))).toMatchObject({ replacements: 10_240 });
    expect((await bench.failure('apply_patch', { ...patch('x', 'z'), path: 'b.md' })).code).toBe('too_large');
  });

  it.each(['MEMORY.md', 'daily/a.md', 'context/b/c.md'])('refuses the memory file %s', async (path) => {
    const bench = createToolBench({ [path]: 'a' });
    await bench.output('read_file', { path });
    bench.touched.length = 0;
    expect(await bench.failure('apply_patch', { ...patch('a', 'b'), path })).toMatchObject({
      code: 'protected_path',
      effect: 'none',
    });
    expect(bench.touched).toEqual([]);
  });

  it.each([{ read: false }, { write: false }])(
    'needs a mount that may be read and written, not %j',
    async (without) => {
      const bench = createToolBench({ 'a.md': 'a' }, { mounts: buildMounts(without) });
      expect((await bench.failure('apply_patch', patch('a', 'b'))).code).toBe('filesystem_denied');
      expect(bench.touched).toEqual([]);
    },
  );

  it('says what is wrong with a path that names no file', async () => {
    const bench = createToolBench({ 'sub/a.md': 'x', out: { link: '/etc' } });
    const codes = ['sub', 'none.md', 'out', '.'].map(async (path) => {
      const failure = await bench.failure('apply_patch', { ...patch('a', 'b'), path });
      return failure.code;
    });
    expect(await Promise.all(codes)).toEqual(['not_a_file', 'not_found', 'filesystem_denied', 'not_a_file']);
  });

  it.each([
    ['io', 'io_error', 'uncertain'],
    ['no_space', 'no_space', 'uncertain'],
    ['permission', 'filesystem_denied', 'none'],
  ] as const)('says of a write refused with %s what is known of the world', async (reason, code, effect) => {
    const bench = createToolBench(
      { 'a.md': 'a' },
      { refuse: (operation) => (operation === 'write' ? reason : undefined) },
    );
    await bench.output('read_file', { path: 'a.md' });
    const failure = await bench.failure('apply_patch', patch('a', 'b'));
    expect([failure.code, failure.effect]).toEqual([code, effect]);
  });

  it('does not write when the call is stopped while it looks', async () => {
    const stop = new AbortController();
    const bench = createToolBench(
      { 'a.md': 'a' },
      { refuse: () => (bench.touched.length > 1 ? void stop.abort() : undefined) },
    );
    await bench.output('read_file', { path: 'a.md' });
    const outcome = await bench.run('apply_patch', patch('a', 'b'), { signal: stop.signal });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.text('a.md')).toBe('a');
  });
});

describe('what has to be read before a file is patched', () => {
  it('is the file, in this conversation', async () => {
    const bench = createToolBench({ 'a.md': 'a' });
    expect(await bench.failure('apply_patch', patch('a', 'b'))).toMatchObject({ code: 'not_read', effect: 'none' });
    await bench.output('grep', { pattern: 'a', output_mode: 'content' });
    expect((await bench.failure('apply_patch', patch('a', 'b'))).code).toBe('not_read');
  });

  it('is all of it: a part of it does not do', async () => {
    const bench = createToolBench({ 'a.md': 'a\nb\nc\n' });
    await bench.output('read_file', { path: 'a.md', limit: 2 });
    expect((await bench.failure('apply_patch', patch('a', 'x'))).code).toBe('partial_read');
    await bench.output('read_file', { path: 'a.md', offset: 3 });
    await bench.output('apply_patch', patch('a', 'x'));
    expect(bench.text('a.md')).toBe('x\nb\nc\n');
  });

  it('is more than the first 2000 lines of a long file', async () => {
    const bench = createToolBench({ 'a.md': 'a\n'.repeat(2001) });
    expect((await bench.output('read_file', { path: 'a.md' })).version).toBeUndefined();
    expect((await bench.failure('apply_patch', patch('a', 'x', { replace_all: true }))).code).toBe('partial_read');
    await bench.output('read_file', { path: 'a.md', offset: 2001 });
    expect(await bench.output('apply_patch', patch('a', 'x', { replace_all: true }))).toMatchObject({
      replacements: 2001,
    });
  });

  it('is more than the beginning of a line that does not fit', async () => {
    const bench = await readBench(`a${'x'.repeat(200_000)}`);
    expect((await bench.failure('apply_patch', patch('a', 'b'))).code).toBe('partial_read');
  });

  it('is what the file still holds, though its time and its size are the same', async () => {
    const bench = await readBench('one');
    await bench.put('a.md', 'two');
    expect(await bench.failure('apply_patch', patch('o', 'x'))).toMatchObject({ code: 'stale_read', effect: 'none' });
    await bench.output('read_file', { path: 'a.md' });
    await bench.output('apply_patch', patch('two', '2'));
    expect(bench.text('a.md')).toBe('2');
  });

  it('may be named by its version where the host does not remember it', async () => {
    const { version } = await createToolBench({ 'a.md': 'a' }).output('read_file', { path: 'a.md' });
    const bench = createToolBench({ 'a.md': 'a' });
    await bench.output('apply_patch', patch('a', 'b', { version }));
    expect((await bench.failure('apply_patch', patch('b', 'c', { version }))).code).toBe('stale_read');
  });

  it('may be what was written last', async () => {
    const bench = createToolBench();
    const written = await bench.output('write_file', { path: 'a.md', content: 'a' });
    const patched = await bench.output('apply_patch', patch('a', 'b', { version: written.version }));
    await bench.output('apply_patch', patch('b', 'c'));
    expect(patched.version).not.toBe(written.version);
    expect(bench.text('a.md')).toBe('c');
  });
});

describe('patches of one file at once', () => {
  it('come one after the other, and none is lost', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `<${at}>`);
    const bench = await readBench(names.join('\n'));
    await Promise.all(names.map((name) => bench.output('apply_patch', patch(name, `${name}!`))));
    expect(bench.text('a.md')).toBe(names.map((name) => `${name}!`).join('\n'));
  });

  it('do not cross a write of the same file', async () => {
    const bench = await readBench('a');
    const [patched, written] = await Promise.all([
      bench.run('apply_patch', patch('a', 'b')),
      bench.run('write_file', { path: 'a.md', content: 'c' }),
    ]);
    expect([patched.kind, written.kind, bench.text('a.md')]).toEqual(['completed', 'completed', 'c']);
  });
});
