import type { JsonObject, ProcessOutcome, SandboxReport } from '@reborn/host-api';
import { createFakeProcesses, exited, type ScriptedProcess } from '@reborn/host-api/testkit';
import { describe, expect, it, test } from 'vitest';
import { callTool } from '../../test/first-party/call-tool.ts';
import { buildMounts } from '../../test/first-party/tool-bench.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { createShellTool } from './shell.ts';

const NONE: SandboxReport = { available: false, mechanism: 'none', detail: 'by script' };

interface Bench {
  readonly outcome?: ProcessOutcome | ScriptedProcess['outcome'];
  readonly sandbox?: SandboxReport;
  readonly sandboxOnly?: boolean;
  readonly mounts?: ReturnType<typeof buildMounts>;
}

function createBench({ outcome = exited('out'), sandbox, sandboxOnly = false, mounts = buildMounts() }: Bench = {}) {
  const processes = createFakeProcesses([{ outcome }], sandbox);
  const tool = createShellTool({ processes, mounts, sandboxOnly });
  const run = (input: JsonObject, call: Partial<HandlerCall> = {}) => callTool(tool, input, call);
  return { tool, run, processes };
}

describe('shell', () => {
  it('runs the command with sh in the workspace, with a small environment and closed input', async () => {
    const { run, processes } = createBench();
    expect(await run({ command: 'ls -la' })).toEqual({
      kind: 'completed',
      output: { output: 'out', exit_code: 0, success: true, sandboxed: true },
    });
    const [{ signal: _, ...request } = {}] = processes.requests;
    expect(request).toEqual({
      command: '/bin/sh',
      args: ['-c', 'HOME=$PWD; export HOME; exec /bin/sh -c "$1" 2>&1', 'sh', 'ls -la'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'dumb' },
      workingFolder: '/projects/notes',
      timeoutMs: 120_000,
      outputBytesMax: 8 * 1024 * 1024,
      sandbox: { mounts: [{ path: '/projects/notes', at: '/workspace', access: 'write' }] },
    });
  });

  it('gives back what a command says that fails', async () => {
    const { run } = createBench({ outcome: exited('no such file', 2) });
    expect(await run({ command: 'ls x' })).toMatchObject({
      output: { exit_code: 2, success: false, output: 'no such file' },
    });
  });

  it('begins in the folder it is told, and takes the time it is given', async () => {
    const { run, processes } = createBench();
    await run({ command: 'ls', workdir: 'src/a', timeout: 7 });
    expect(processes.requests[0]).toMatchObject({ workingFolder: '/projects/notes/src/a', timeoutMs: 7000 });
  });

  it.each(['/etc', '../x', '/other', '.ssh', 'C:/x'])('begins in no folder such as %s', async (workdir) => {
    const { run, processes } = createBench();
    expect(await run({ command: 'ls', workdir })).toMatchObject({ code: 'filesystem_denied', effect: 'none' });
    expect(processes.requests).toEqual([]);
  });

  it('begins in no mount that does not permit to execute', async () => {
    const { run } = createBench({ mounts: buildMounts({ execute: false }) });
    expect(await run({ command: 'ls' })).toMatchObject({ code: 'filesystem_denied' });
  });

  it('hides what may not be read, and lets write only where it may delete too', async () => {
    const closed = { read: false, list: false };
    const mounts = buildMounts(
      { delete: false },
      { alias: '/workspace/shut', target: '/projects/notes/shut', permissions: closed },
      { alias: '/memory', target: '/memory/notes' },
      { alias: '/names', target: '/memory/names', permissions: { list: false } },
    );
    const { run, processes } = createBench({ mounts });
    await run({ command: 'ls' });
    expect(processes.requests[0]?.sandbox?.mounts).toEqual([
      { path: '/projects/notes', at: '/workspace', access: 'read' },
      { path: '/projects/notes/shut', at: '/workspace/shut', access: 'none' },
      { path: '/memory/notes', at: '/memory', access: 'write' },
      { path: '/memory/names', at: '/names', access: 'none' },
    ]);
  });

  it('shows the beginning and the end of a long output', async () => {
    const long = `${'é'.repeat(50_000)}${'ü'.repeat(50_000)}`;
    const { run } = createBench({ outcome: exited(long) });
    const outcome = await run({ command: 'cat x' });
    expect(outcome).toMatchObject({
      output: { output: `${'é'.repeat(16_384)}\n[… 134464 bytes left out …]\n${'ü'.repeat(16_384)}` },
    });
  });

  it('gives back bytes that are no text, within its bound', async () => {
    const stdout = new Uint8Array(64 * 1024).fill(1);
    const outcome = await createBench({ outcome: { ...exited(''), stdout } as ProcessOutcome }).run({
      command: 'cat x',
    });
    const bytes = outcome.kind === 'completed' ? JSON.stringify(outcome.output).length : 0;
    expect(bytes).toBeGreaterThan(6 * 64 * 1024);
    expect(bytes).toBeLessThanOrEqual(createBench().tool.descriptor.outputBytesMax);
  });

  it.each([
    [{ kind: 'killed', reason: 'timed_out' }, 'timed_out', 'uncertain'],
    [{ kind: 'killed', reason: 'aborted' }, 'cancelled', 'uncertain'],
    [{ kind: 'killed', reason: 'output_too_large' }, 'output_too_large', 'uncertain'],
    [{ kind: 'killed', reason: 'signal' }, 'killed', 'uncertain'],
    [{ kind: 'not_started', reason: 'no_sandbox' }, 'no_sandbox', 'none'],
    [{ kind: 'not_started', reason: 'not_found' }, 'not_started', 'none'],
  ] as const)('says of %j that it is %s, effect %s', async (outcome, code, effect) => {
    expect(await createBench({ outcome }).run({ command: 'ls' })).toMatchObject({ kind: 'failed', code, effect });
  });

  it('starts nothing for a call that is over', async () => {
    const { run, processes } = createBench();
    const signal = AbortSignal.abort();
    expect(await run({ command: 'ls' }, { signal })).toMatchObject({ code: 'cancelled', effect: 'none' });
    expect(processes.requests).toEqual([]);
  });

  it('runs without a sandbox where there is none, unless it has to have one', async () => {
    const bare = createBench({ sandbox: NONE });
    expect(await bare.run({ command: 'ls' })).toMatchObject({ output: { sandboxed: false } });
    expect(bare.processes.requests[0]).not.toHaveProperty('sandbox');
    const held = createBench({ sandbox: NONE, sandboxOnly: true });
    expect(await held.run({ command: 'ls' })).toMatchObject({ code: 'no_sandbox', effect: 'none' });
    expect(held.processes.requests).toEqual([]);
  });

  it('runs in a sandbox only when a grant leaves less than all of the mounts', async () => {
    const wide = buildMounts({}, { alias: '/memory', target: '/memory/notes' });
    const narrow = buildMounts({ write: false });
    const bare = createBench({ sandbox: NONE, mounts: wide });
    expect(await bare.run({ command: 'ls' }, { mounts: narrow })).toMatchObject({ code: 'no_sandbox' });
    expect(bare.processes.requests).toEqual([]);
    expect(await bare.run({ command: 'ls' }, { mounts: wide })).toMatchObject({ kind: 'completed' });
    const held = createBench({ mounts: wide });
    await held.run({ command: 'ls' }, { mounts: narrow });
    expect(held.processes.requests[0]?.sandbox?.mounts).toEqual([
      { path: '/projects/notes', at: '/workspace', access: 'read' },
    ]);
    const away = { command: 'ls', workdir: '/memory' };
    expect(await held.run(away, { mounts: narrow })).toMatchObject({ code: 'filesystem_denied' });
  });

  it('shows its lines as they come while it runs in the background, for as long as that may take', async () => {
    const shown: string[] = [];
    const { run, processes } = createBench({ outcome: exited('one\ntwo\nrest') });
    await run({ command: 'ls' }, { progress: (text) => void shown.push(text) });
    expect(shown).toEqual(['one\n', 'two\n']);
    expect(processes.requests[0]?.timeoutMs).toBeGreaterThanOrEqual(24 * 60 * 60 * 1000);
  });

  it('refuses a command by what it looks like, before anybody is asked', async () => {
    const { tool } = createBench();
    expect(tool.checkInput({ command: 'curl x | sh' })).toEqual({
      kind: 'invalid',
      field: 'input.command',
      rule: 'must not run what it downloads (blocked: download_to_shell)',
    });
  });

  it.each([
    { command: '' },
    { command: 'x'.repeat(16_385) },
    { command: 'ls', timeout: 0 },
    { command: 'ls', timeout: 121 },
    { command: 'ls', env: {} },
  ])('refuses an input such as %j', (input) => {
    expect(createBench().tool.checkInput(input)).toMatchObject({ kind: 'invalid' });
  });

  test('asks, and declares the network only where a command could reach it', () => {
    const { descriptor, lane, sandboxed } = createBench().tool;
    expect([descriptor.permission, lane, sandboxed]).toEqual(['ask', 'process', false]);
    expect(descriptor.effects).toEqual([
      'delete_filesystem',
      'execute_code',
      'network',
      'read_filesystem',
      'spawn_process',
      'write_filesystem',
    ]);
    const held = createBench({ sandboxOnly: true }).tool;
    expect(held.descriptor.effects).not.toContain('network');
    expect(held.sandboxed).toBe(true);
  });
});
