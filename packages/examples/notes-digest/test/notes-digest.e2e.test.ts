import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startModelServer } from './model-server.ts';
import { createDatabase } from '@reborn/postgres-server';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const KEY_VARIABLE = 'NOTES_DIGEST_TEST_KEY';
const KEY = 'sk-sentinel-qzx-2299';

declare module 'vitest' {
  interface ProvidedContext {
    postgresTcpUrl: string;
  }
}

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'notes-digest-test-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Shown {
  readonly code: number | null;
  readonly out: string;
}

/** As `npm start -- …` in `folder`, without a terminal. Temporary folders go below `folder` too. */
function show(...args: string[]): Promise<Shown> {
  return showWith({}, ...args);
}

function showWith(variables: NodeJS.ProcessEnv, ...args: string[]): Promise<Shown> {
  const temporary = join(folder, 'temporary');
  const env = { ...process.env, ...variables, INIT_CWD: folder, TMPDIR: temporary, [KEY_VARIABLE]: KEY };
  return mkdir(temporary, { recursive: true }).then(
    () =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ['--conditions=@reborn/source', MAIN, ...args], {
          cwd: folder,
          env,
        });
        let out = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += String(data)));
        child.on('close', (code) => resolve({ code, out }));
      }),
  );
}

describe('npm start', () => {
  it('shows the kill, the approval elsewhere and the whole story, and leaves nothing behind', async () => {
    const { code, out } = await show();
    expect(out).not.toContain('NOT seen');
    expect(code).toBe(0);
    expect(out).toContain('The model is a RECORDING');
    expect(out).toMatch(/kill -9 \d+: the process ended by SIGKILL/);
    expect(out).toContain('This demonstration approves on your behalf');
    expect(out).toContain('ok       the digest was written exactly once');
    expect(out).toContain('ok       the denied write is recorded, with who denied it');
    expect(out).toContain('reporter: the run is complete');
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain(folder);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('shows the same on PostgreSQL, whose address it never names', async () => {
    const address = await createDatabase(inject('postgresTcpUrl'));
    const { code, out } = await showWith({ NOTES_DATABASE: address }, '--database-env', 'NOTES_DATABASE');
    expect(out).not.toContain('NOT seen');
    expect(code).toBe(0);
    expect(out).toMatch(/kill -9 \d+: the process ended by SIGKILL/);
    expect(out).toContain('ok       the digest was written exactly once');
    expect(out).toContain('ok       the event hook reported the end of the run, once');
    expect(out).not.toContain(new URL(address).host);
  });

  it("works on a folder of the person's own, with the shipped recording", async () => {
    const mine = join(folder, 'my notes');
    await mkdir(join(mine, 'garden'), { recursive: true });
    const notes = {
      'plan.md': '# Plan\n\nDecision: beans.\n\n- [ ] buy seeds\n',
      'garden/soil.md': '# Soil\n\n- [ ] dig\n- [x] rake\n',
    };
    for (const [name, text] of Object.entries(notes)) await writeFile(join(mine, name), text);
    const { code, out } = await show('--dir', 'my notes');
    expect(out).not.toContain('NOT seen');
    expect(code).toBe(0);
    const digest = await readFile(join(mine, 'digests/open-tasks.md'), 'utf8');
    for (const words of ['buy seeds', 'dig', 'beans']) expect(digest).toContain(words);
    for (const [name, text] of Object.entries(notes)) expect(await readFile(join(mine, name), 'utf8')).toBe(text);
    expect((await readdir(mine)).sort()).toEqual(['digests', 'garden', 'plan.md']);
    // Once more: its own digest of the last time may be replaced, somebody's own text may not.
    expect((await show('--dir', 'my notes')).code).toBe(0);
    await writeFile(join(mine, 'digests/open-tasks.md'), 'my own words\n');
    const refused = await show('--dir', 'my notes');
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('of your own in this folder');
    expect(await readFile(join(mine, 'digests/open-tasks.md'), 'utf8')).toBe('my own words\n');
  });

  it('claims nothing on a folder without notes', async () => {
    await mkdir(join(folder, 'empty'));
    const { code, out } = await show('--dir', 'empty');
    expect(code).toBe(0);
    expect(out).toContain('No gate opened');
    expect(out).not.toContain('SIGKILL');
    expect(await readdir(join(folder, 'empty'))).toEqual([]);
  });

  it('says what is wrong with its options', async () => {
    expect((await show('--loud')).code).toBe(2);
    expect((await show('--model-name', 'x')).code).toBe(2);
    expect((await show('--dir', 'gone')).code).toBe(1);
    for (const name of ['NOTES_DATABASE_UNSET', 'not a name', '']) {
      const refused = await show('--database-env', name);
      expect([refused.code, refused.out.split('\n')[0]], name).toEqual([
        2,
        '--database-env must name a variable that is set: capitals, digits and _.',
      ]);
    }
    expect(await show('--help')).toMatchObject({ code: 0 });
  });

  it('works with a live model, of which nothing that the recording leads to is expected', async () => {
    await using server = await startModelServer();
    const live = ['--model', server.endpoint, '--model-name', 'fake', '--api-key-env', KEY_VARIABLE];
    const { code, out } = await show(...live);
    expect(out).not.toContain('NOT seen');
    expect(code).toBe(0);
    expect(out).toContain('The model is a live one');
    expect(out).toContain('nothing that the shipped recording leads to is expected of it, or checked');
    expect(out).toMatch(/kill -9 \d+: the process ended by SIGKILL/);
    expect(out).toContain('ok       the question outlived the process');
    expect(out).toContain('ok       nothing outside digests/ was changed');
    expect(out).toContain('digests/live.md, 3 lines:');
    for (const claim of ['the digest is there', 'the denied write', 'not even the one', 'RECORDING'])
      expect(out).not.toContain(claim);
    expect(out).not.toContain(KEY);
    // The process that went on asked the same endpoint, with the same key, from where the first one stood.
    expect(server.spoken).toEqual([0, 1, 2]);
    expect(new Set(server.keys)).toEqual(new Set([`Bearer ${KEY}`]));
  });

  it("does not let a live model write where the person's own digests are, unless they decide", async () => {
    await using server = await startModelServer();
    const mine = join(folder, 'mine/digests');
    await mkdir(mine, { recursive: true });
    await writeFile(join(mine, 'live.md'), 'my own words\n');
    const { code, out } = await show('--dir', 'mine', '--model', server.endpoint);
    expect(code).toBe(1);
    expect(out).toContain('There is a digests/live.md of your own in this folder.');
    expect(await readFile(join(mine, 'live.md'), 'utf8')).toBe('my own words\n');
    expect(server.spoken).toEqual([]);
  });

  it('asks nobody who is not there', async () => {
    const { code, out } = await show('--interactive');
    expect(code).toBe(2);
    expect(out).toContain('--interactive needs a terminal');
  });

  it('says what was missing when a live model cannot be reached', async () => {
    const { code, out } = await show('--model', 'http://127.0.0.1:9/v1');
    expect(code).toBe(1);
    expect(out).toContain('The run did not come that far');
    expect(out).not.toContain('Nothing wanted to be written');
    expect(out).toContain('NOT seen');
  });
});
