import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessOutcome, ProcessRequest, SandboxMount } from '@reborn/host-api';
import { expect, test } from 'vitest';
import { createNodeProcesses } from './process.ts';
import { at, temporaryFolder, textOf, until } from '../test/support.ts';

const NONE: ProcessOutcome = { kind: 'not_started', reason: 'no_sandbox' };
const HERE = await createNodeProcesses().sandbox();

function request(script: string, mounts: readonly SandboxMount[] = [], more: Partial<ProcessRequest> = {}) {
  const base = { command: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' } };
  return { ...base, timeoutMs: 20_000, outputBytesMax: 10_000, sandbox: { mounts }, ...more };
}

/** What it came to where there is a sandbox; anywhere else it has to be refused. */
function here(expected: unknown): unknown {
  return HERE.available ? expected : NONE;
}

function said(outcome: ProcessOutcome): unknown {
  return outcome.kind === 'exited' ? textOf(outcome.stdout) + textOf(outcome.stderr) : outcome;
}

function shown(path: string, access: SandboxMount['access'] = 'write', place = '/workspace'): SandboxMount {
  return { path: at(path), at: place, access };
}

async function program(text: string): Promise<string> {
  const path = join(await temporaryFolder(), 'bwrap');
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

test('says that bubblewrap is missing, too old, or may start nothing', async () => {
  const version = 'if [ "$1" = --version ]; then echo "bubblewrap 0.4.1"; exit 0; fi';
  const old = await program(`${version}; echo "bwrap: Unknown option --bind-fd" >&2; exit 1`);
  const forbidden = await program(`${version}; echo "bwrap: No permissions to create a new namespace" >&2; exit 1`);
  const other = await program('echo something else');
  const asked = [old, forbidden, other, '/none/such'].map((bubblewrap) =>
    createNodeProcesses({ bubblewrap }).sandbox(),
  );
  expect((await Promise.all(asked)).map(({ available, detail }) => [available, detail])).toEqual([
    [false, 'bubblewrap 0.4.1 is too old: it lacks options that close races'],
    [false, 'bubblewrap 0.4.1 cannot start a program here; user namespaces may be forbidden'],
    [false, 'bubblewrap does not answer'],
    [false, 'bubblewrap is not installed'],
  ]);
});

test('believes in no sandbox that only says that it started a program', async () => {
  const liar = await program('[ "$1" = --version ] && echo "bubblewrap 9.0.0"; exit 0');
  const processes = createNodeProcesses({ bubblewrap: liar });
  expect(await processes.sandbox()).toMatchObject({ available: false });
  expect(await processes.run(request('echo'))).toEqual(NONE);
});

test('runs a program that was named for it, also one that stands below the temporary folder', async () => {
  const path = await program('echo from below');
  const processes = createNodeProcesses({ programs: [path] });
  const run = processes.run(request('', [], { command: path, args: [] }));
  expect(said(await run)).toEqual(here('from below\n'));
});

test('shows the folder that was looked up, also when its name leads elsewhere by the time it is mounted', async () => {
  const [root, secret] = [await temporaryFolder(), await temporaryFolder()];
  await mkdir(join(root, 'work'));
  await writeFile(join(root, 'work', 'name'), 'the folder');
  await writeFile(join(secret, 'name'), 'the secret');
  const swap = `[ -e "${root}/armed" ] && mv "${root}/work" "${root}/old" && ln -s "${secret}" "${root}/work"`;
  const bubblewrap = await program(`${swap}\nexec /usr/bin/bwrap "$@"`);
  const processes = createNodeProcesses({ roots: { '/projects': root }, bubblewrap });
  await processes.sandbox();
  await writeFile(join(root, 'armed'), '');
  const outcome = await processes.run(
    request('cat name', [shown('/projects/work')], { workingFolder: at('/projects/work') }),
  );
  expect(said(outcome)).toEqual(here('the folder'));
});

test('mounts nothing that a link leads to, nothing below no root, and nothing over the system', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'work'));
  await symlink('work', join(root, 'alias'));
  const processes = createNodeProcesses({ roots: { '/projects': root } });
  const refused = { kind: 'not_started', reason: 'permission' };
  const mounts = [
    shown('/projects/alias'),
    shown('/memory'),
    ...['/usr/x', '/etc', '/proc', '/dev/shm', '/', 'work', '/a/../b', '/a//b', '/a\0'].map((place) =>
      shown('/projects/work', 'read', place),
    ),
  ];
  for (const mount of mounts) expect(await processes.run(request('echo', [mount]))).toEqual(here(refused));
  const twice = [shown('/projects/work', 'write'), shown('/projects/work', 'read')];
  expect(await processes.run(request('echo', twice))).toEqual(here(refused));
});

