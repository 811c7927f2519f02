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
    });
    expect(bench.files.texts()['/projects/notes/a/b/c.md']).toBe('ä\n');
  });

  it('replaces a file that is there', async () => {
    const bench = createToolBench({ 'a.md': 'old and long' });
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
    const outcome = await bench.run('write_file', { path: 'a.md', content: 'x' }, stop.signal);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.files.texts()).not.toHaveProperty('/projects/notes/a.md');
  });
});
