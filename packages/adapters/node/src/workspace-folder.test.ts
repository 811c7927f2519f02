import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlationIdSchema, invocationIdSchema, parseResourceScope, type JsonValue } from '@reborn/host-api';
import type { HandlerOutcome } from '@reborn/host-runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { files, type WorkspaceFolder } from './workspace-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reborn-workspace-'));
  await mkdir(join(folder, 'home/inner'), { recursive: true });
  await writeFile(join(folder, 'a.md'), 'one\n');
  await writeFile(join(folder, 'home/inner/secret.md'), 'two\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function call(workspace: WorkspaceFolder, id: string, input: JsonValue): Promise<HandlerOutcome> {
  const tool = workspace.tools.find(({ descriptor }) => descriptor.id === id);
  if (tool === undefined) throw new Error(`there is no ${id}`);
  const checked = tool.checkInput(input);
  if (checked.kind === 'invalid') throw new Error(checked.rule);
  const scope = parseResourceScope({ tenantId: 't', userId: 'u' });
  const invocationId = invocationIdSchema.parse('0199aaaa-0000-7000-8000-000000000000');
  const correlationId = correlationIdSchema.parse('0199aaaa-0000-7000-8000-000000000001');
  return tool.run({ input: checked.input, scope, invocationId, correlationId, signal: new AbortController().signal });
}

describe('a folder as a workspace', () => {
  it('is read only unless it was made writable', async () => {
    const input = { path: 'a.md', content: 'three\n' };
    expect(await call(files(folder), 'builtin.write_file', input)).toMatchObject({
      kind: 'failed',
      code: 'filesystem_denied',
      effect: 'none',
    });
    expect(await readFile(join(folder, 'a.md'), 'utf8')).toBe('one\n');
    const writable = files(folder, { writable: true });
    await call(writable, 'builtin.read_file', { path: 'a.md' });
    expect(await call(writable, 'builtin.write_file', input)).toMatchObject({
      kind: 'completed',
    });
    expect(await readFile(join(folder, 'a.md'), 'utf8')).toBe('three\n');
  });

  it.each([
    ['the workspace', (link: string) => [link, join(folder, 'home')]],
    ['the closed folder', (link: string) => [folder, join(link, 'home')]],
    ['a closed folder that is not there yet', (link: string) => [folder, join(link, 'later/home')]],
  ])('keeps a closed folder shut when %s is named through a link', async (_, names) => {
    const link = `${folder}-link`;
    await symlink(folder, link);
    try {
      const [root = '', closed = ''] = names(link);
      const workspace = files(root, { writable: true, closed: [closed] });
      const inside = closed.endsWith('later/home') ? 'later/home' : 'home';
      await mkdir(join(folder, inside), { recursive: true });
      await writeFile(join(folder, inside, 'agent.db'), 'private');
      const read = await call(workspace, 'builtin.read_file', { path: `${inside}/agent.db` });
      expect(read).toMatchObject({ kind: 'failed', effect: 'none' });
    } finally {
      await rm(link);
    }
  });

  it('keeps closed folders shut for every tool, and passes by those that lie elsewhere', async () => {
    const workspace = files(folder, {
      writable: true,
      closed: [join(folder, 'home'), join(folder, '../elsewhere'), folder],
    });
    for (const [id, input] of [
      ['builtin.read_file', { path: 'home/inner/secret.md' }],
      ['builtin.list_dir', { path: 'home' }],
      ['builtin.write_file', { path: 'home/new.md', content: '' }],
    ] as const) {
      expect(await call(workspace, id, input)).toMatchObject({ kind: 'failed', effect: 'none' });
    }
    const listed = await call(workspace, 'builtin.list_dir', { path: '.', recursive: true });
    expect(JSON.stringify(listed)).toContain('a.md');
    expect(JSON.stringify(listed)).not.toContain('secret');
    const found = await call(workspace, 'builtin.grep', { pattern: 'two' });
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it.each(['home', '.aws'])(
    'gives no second name to a folder that is shut or holds credentials: %s',
    async (target) => {
      await mkdir(join(folder, '.aws/inner'), { recursive: true });
      await writeFile(join(folder, '.aws/inner/secret.md'), 'two\n');
      await symlink(target, join(folder, 'alias'));
      await symlink(`../${target}`, join(folder, 'home/alias'));
      await mkdir(join(folder, 'notes'));
      await symlink(`../${target}/inner`, join(folder, 'notes/deep'));
      const workspace = files(folder, { writable: true, closed: [join(folder, 'home')] });
      for (const [id, input] of [
        ['builtin.read_file', { path: 'alias/inner/secret.md' }],
        ['builtin.read_file', { path: 'notes/deep/secret.md' }],
        ['builtin.list_dir', { path: 'alias/inner' }],
        ['builtin.list_dir', { path: 'alias' }],
        ['builtin.write_file', { path: 'alias/inner/secret.md', content: '' }],
        ['builtin.write_file', { path: 'notes/deep/new.md', content: '' }],
      ] as const) {
        expect(await call(workspace, id, input), `${id} ${input.path}`).toMatchObject({
          kind: 'failed',
          effect: 'none',
        });
      }
      expect(await readFile(join(folder, target, 'inner/secret.md'), 'utf8')).toBe('two\n');
      expect(JSON.stringify(await call(workspace, 'builtin.grep', { pattern: 'two' }))).not.toContain('secret');
    },
  );
});
