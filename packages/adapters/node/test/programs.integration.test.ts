import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  parseCapabilityDescriptor,
  parseCorrelationId,
  parseInvocationId,
  parseMountView,
  parseResourceScope,
  parseSecretHandle,
  type JsonObject,
  type Processes,
} from '@reborn/host-api';
import { createProcessCapability, createShellTool, SecretValue, type HandlerCall } from '@reborn/host-runtime';
import { describe, expect, test } from 'vitest';
import { createNodeProcesses, type NodeProcessesOptions } from '../src/index.ts';
import { at, temporaryFolder, until } from './support.ts';

const ALL = { read: true, write: true, delete: true, list: true, execute: true };
const SHUT = { read: false, write: false, delete: false, list: false, execute: false };
const MOUNTS = parseMountView({
  mounts: [
    { alias: '/workspace', target: '/projects/work', permissions: ALL },
    { alias: '/workspace/.home', target: '/projects/work/.home', permissions: SHUT },
  ],
});
const { available } = await createNodeProcesses().sandbox();
const PLACES = [
  ['as this machine has it', {}, available],
  ['without a sandbox', { bubblewrap: '/none/such' }, false],
] as const;

function callWith(input: JsonObject, more: Partial<HandlerCall> = {}): HandlerCall {
  return {
    input,
    scope: parseResourceScope({ tenantId: 'default', userId: 'somebody' }),
    invocationId: parseInvocationId('00000000-0000-4000-8000-000000000001'),
    correlationId: parseCorrelationId('00000000-0000-4000-8000-000000000002'),
    signal: new AbortController().signal,
    ...more,
  };
}

describe.each(PLACES)('The shell, %s', (_name, options, sandboxed) => {
  test('says what a command says, in order, with its exit code', async () => {
    const { run } = await openShell(options);
    expect(await run('echo 1; echo 2 >&2; echo 3; exit 4')).toEqual({
      kind: 'completed',
      output: { output: '1\n2\n3\n', exit_code: 4, success: false, sandboxed },
    });
  });

  test('gives a command an environment of its own, and the folder that it begins in as its home', async () => {
    const { root, run } = await openShell(options);
    await mkdir(join(root, 'a b'));
    const here = sandboxed ? '/workspace/a b' : join(root, 'a b');
    const names = ['HOME', 'LANG', 'PATH', 'PWD', 'TERM'];
    const outcome = await run(`env | sed 's/=.*//' | grep -Ev '^(_|SHLVL|OLDPWD)$' | sort; pwd; echo ~; cat`, {
      workdir: 'a b',
    });
    expect(outcome).toMatchObject({ output: { output: `${names.join('\n')}\n${here}\n${here}\n` } });
  });

  test('keeps what a command writes in the workspace', async () => {
    const { run } = await openShell(options);
    await run('echo text > kept');
    expect(await run('cat kept')).toMatchObject({ output: { output: 'text\n' } });
  });

  test('hides what is shut, where there is a sandbox', async () => {
    const { run } = await openShell(options);
    const expected = sandboxed ? 'nothing\n' : 'all that the host keeps';
    expect(await run('cat .home/agent.db 2> /dev/null || echo nothing')).toMatchObject({
      output: { output: expected },
    });
  });
});

test('A shell command that takes too long is stopped, and leaves nothing running', async () => {
  const { root, run } = await openShell({ bubblewrap: '/none/such' });
  const outcome = await run('(while :; do date > beat; sleep 0.01; done) & sleep 30', { timeout: 1 });
  expect(outcome).toMatchObject({ kind: 'failed', code: 'timed_out', effect: 'uncertain' });
  await until(async () => {
    await rm(join(root, 'beat'), { force: true });
    await new Promise((resolve) => void setTimeout(resolve, 50));
    return !(await readdir(root)).includes('beat');
  });
});

describe.each(PLACES)('A program as a capability, %s', (_name, options, sandboxed) => {
  const handle = parseSecretHandle('token');
  const descriptor = parseCapabilityDescriptor({
    id: 'words.count',
    provider: 'words',
    description: 'Counts words.',
    inputSchema: {},
    effects: ['execute_code', 'use_secret'],
    permission: 'allow',
    deadlineMs: 10_000,
    outputBytesMax: 1000,
    credentials: [{ handle, required: true }],
  });

  async function openProgram(text: string, required = false) {
    const root = await temporaryFolder();
    await writeFile(join(root, 'words.cjs'), text);
    const roots = { '/artifacts/words': root };
    const processes: Processes = createNodeProcesses({ roots, programs: [process.execPath], ...options });
    const handler = createProcessCapability({
      descriptor,
      provider: { packageId: descriptor.provider, source: 'composed' },
      checkInput: (input) => ({ kind: 'valid', input }),
      processes,
      command: process.execPath,
      args: ['words.cjs'],
      workingFolder: at('/artifacts/words'),
      sandbox: { required, mounts: [{ path: at('/artifacts/words'), at: '/extension', access: 'read' }] },
    });
    const secrets = { take: () => new SecretValue('s3cret') };
    return (input: JsonObject, more: Partial<HandlerCall> = {}) => handler.run(callWith(input, { secrets, ...more }));
  }

  test('reads its input and its secret, and answers', async () => {
    const run = await openProgram(`
      const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      const output = { words: input.text.split(' ').length, secret: process.env.REBORN_SECRET_TOKEN, here: process.cwd() };
      console.log(JSON.stringify({ kind: 'completed', output }));`);
    const outcome = await run({ text: 'two words' });
    expect(outcome).toMatchObject({ kind: 'completed', output: { words: 2, secret: 's3cret' } });
    const here = outcome.kind === 'completed' && (outcome.output as JsonObject)['here'];
    expect(here === '/extension').toBe(sandboxed);
  });

  test('is stopped with its call', async () => {
    const run = await openProgram(`console.error('begun'); setInterval(() => {}, 1000)`);
    const stop = new AbortController();
    const outcome = await run({}, { signal: stop.signal, progress: () => stop.abort() });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'uncertain' });
  });

  test('does not run without a sandbox when it needs one', async () => {
    const run = await openProgram(`console.log('{"kind":"completed","output":1}')`, true);
    const expected = sandboxed
      ? { kind: 'completed', output: 1 }
      : { kind: 'failed', code: 'no_sandbox', effect: 'none' };
    expect(await run({})).toMatchObject(expected);
  });
});

async function openShell(options: NodeProcessesOptions) {
  const root = await temporaryFolder();
  await mkdir(join(root, '.home'));
  await writeFile(join(root, '.home', 'agent.db'), 'all that the host keeps');
  const processes = createNodeProcesses({ roots: { '/projects/work': root }, ...options });
  const tool = createShellTool({ processes, mounts: MOUNTS, sandboxOnly: false });
  const run = async (command: string, more: JsonObject = {}) => {
    const check = tool.checkInput({ command, ...more });
    if (check.kind === 'invalid') throw new Error(check.rule);
    return tool.run(callWith(check.input as JsonObject));
  };
  return { root, run };
}