test('refuses a mount point that is a link inside the folder around it', async () => {
  const root = await temporaryFolder();
  await Promise.all([mkdir(join(root, 'work')), mkdir(join(root, 'other'))]);
  await symlink('../other', join(root, 'work', 'inner'));
  const processes = createNodeProcesses({ roots: { '/projects': root } });
  const mounts = [shown('/projects/work'), shown('/projects/other', 'read', '/workspace/inner')];
  expect(await processes.run(request('echo', mounts))).toEqual(here({ kind: 'not_started', reason: 'permission' }));
});

test('lets no value of the environment become an option', async () => {
  const processes = createNodeProcesses();
  const odd = [{ A: 'x\0--bind\0/\0/host' }, { 'A\0--bind': 'x' }, { 'A=B': 'x' }, { '': 'x' }];
  for (const env of odd) {
    expect(await processes.run(request('ls /host', [], { env }))).toEqual(here({ kind: 'not_started', reason: 'io' }));
  }
  expect(await processes.run(request('a\0b'))).toEqual(here({ kind: 'not_started', reason: 'io' }));
});

test('keeps the environment out of the list of processes', async () => {
  const env = { SECRET: 'only-for-the-program' };
  let lines: readonly string[] = [];
  const stop = new AbortController();
  const onOutput = (): void =>
    void commandLines().then((found) => {
      lines = found;
      stop.abort();
    });
  const outcome = await createNodeProcesses().run(
    request('echo; sleep 20', [], { env, onOutput, signal: stop.signal }),
  );
  expect(outcome).toEqual(here({ kind: 'killed', reason: 'aborted' }));
  expect(lines.some((line) => line.includes('sleep 20'))).toBe(HERE.available);
  expect(lines.filter((line) => line.includes('only-for-the-program'))).toEqual([]);
});

test('gives bubblewrap itself nothing of the environment', async () => {
  const root = await temporaryFolder();
  const bubblewrap = await program(`env >> "${root}/seen"; exec /usr/bin/bwrap "$@"`);
  const outcome = await createNodeProcesses({ bubblewrap }).run(request('echo $ONLY', [], { env: { ONLY: 'inside' } }));
  expect(said(outcome)).toEqual(here('inside\n'));
  expect(await readFile(join(root, 'seen'), 'utf8')).not.toContain('inside');
});

test('gives a program a session of its own', async () => {
  const script = 'read -r _ _ _ _ _ session _ < /proc/self/stat; [ "$session" -gt 0 ] && echo own';
  expect(said(await createNodeProcesses().run(request(script)))).toEqual(here('own\n'));
});

test('gives a program no capabilities, no new privileges and no namespaces of its own', async () => {
  const script = 'grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status; unshare -U true 2>/dev/null || echo refused';
  const expected = 'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nrefused\n';
  expect(said(await createNodeProcesses().run(request(script)))).toEqual(here(expected));
});

test('lets no program change the settings of the kernel, not even one of the superuser', async () => {
  const script = '( : > /proc/sys/kernel/domainname ) 2> /dev/null || echo refused';
  expect(said(await createNodeProcesses().run(request(script)))).toEqual(here('refused\n'));
});

