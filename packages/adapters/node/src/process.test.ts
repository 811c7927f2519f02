import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessOutcome, ProcessRequest } from '@reborn/host-api';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createNodeProcesses } from './process.ts';
import { at, bytesOf, temporaryFolder, textOf, until } from '../test/support.ts';

const PATH = '/usr/bin:/bin';

function request(script: string, overrides: Partial<ProcessRequest> = {}): ProcessRequest {
  const base = { command: '/bin/sh', args: ['-c', script], env: { PATH }, timeoutMs: 20_000, outputBytesMax: 10_000 };
  return { ...base, ...overrides };
}

function stdoutOf(outcome: ProcessOutcome): string {
  return outcome.kind === 'exited' ? textOf(outcome.stdout) : outcome.kind;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A process that was killed may wait for somebody to take note of its death. */
async function isGone(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return /\) [ZX]/.test(status);
}

test('returns exit code and both outputs', async () => {
  const outcome = await createNodeProcesses().run(request('echo out; echo err >&2; exit 3'));
  expect(outcome).toMatchObject({ kind: 'exited', exitCode: 3 });
  expect(outcome.kind === 'exited' && [textOf(outcome.stdout), textOf(outcome.stderr)]).toEqual(['out\n', 'err\n']);
});

test('passes arguments as they are, without a shell', async () => {
  const outcome = await createNodeProcesses().run(
    request('', { command: '/bin/echo', args: ['$HOME', '; rm -rf', '`id`'] }),
  );
  expect(stdoutOf(outcome)).toBe('$HOME ; rm -rf `id`\n');
});

test('gives a child only the environment of the request', async () => {
  // The second one is a variable that Node hands on by itself.
  vi.stubEnv('REBORN_SECRET', 'leak').stubEnv('NODE_V8_COVERAGE', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  const outcome = await createNodeProcesses().run(
    request('', { command: '/usr/bin/env', args: [], env: { GREETING: 'hello' } }),
  );
  expect(stdoutOf(outcome)).toBe('GREETING=hello\n');
});

test('gives a child its input and survives one that does not read it', async () => {
  const processes = createNodeProcesses();
  expect(stdoutOf(await processes.run(request('cat', { stdin: bytesOf('input') })))).toBe('input');
  const deaf = await processes.run(request('exit 0', { stdin: new Uint8Array(4_000_000) }));
  expect(deaf).toMatchObject({ kind: 'exited', exitCode: 0 });
});

test('kills the whole group when the time is over', async () => {
  const file = join(await temporaryFolder(), 'pid');
  const outcome = await createNodeProcesses().run(
    request(`(sh -c 'echo $$ > "${file}"; sleep 60' & wait); sleep 60`, { timeoutMs: 400 }),
  );
  expect(outcome).toEqual({ kind: 'killed', reason: 'timed_out' });
  const grandchild = Number(await readFile(file, 'utf8'));
  expect(grandchild).toBeGreaterThan(1);
  await until(() => isGone(grandchild));
});

test('ends what a program leaves running behind itself', async () => {
  const outcome = await createNodeProcesses().run(request('sleep 60 & echo $!'));
  const left = Number(stdoutOf(outcome));
  expect(left).toBeGreaterThan(1);
  await until(() => isGone(left));
});

test('kills the group of a program that writes too much', async () => {
  const outcome = await createNodeProcesses().run(request('yes', { outputBytesMax: 5000 }));
  expect(outcome).toEqual({ kind: 'killed', reason: 'output_too_large' });
  const exact = await createNodeProcesses().run(request('printf 12345', { outputBytesMax: 5 }));
  expect(stdoutOf(exact)).toBe('12345');
});

test('kills on abort, before and after the start', async () => {
  const processes = createNodeProcesses();
  const controller = new AbortController();
  const running = processes.run(request('sleep 60', { signal: controller.signal }));
  controller.abort();
  expect(await running).toEqual({ kind: 'killed', reason: 'aborted' });
  expect(await processes.run(request('sleep 60', { signal: controller.signal }))).toEqual({
    kind: 'killed',
    reason: 'aborted',
  });
});

test('tells nothing of a program that was given up', async () => {
  const controller = new AbortController();
  let heard = 0;
  const onOutput = (): void => {
    heard += 1;
    controller.abort();
  };
  const loud = { onOutput, signal: controller.signal, outputBytesMax: 100_000_000 };
  expect(await createNodeProcesses().run(request('yes', loud))).toEqual({ kind: 'killed', reason: 'aborted' });
  expect(heard).toBe(1);
});

test('tells a signal from an exit', async () => {
  expect(await createNodeProcesses().run(request('kill -9 $$'))).toEqual({ kind: 'killed', reason: 'signal' });
});

test('says why a program did not start', async () => {
  const folder = await temporaryFolder();
  const processes = createNodeProcesses({ roots: { '/projects': folder } });
  const none = await processes.run(request('', { command: '/none/such', args: [] }));
  expect(none).toEqual({ kind: 'not_started', reason: 'not_found' });
  const noProgram = await processes.run(request('', { command: '/etc/passwd', args: [] }));
  expect(noProgram).toEqual({ kind: 'not_started', reason: 'permission' });
  const broken = await processes.run(request('', { args: ['a\0b'] }));
  expect(broken).toEqual({ kind: 'not_started', reason: 'io' });
});

test('starts in the working folder, and in none that a link leads to', async () => {
  const folder = await temporaryFolder();
  await Promise.all([mkdir(join(folder, 'inside', 'work'), { recursive: true }), mkdir(join(folder, 'outside'))]);
  await symlink(join(folder, 'outside'), join(folder, 'inside', 'out'));
  const processes = createNodeProcesses({ roots: { '/projects': join(folder, 'inside') } });
  const pwd = { command: '/bin/pwd', args: ['-P'] };
  const inside = await processes.run(request('', { ...pwd, workingFolder: at('/projects/work') }));
  expect(stdoutOf(inside)).toBe(`${join(folder, 'inside', 'work')}\n`);
  const out = await processes.run(request('', { ...pwd, workingFolder: at('/projects/out') }));
  expect(out).toEqual({ kind: 'not_started', reason: 'permission' });
  await symlink('work', join(folder, 'inside', 'alias'));
  const alias = await processes.run(request('', { ...pwd, workingFolder: at('/projects/alias') }));
  expect(alias).toEqual({ kind: 'not_started', reason: 'permission' });
  const none = await processes.run(request('', { ...pwd, workingFolder: at('/projects/none') }));
  expect(none).toEqual({ kind: 'not_started', reason: 'not_found' });
  const elsewhere = await processes.run(request('', { ...pwd, workingFolder: at('/memory') }));
  expect(elsewhere).toEqual({ kind: 'not_started', reason: 'permission' });
  expect(stdoutOf(await processes.run(request('', pwd)))).toBe('/\n');
});
