/** A folder of notes, a recording and a home of their own for each test, and the command line over them. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseUserId } from '@reborn/host-api';
import { createMachine } from '../src/compose.ts';
import { runCli } from '../src/cli.ts';
import type { Machine } from '../src/machine.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const machine = createMachine();

export const RECORDING = {
  version: 1,
  title: 'test',
  user: null,
  steps: [
    {
      id: 'look',
      say: 'I look.',
      calls: [{ id: 'look', tool: 'builtin.list_dir', input: { path: '.', recursive: true } }],
    },
    {
      id: 'over',
      say: 'I try to change an original.',
      calls: [{ id: 'over', tool: 'builtin.write_file', expect: 'denied', input: { path: 'a.md', content: 'x' } }],
    },
    {
      id: 'write',
      say: 'Now the digest.',
      calls: [
        { id: 'write', tool: 'builtin.write_file', input: { path: 'digests/out.md', content: 'hello\nworld\n' } },
      ],
      next: [{ when: { call: 'write', outcome: 'approval_denied' }, goto: 'declined' }],
    },
    { id: 'done', say: 'Done.' },
    { id: 'declined', say: 'You declined.' },
  ],
};

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** As whom, in which folder of the world, with what piped in, and how much later than now. Units: milliseconds. */
export interface As {
  readonly in?: string;
  readonly user?: string;
  readonly input?: string;
  readonly laterMs?: number;
}

export interface World {
  readonly folder: string;
  /** As a process of its own. */
  spawn(...args: string[]): Promise<Said> & { readonly child: ReturnType<typeof spawn> };
  /** As `spawn`, in an environment that differs in these variables. */
  spawnWith(env: NodeJS.ProcessEnv, ...args: string[]): ReturnType<World['spawn']>;
  /** In this process; quicker. */
  call(args: readonly string[], as?: As): Promise<Said>;
  /** Every file of the folder with its content, without the database. */
  files(): Promise<Record<string, string>>;
  remove(): Promise<void>;
}

export async function makeWorld(name = 'reborn-cli-', env: NodeJS.ProcessEnv = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), name));
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'notes', 'a.md'), '# A\n\n- [ ] one\n');
  await writeFile(join(folder, 'recording.json'), JSON.stringify(RECORDING));
  return {
    folder,
    spawn: (...args) => start(folder, args, env),
    spawnWith: (other, ...args) => start(folder, args, { ...env, ...other }),
    call: (args, as = {}) => call(join(folder, as.in ?? '.'), args, as),
    files: () => readFiles(folder),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export const RUN = ['run', 'Make a digest.', '--dir', 'notes', '--recording', 'recording.json'];

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function start(cwd: string, args: readonly string[], more: NodeJS.ProcessEnv): ReturnType<World['spawn']> {
  const env = { ...process.env, ...more };
  const child = spawn(process.execPath, ['--conditions=@reborn/source', MAIN, ...args], { cwd, env });
  const ended = new Promise<Said>((resolve) => {
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += String(data)));
    child.stderr.on('data', (data) => (err += String(data)));
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return Object.assign(ended, { child });
}

async function call(cwd: string, args: readonly string[], { user, input = '', laterMs = 0 }: As): Promise<Said> {
  let out = '';
  let err = '';
  const io: Machine['io'] = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    drained: () => Promise.resolve(),
    terminal: false,
    input: () => Promise.resolve(input),
    colour: false,
    columns: 100,
    interrupted: new AbortController().signal,
    editor: undefined,
  };
  const who = user === undefined ? machine.user : { kind: 'user' as const, id: parseUserId(user) };
  const clock = { nowMs: () => machine.platform.clock.nowMs() + laterMs };
  const code = await runCli(args, { ...machine, platform: { ...machine.platform, clock }, io, cwd, user: who });
  return { code, out, err };
}

async function readFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith('agent.db'))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name.slice(folder.length), await readFile(name, 'utf8')])),
  );
}