test('nothing of bubblewrap is inside, and the program is not the first process', async () => {
  const outcome = await createNodeProcesses().run(request('cat /proc/1/comm; [ $$ -gt 1 ] && echo later'));
  expect(said(outcome)).toEqual(here('sh\nlater\n'));
});

test('lets nobody inside say that the program was not started', async () => {
  const forge = '{ echo not_found >&5; } 2> /dev/null; { echo not_found > /proc/1/fd/5; } 2> /dev/null; echo ran';
  expect(said(await createNodeProcesses().run(request(forge)))).toEqual(here('ran\n'));
});

test('kills what is inside also when it is not bound to the process that was started', async () => {
  const root = await temporaryFolder();
  const bubblewrap = await program(`setsid sh -c '"$@"; exit $?' sh /usr/bin/bwrap "$@" & wait $!`);
  const processes = createNodeProcesses({ roots: { '/projects': root }, bubblewrap });
  const stop = new AbortController();
  const script = 'echo; for i in $(seq 500); do echo x >> /workspace/beats; sleep 0.01; done';
  const more = { signal: stop.signal, onOutput: () => stop.abort() };
  const outcome = await processes.run(request(script, [shown('/projects')], more));
  expect(outcome).toEqual(here({ kind: 'killed', reason: 'aborted' }));
  const before = await beatsIn(root);
  await new Promise((resolve) => void setTimeout(resolve, 100));
  expect(await beatsIn(root)).toBe(before);
});

test('runs what is on the path and no command of the shell', async () => {
  const run = (command: string): Promise<ProcessOutcome> =>
    createNodeProcesses().run({ ...request(''), command, args: ['exit 3'] });
  expect(said(await run('echo'))).toEqual(here('exit 3\n'));
  expect(await run('eval')).toMatchObject(here({ kind: 'exited', exitCode: 127 }) as object);
  expect(await run('/usr/lib/os-release')).toEqual(here({ kind: 'not_started', reason: 'permission' }));
  expect(await run('/none/such')).toEqual(here({ kind: 'not_started', reason: 'not_found' }));
});

test('leaves no folder of the machine open for the program', async () => {
  const root = await temporaryFolder();
  const processes = createNodeProcesses({ roots: { '/projects': root } });
  const script = 'for fd in /proc/1/fd/* /proc/self/fd/*; do [ -d "$fd/" ] && readlink "$fd"; done; echo none';
  expect(said(await processes.run(request(script, [shown('/projects')])))).toEqual(here('none\n'));
});

test('a sandboxed program dies with its host', async () => {
  const root = await temporaryFolder();
  const script = 'while :; do echo x >> /workspace/beats; sleep 0.01; done';
  const host = `
    import { createNodeProcesses } from ${JSON.stringify(new URL('process.ts', import.meta.url).href)};
    const processes = createNodeProcesses({ roots: { '/projects': ${JSON.stringify(root)} } });
    const outcome = await processes.run(${JSON.stringify(request(script, [shown('/projects')]))});
    process.stdout.write(outcome.kind === 'not_started' ? outcome.reason : 'ended');`;
  const args = ['--conditions=@reborn/source', '--input-type=module', '-e', host];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Uint8Array) => (said += textOf(chunk)));
  const ended = new Promise((resolve) => child.on('close', resolve));
  const beats = (): Promise<number> => beatsIn(root);
  await Promise.race([ended, until(async () => (await beats()) > 0)]);
  child.kill('SIGKILL');
  await ended;
  expect([said, (await beats()) > 0]).toEqual(HERE.available ? ['', true] : ['no_sandbox', false]);
  await until(async () => {
    const before = await beats();
    await new Promise((resolve) => void setTimeout(resolve, 100));
    return before === (await beats());
  });
});

async function beatsIn(root: string): Promise<number> {
  return (await stat(join(root, 'beats')).catch(() => undefined))?.size ?? 0;
}

async function commandLines(): Promise<readonly string[]> {
  const all = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(all.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' '));
}
