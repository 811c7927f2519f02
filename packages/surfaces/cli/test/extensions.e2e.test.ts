import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, type World } from './world.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/own-extension/words');
const RECORDING = {
  version: 1,
  title: 'test',
  user: null,
  steps: [
    { id: 'count', say: 'I count.', calls: [{ id: 'count', tool: 'words.count', input: { text: 'to be or not' } }] },
    { id: 'done', say: 'Done.' },
  ],
};
const TRUSTED = { path: '../words', trust: 'user_trusted', allowedEffects: ['execute_code'] };

interface Doctor {
  readonly fine: boolean;
  readonly extensions: readonly { readonly digest?: string; readonly quarantine?: { readonly code: string } }[];
}

let world: World;
const configure = (...extensions: object[]) =>
  writeFile(join(world.folder, 'conf/mine.json'), JSON.stringify({ extensions, workspace: '../notes' }));
const run = () => world.call(['run', 'Count.', '--recording', 'count.json', '--config', 'conf/mine.json', '--json']);

beforeEach(async () => {
  world = await makeWorld();
  await cp(EXAMPLE, join(world.folder, 'words'), { recursive: true });
  await writeFile(join(world.folder, 'count.json'), JSON.stringify(RECORDING));
  await mkdir(join(world.folder, 'conf'));
  await configure(TRUSTED);
});
afterEach(() => world.remove());

describe('doctor', () => {
  const doctor = async (...more: string[]) => {
    const said = await world.call(['doctor', '--config', 'conf/mine.json', ...more]);
    return { ...said, report: more.includes('--json') ? (jsonLines(said.out)[0] as unknown as Doctor) : undefined };
  };

  it('lists a package with its digest, its trust and what it offers', async () => {
    const { code, report } = await doctor('--json');
    expect(code).toBe(0);
    expect(report?.extensions).toEqual([
      {
        name: '../words',
        id: 'words',
        version: '1.0.0',
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        requestedTrust: 'third_party',
        trust: 'user_trusted',
        capabilities: ['words.count'],
        effects: ['execute_code'],
        secrets: [],
      },
    ]);
    const { out } = await doctor();
    expect(out).toMatch(/ok +programs +1 capabilities; (?:bubblewrap [0-9.]+: no network|process group only: )/);
    expect(out).toContain('extension ../words, words 1.0.0: user_trusted (it asks to be third_party)');
    expect(out).toContain(
      `          ${report?.extensions[0]?.digest ?? '?'}\n          offers words.count, which may execute_code\n`,
    );
  });

  it('says why one is in quarantine, by its exit code too, and what it would take', async () => {
    await configure({ path: '../words' });
    const unknown = await doctor('--json');
    expect([unknown.code, unknown.report?.fine]).toEqual([2, false]);
    expect(unknown.report?.extensions).toMatchObject([{ trust: 'sandbox', quarantine: { code: 'not_trusted' } }]);
    const { out } = await doctor();
    expect(out).toContain('extension ../words, words 1.0.0: IN QUARANTINE');
    expect(out).toContain('not_trusted: its operator has not decided to trust it');
    expect(out).not.toContain(world.folder);

    await configure({ ...TRUSTED, digest: unknown.report?.extensions[0]?.digest });
    expect((await doctor()).code).toBe(0);
    await writeFile(join(world.folder, 'words/count.mjs'), '\n', { flag: 'a' });
    const changed = await doctor('--json');
    expect(changed.code).toBe(2);
    expect(changed.report?.extensions).toMatchObject([{ quarantine: { code: 'digest_mismatch' } }]);
  });
});

describe('a run', () => {
  it('asks about a call of a package, and the answer is executed with the settings with which it began', async () => {
    const parked = await run();
    expect(parked.code).toBe(3);
    const [listed] = jsonLines((await world.call(['runs', '--json'])).out) as unknown as [
      { readonly runs: readonly [{ readonly gates: readonly [{ readonly gateId: string }] }] },
    ];
    const { gateId } = listed.runs[0].gates[0];
    await writeFile(join(world.folder, 'conf/other.json'), '{}');
    const unknown = await world.call(['approve', gateId, '--config', 'conf/other.json', '--json']);
    expect(unknown.code).toBe(4);
    expect(jsonLines(unknown.err)).toMatchObject([{ code: 'cli/unnamed_extension' }]);
    const done = await world.call(['approve', gateId, '--json']);
    expect(done.code).toBe(0);
    expect(done.out).toContain('"words":4');
  });

  it('goes on without a package that is not taken, and says so', async () => {
    await configure({ path: '../words' });
    const said = await world.call(['run', 'Count.', '--recording', 'count.json', '--config', 'conf/mine.json']);
    expect(said.out).toContain('not_trusted: its operator has not decided to trust it');
    expect(said.out).not.toContain('"words"');
    expect(said.code).not.toBe(3);
  });
});
