import { createFakePlatform, createInMemoryFileSystem, FAKE_START_MS } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callTool } from '../../test/first-party/call-tool.ts';
import { buildMounts } from '../../test/first-party/tool-bench.ts';
import { createBuiltinTools } from './builtin-tools.ts';
import { defineBuiltin } from './builtin.ts';

const { clock } = createFakePlatform();
const names = (tools: ReturnType<typeof createBuiltinTools>) => tools.map(({ descriptor }) => descriptor.id);

describe('the built-in tools', () => {
  it('are those on files, those of others, and three that need nothing', () => {
    const other = defineBuiltin({
      id: 'builtin.other',
      description: 'Something else.',
      prompt: 'Something else.',
      input: z.strictObject({}),
      output: z.strictObject({}),
      effects: ['network'],
      permission: 'ask',
      run: () => ({}),
    });
    const workspace = { files: createInMemoryFileSystem(), mounts: buildMounts() };
    expect(names(createBuiltinTools({ clock, workspace, others: [other] }))).toEqual([
      'builtin.list_dir',
      'builtin.glob',
      'builtin.read_file',
      'builtin.grep',
      'builtin.write_file',
      'builtin.apply_patch',
      'builtin.other',
      'builtin.echo',
      'builtin.time',
      'builtin.json',
    ]);
  });

  it('are bundled with the host, each of them', () => {
    for (const { provider } of createBuiltinTools({ clock }))
      expect(provider).toEqual({ packageId: 'builtin', source: 'bundled' });
  });

  it('need nobody asked, and do nothing to the world, without a workspace', () => {
    const tools = createBuiltinTools({ clock });
    expect(tools.map(({ descriptor }) => [descriptor.id, descriptor.permission, descriptor.effects])).toEqual([
      ['builtin.echo', 'allow', []],
      ['builtin.time', 'allow', []],
      ['builtin.json', 'allow', []],
    ]);
  });

  it('go by the clock of the host', async () => {
    const time = createBuiltinTools({ clock })[1];
    if (time === undefined) throw new Error('no time');
    expect(await callTool(time, {})).toMatchObject({ output: { unix: FAKE_START_MS / 1000 } });
  });

  it('echo a message of up to a mebibyte', async () => {
    const echo = createBuiltinTools({ clock })[0];
    if (echo === undefined) throw new Error('no echo');
    expect(await callTool(echo, { message: 'ä\n"' })).toEqual({ kind: 'completed', output: { message: 'ä\n"' } });
    const frame = JSON.stringify({ message: '' }).length;
    expect(echo.checkInput({ message: 'x'.repeat(1024 * 1024 - frame) }).kind).toBe('valid');
    expect(echo.checkInput({ message: 'x'.repeat(1024 * 1024 - frame + 1) }).kind).toBe('invalid');
  });
});
