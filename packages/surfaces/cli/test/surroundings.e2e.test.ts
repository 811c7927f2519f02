import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, RECORDING, RUN, type World } from './world.ts';

let world: World;
beforeEach(async () => void (world = await makeWorld()));
afterEach(() => world.remove());

const inFolder = (...parts: string[]): string => join(world.folder, ...parts);

describe('a configuration that merely lies in the current folder', () => {
  const endpoint = { kind: 'endpoint', model: 'm' };
  it.each([
    ['a key', 'model.apiKeyEnv', { model: { ...endpoint, url: 'http://127.0.0.1:9/v1', apiKeyEnv: 'HOME' } }],
    ['a server elsewhere', 'model.url', { model: { ...endpoint, url: 'http://models.example/v1' } }],
    ['a workspace elsewhere', 'workspace', { workspace: '/' }],
    ['a database elsewhere', 'storage.file', { storage: { kind: 'sqlite', file: '../elsewhere.db' } }],
    [
      'a program',
      'extensions',
      { extensions: [{ path: 'words', trust: 'user_trusted', allowedEffects: ['execute_code'] }] },
    ],
    ['a program, though it trusts none', 'extensions', { extensions: [] }],
    ['secrets', 'secrets', { secrets: {} }],
    ['a network', 'network', { network: true }],
    ['commands', 'shell', { shell: false }],
    ['a recording elsewhere', 'model.file', { model: { kind: 'recording', file: '../recording.json' } }],
  ])('may not choose %s', async (_, field, config) => {
    await writeFile(inFolder('reborn.config.json'), JSON.stringify({ version: 1, ...config }));
    const refused = await world.call(['run', 'hello', '--json']);
    expect(refused.code).toBe(4);
    expect(jsonLines(refused.err)[0]).toMatchObject({ code: 'cli/untrusted_config', detail: { field } });
    await expect(readdir(inFolder('.reborn'))).rejects.toThrow();
  });

  it('counts where it stays in its folder, is said, and its limits hold from wherever the run is gone on with', async () => {
    const model = { kind: 'recording', file: 'recording.json' };
    const budgets = [{ axis: 'user', period: { kind: 'day' }, limit: { calls: 1 } }];
    await writeFile(inFolder('reborn.config.json'), JSON.stringify({ version: 1, workspace: 'notes', model, budgets }));
    const parked = await world.call(['run', 'Make a digest.']);
    expect(parked.code).toBe(3);
    expect(parked.out).toContain('reborn.config.json, found in the current folder');
    const gates = async () =>
      (
        jsonLines((await world.call(['runs', '--json'])).out)[0] as {
          runs: [{ gates: [{ gateId: string; gateKind: string }] }];
        }
      ).runs[0].gates;
    await mkdir(inFolder('elsewhere'));
    const fromElsewhere = ['--home', '../.reborn', '--json'];
    const approved = await world.call(['approve', (await gates())[0].gateId, ...fromElsewhere], { in: 'elsewhere' });
    expect([approved.code, (await gates()).map(({ gateKind }) => gateKind)]).toEqual([3, ['budget']]);
    const [{ gateId }] = await gates();
    const answer = () => world.call(['approve', gateId, ...fromElsewhere], { in: 'elsewhere' });
    await writeFile(inFolder('reborn.config.json'), JSON.stringify({ network: true }));
    const grown = await answer();
    expect([grown.code, jsonLines(grown.err)]).toMatchObject([4, [{ code: 'cli/untrusted_config' }]]);
    await rm(inFolder('reborn.config.json'));
    const left = await answer();
    expect([left.code, jsonLines(left.err)]).toMatchObject([
      2,
      [{ code: 'cli/unreadable_file', detail: { field: '--config' } }],
    ]);
  });
});

describe('the folder of a thread', () => {
  it('is the one that was shown: a link in its place is another one, and nothing is written', async () => {
    expect((await world.call(RUN)).code).toBe(3);
    await rename(inFolder('notes'), inFolder('notes.old'));
    await mkdir(inFolder('other'));
    await symlink('other', inFolder('notes'));
    const [open] = jsonLines((await world.call(['runs', '--json'])).out) as {
      runs: { gates: { gateId: string }[] }[];
    }[];
    const gateId = String(open?.runs[0]?.gates[0]?.gateId);
    const refused = await world.call(['approve', gateId, '--json']);
    expect(refused.code).toBe(4);
    expect(jsonLines(refused.err)[0]).toMatchObject({ code: 'cli/other_workspace' });
    expect(await readdir(inFolder('other'))).toEqual([]);
  });
});

describe('links in the workspace', () => {
  const play = async (...calls: { tool: string; input: object }[]): Promise<string> => {
    const steps = calls.map(({ tool, input }, at) => ({
      id: `s${at}`,
      calls: [{ id: `c${at}`, tool, input, expect: 'capability_failed' }],
    }));
    const recording = { ...RECORDING, steps: [...steps, { id: 'done', say: 'Done.' }] };
    await writeFile(inFolder('recording.json'), JSON.stringify(recording));
    const ended = await world.call(RUN);
    return `${ended.code} ${ended.out}`;
  };

  it('lead nowhere: not to credentials, and not into the home', async () => {
    await mkdir(inFolder('notes/.aws'));
    await writeFile(inFolder('notes/.aws/config'), 'very secret');
    await symlink('.aws', inFolder('notes/cloud'));
    await symlink('..', inFolder('notes/up'));
    const said = await play(
      { tool: 'builtin.read_file', input: { path: 'cloud/config' } },
      { tool: 'builtin.list_dir', input: { path: 'up/.reborn' } },
    );
    expect(said).toMatch(/^0 /);
    expect(said).not.toContain('very secret');
  });
});
