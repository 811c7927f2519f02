import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invocationIdSchema, parseResourceScope, type JsonValue } from '@reborn/host-api';
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
  return tool.run({ input: checked.input, scope, invocationId, signal: new AbortController().signal });
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
    expect(await call(files(folder, { writable: true }), 'builtin.write_file', input)).toMatchObject({
      kind: 'completed',
    });
    expect(await readFile(join(folder, 'a.md'), 'utf8')).toBe('three\n');
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
});
