import { buildScope } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { buildMounts, createToolBench } from '../../test/first-party/tool-bench.ts';

describe('write_file', () => {
  it('makes the file and its parents, and counts bytes', async () => {
    const bench = createToolBench();
    expect(await bench.output('write_file', { path: 'a/b/c.md', content: 'ä\n' })).toEqual({
      path: 'a/b/c.md',
      bytes_written: 3,
      created: true,
      success: true,
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(bench.files.texts()['/projects/notes/a/b/c.md']).toBe('ä\n');
  });

  it('replaces a file that was read', async () => {
    const bench = createToolBench({ 'a.md': 'old and long' });
    await bench.output('read_file', { path: 'a.md' });
    expect(await bench.output('write_file', { path: 'a.md', content: 'new' })).toMatchObject({ created: false });
    expect(bench.files.texts()['/projects/notes/a.md']).toBe('new');
  });

  it('takes 5 MiB and refuses more before anything is asked or done', async () => {
    const bench = createToolBench();
    const content = 'x'.repeat(5 * 1024 * 1024);
    expect(await bench.output('write_file', { path: 'a.md', content })).toMatchObject({ bytes_written: 5_242_880 });
    await expect(bench.run('write_file', { path: 'b.md', content: `${content}x` })).rejects.toThrow(
      'input.content must be at most 5242880 bytes',
    );
  });

  it.each([
    'HEARTBEAT.md',
    'MEMORY.md',
    'memory.MD',
    'IDENTITY.md',
    'SOUL.md',
    'ſOUL.md',
    'AGENTS.md',
    'USER.md',
    './MEMORY.md',
    '/workspace//MEMORY.md',
    'daily/2026-01-01.md',
    'Daily/x',
    'context/a/b.md',
    'daily',
  ])('refuses the memory file %s', async (path) => {
    const bench = createToolBench();
    expect(await bench.failure('write_file', { path, content: 'x' })).toMatchObject({
      code: 'protected_path',
      effect: 'none',
    });
    expect(bench.touched).toEqual([]);
  });

  it.each(['notes/MEMORY.md', 'MEMORY.md.txt', 'MEMORY', 'notes/daily/a.md', 'dailyreport.md', 'contexts/a.md'])(
    'writes %s, which only looks like a memory file',
    async (path) => {
      expect(await createToolBench().output('write_file', { path, content: 'x' })).toMatchObject({ success: true });
    },
  );

  it('protects the memory files of every mount, and a memory folder that is a mount', async () => {
    const mounts = buildMounts(
      {},
      { alias: '/docs', target: '/memory/docs' },
      { alias: '/workspace/daily', target: '/memory/daily' },
    );
    const bench = createToolBench({}, { mounts });
    expect((await bench.failure('write_file', { path: '/docs/SOUL.md', content: 'x' })).code).toBe('protected_path');
    expect((await bench.failure('write_file', { path: 'daily/a.md', content: 'x' })).code).toBe('protected_path');
  });

  it('does not write to a mount that may only be read', async () => {
    const bench = createToolBench({ 'a.md': 'old' }, { mounts: buildMounts({ write: false }) });
    expect(await bench.failure('write_file', { path: 'a.md', content: 'x' })).toEqual({
      kind: 'failed',
      code: 'filesystem_denied',
      message: 'This mount may not be written.',
      effect: 'none',
    });
    expect(bench.files.texts()['/projects/notes/a.md']).toBe('old');
  });

  it('replaces neither a directory, nor a link, nor the root of a mount', async () => {
    const mounts = buildMounts({}, { alias: '/docs', target: '/memory/docs' });
    const bench = createToolBench({ 'sub/a.md': 'x', out: { link: '/etc/passwd' }, 'a.md': 'x' }, { mounts });
    expect((await bench.failure('write_file', { path: 'sub', content: 'x' })).code).toBe('not_a_file');
    expect((await bench.failure('write_file', { path: 'out', content: 'x' })).code).toBe('filesystem_denied');
    expect((await bench.failure('write_file', { path: 'out/b.md', content: 'x' })).code).toBe('filesystem_denied');
    expect((await bench.failure('write_file', { path: 'a.md/b.md', content: 'x' })).code).toBe('not_a_directory');
    expect((await bench.failure('write_file', { path: '/docs', content: 'x' })).code).toBe('not_a_file');
    expect(bench.files.texts()).not.toHaveProperty('/memory/docs');
  });

  it.each([
    ['io', 'io_error', 'uncertain'],
    ['no_space', 'no_space', 'uncertain'],
    ['permission', 'filesystem_denied', 'none'],
    ['outside_mount', 'filesystem_denied', 'none'],
    ['not_a_directory', 'not_a_directory', 'none'],
  ] as const)('says of a write refused with %s what is known of the world', async (reason, code, effect) => {
    const refuse = (operation: string) => (operation === 'write' ? reason : undefined);
    const failure = await createToolBench({}, { refuse }).failure('write_file', { path: 'a.md', content: 'x' });
    expect([failure.code, failure.effect]).toEqual([code, effect]);
  });

  it('refuses text with NUL, which no tool could read back', async () => {
    await expect(createToolBench().run('write_file', { path: 'a.md', content: 'a\u0000' })).rejects.toThrow('NUL');
  });

  it('does not write when the call is cancelled while it looks', async () => {
    const stop = new AbortController();
    const bench = createToolBench({}, { refuse: () => void stop.abort() });
    const outcome = await bench.run('write_file', { path: 'a.md', content: 'x' }, { signal: stop.signal });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.files.texts()).not.toHaveProperty('/projects/notes/a.md');
  });
});

describe('what write_file replaces', () => {
  const write = (content: string, rest: object = {}) => ({ path: 'a.md', content, ...rest });

  it('was read before, all of it', async () => {
    const bench = createToolBench({ 'a.md': 'a\nb\n' });
    expect(await bench.failure('write_file', write('x'))).toMatchObject({ code: 'not_read', effect: 'none' });
    await bench.output('read_file', { path: 'a.md', limit: 1 });
    expect(await bench.failure('write_file', write('x'))).toMatchObject({ code: 'partial_read', effect: 'none' });
    await bench.output('read_file', { path: 'a.md' });
    await bench.output('write_file', write('x'));
    expect(bench.text('a.md')).toBe('x');
  });

  it('is still what was read', async () => {
    const bench = createToolBench({ 'a.md': 'one' });
    await bench.output('read_file', { path: 'a.md' });
    await bench.put('a.md', 'two');
    expect(await bench.failure('write_file', write('x'))).toMatchObject({ code: 'stale_read', effect: 'none' });
    expect(bench.text('a.md')).toBe('two');
  });

  it('may be what it wrote itself, as long as nobody else did', async () => {
    const bench = createToolBench();
    await bench.output('write_file', write('1'));
    expect(await bench.output('write_file', write('2'))).toMatchObject({ created: false });
    await bench.put('a.md', '3');
    expect((await bench.failure('write_file', write('4'))).code).toBe('stale_read');
  });

  it('may be named by its version where the host does not remember the read', async () => {
    const { version } = await createToolBench({ 'a.md': 'a' }).output('read_file', { path: 'a.md' });
    const bench = createToolBench({ 'a.md': 'a' });
    expect((await bench.failure('write_file', write('b', { version: '0'.repeat(32) }))).code).toBe('stale_read');
    await bench.output('write_file', write('b', { version }));
    expect(bench.text('a.md')).toBe('b');
  });

  it('is not named by an empty version', async () => {
    const bench = createToolBench({ 'a.md': 'a' });
    expect((await bench.failure('write_file', write('b', { version: '' }))).code).toBe('not_read');
    await bench.output('write_file', { path: 'new.md', content: 'b', version: '' });
  });

  it('is not a file that is gone', async () => {
    const { version } = await createToolBench({ 'a.md': 'a' }).output('read_file', { path: 'a.md' });
    const failure = await createToolBench().failure('write_file', write('b', { version }));
    expect(failure).toMatchObject({ code: 'stale_read', effect: 'none' });
  });

  it('is not known to another conversation', async () => {
    const bench = createToolBench({ 'a.md': 'a' });
    const scope = buildScope({ threadId: 'thread-2' });
    await bench.output('read_file', { path: 'a.md' }, { scope });
    expect((await bench.failure('write_file', write('b'))).code).toBe('not_read');
    await bench.output('write_file', write('b'), { scope });
  });

  it('is text that can be read', async () => {
    const bench = createToolBench({ 'a.md': Uint8Array.of(0, 1), 'b.md': 'x'.repeat(10 * 1024 * 1024 + 1) });
    expect((await bench.failure('write_file', write('x'))).code).toBe('not_read');
    expect((await bench.failure('write_file', { path: 'b.md', content: 'x' })).code).toBe('too_large');
  });
});
