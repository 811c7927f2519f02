import {
  parseCorrelationId,
  parseInvocationId,
  parseSecretHandle,
  parseVirtualPath,
  type CapabilityDescriptor,
  type JsonValue,
  type ProcessOutcome,
} from '@reborn/host-api';
import {
  buildDescriptor,
  buildMountView,
  buildScope,
  createFakePlatform,
  createFakeProcesses,
  exited,
  fixedUuid,
  type ScriptedProcess,
} from '@reborn/host-api/testkit';
import { assert, asyncProperty, jsonValue } from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { HostRuntimeError } from '../errors.ts';
import { SecretValue } from '../secret/secret-value.ts';
import type { HandlerCall } from './handler.ts';
import { createLaneProbe } from './lane-probe.ts';
import { createProcessCapability, type ProcessCapabilityOptions } from './process-lane.ts';

const NONE = { available: false, mechanism: 'none', detail: 'by script' };
const DESCRIPTOR = buildDescriptor({
  id: 'words.count',
  provider: 'words',
  effects: ['execute_code'],
  deadlineMs: 3000,
});

interface Bench extends Partial<ProcessCapabilityOptions> {
  readonly outcome?: ScriptedProcess['outcome'];
  readonly noSandbox?: boolean;
}

function createBench({ outcome = exited('{"kind":"completed","output":1}'), noSandbox, ...options }: Bench = {}) {
  const processes = createFakeProcesses([{ outcome }], noSandbox === true ? NONE : undefined);
  const handler = createProcessCapability({
    descriptor: DESCRIPTOR,
    provider: { packageId: DESCRIPTOR.provider, source: 'composed' },
    checkInput: (input) => ({ kind: 'valid', input }),
    processes,
    command: '/usr/bin/words',
    ...options,
  });
  const run = (call: Partial<HandlerCall> = {}) =>
    handler.run({
      input: null,
      scope: buildScope(),
      invocationId: parseInvocationId(fixedUuid(1)),
      correlationId: parseCorrelationId(fixedUuid(2)),
      signal: new AbortController().signal,
      ...call,
    });
  return { handler, run, processes };
}

function withSecrets(...handles: readonly string[]): CapabilityDescriptor {
  const credentials = handles.map((handle) => ({ handle: parseSecretHandle(handle), required: handle !== 'other' }));
  return { ...DESCRIPTOR, effects: ['execute_code', 'use_secret'], credentials };
}

describe('A program as a capability', () => {
  it('gets the input as one line and gives its answer back', async () => {
    const { handler, run, processes } = createBench({ args: ['--all'], env: { MODE: 'x' } });
    const input = { text: 'two\nlines', n: [1, 2] };
    expect(await run({ input })).toEqual({ kind: 'completed', output: 1 });
    const [{ signal: _, stdin, ...request } = {}] = processes.requests;
    expect(new TextDecoder().decode(stdin)).toBe('{"text":"two\\nlines","n":[1,2]}\n');
    expect(request).toEqual({
      command: '/usr/bin/words',
      args: ['--all'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', MODE: 'x' },
      timeoutMs: 4000,
      outputBytesMax: 4 * 1024 * 1024,
    });
    expect([handler.lane, handler.sandboxed]).toEqual(['process', false]);
  });

  it('takes no arguments and no environment from whoever calls', async () => {
    await assert(
      asyncProperty(jsonValue(), async (input) => {
        const { run, processes } = createBench({ args: ['-x'] });
        await run({ input: input as JsonValue });
        const { command, args, env } = processes.requests[0] ?? {};
        const fixed = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
        expect({ command, args, env }).toEqual({ command: '/usr/bin/words', args: ['-x'], env: fixed });
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [exited('{"kind":"completed","output":{"n":1}}\n'), { kind: 'completed', output: { n: 1 } }],
    [exited('{"kind":"completed","output":null}', 3), { kind: 'completed', output: null }],
    [
      exited('{"kind":"failed","code":"too_short","message":"Say more.","effect":"happened"}', 1),
      { kind: 'failed', code: 'too_short', message: 'Say more.', effect: 'happened' },
    ],
  ] as const)('takes the answer %#', async (outcome, expected) => {
    expect(await createBench({ outcome }).run()).toEqual(expected);
  });

  it.each([
    ['', 0, 'invalid_answer'],
    ['', 1, 'exit_failure'],
    ['Traceback', 1, 'exit_failure'],
    ['{"kind":"completed"}', 0, 'invalid_answer'],
    ['{"kind":"completed","output":1} {"kind":"completed","output":2}', 0, 'invalid_answer'],
    ['{"kind":"completed","output":1,"usage":{}}', 0, 'invalid_answer'],
    ['{"kind":"auth_required","handles":["x"]}', 0, 'invalid_answer'],
    ['{"kind":"failed","code":"Too Bad","message":"","effect":"none"}', 0, 'invalid_answer'],
    ['{"kind":"failed","code":"bad","message":"","effect":"nothing"}', 0, 'invalid_answer'],
    [`{"kind":"failed","code":"bad","message":"${'x'.repeat(1025)}","effect":"none"}`, 0, 'invalid_answer'],
    ['{"kind":"completed","output":{"__proto__":1}}', 0, 'invalid_answer'],
    [`{"kind":"completed","output":${'['.repeat(70)}${']'.repeat(70)}}`, 0, 'invalid_answer'],
    [`{"kind":"completed","output":"${'x'.repeat(1024 * 1024)}"}`, 0, 'output_too_large'],
  ])('takes no answer such as %.40s', async (stdout, exitCode, code) => {
    const outcome = await createBench({ outcome: exited(stdout, exitCode) }).run();
    expect(outcome).toMatchObject({ kind: 'failed', code, effect: 'uncertain' });
  });

  it('takes no answer that is not UTF-8', async () => {
    const stdout = new TextEncoder()
      .encode('{"kind":"completed","output":"?"}')
      .map((byte) => (byte === 0x3f ? 0xff : byte));
    const outcome = { kind: 'exited', exitCode: 0, stdout, stderr: new Uint8Array() } as const;
    expect(await createBench({ outcome }).run()).toMatchObject({ code: 'invalid_answer' });
  });

  it.each([
    [{ kind: 'killed', reason: 'timed_out' }, 'timed_out', 'uncertain'],
    [{ kind: 'killed', reason: 'aborted' }, 'cancelled', 'uncertain'],
    [{ kind: 'killed', reason: 'output_too_large' }, 'output_too_large', 'uncertain'],
    [{ kind: 'killed', reason: 'signal' }, 'exit_failure', 'uncertain'],
    [{ kind: 'not_started', reason: 'not_found' }, 'not_started', 'none'],
    [{ kind: 'not_started', reason: 'no_sandbox' }, 'no_sandbox', 'none'],
  ] as const)('says of %j that it is %s, effect %s', async (outcome, code, effect) => {
    expect(await createBench({ outcome }).run()).toMatchObject({ kind: 'failed', code, effect });
  });

  it('is not started for a call that is over', async () => {
    const { run, processes } = createBench();
    expect(await run({ signal: AbortSignal.abort() })).toMatchObject({ code: 'cancelled', effect: 'none' });
    expect(processes.requests).toEqual([]);
  });
});

describe('What holds a program', () => {
  const folder = { path: parseVirtualPath('/artifacts/words'), at: '/extension', access: 'read' } as const;
  const all = { read: true, write: true, delete: true, list: true, execute: true };
  const workspace = { alias: '/workspace', target: '/projects/notes', permissions: all };
  const wide = buildMountView(workspace);
  const narrow = buildMountView({ ...workspace, permissions: { ...all, write: false } });

  it('is a sandbox with its own folders and those of the call, where the machine has one', async () => {
    const { run, processes } = createBench({ sandbox: { required: false, mounts: [folder] }, mounts: wide });
    await run({ mounts: narrow });
    const shown = { path: '/projects/notes', at: '/workspace', access: 'read' };
    expect(processes.requests[0]?.sandbox).toEqual({ mounts: [folder, shown] });
  });

  it('is its process group where the machine has none', async () => {
    const { run, processes } = createBench({ sandbox: { required: false, mounts: [folder] }, noSandbox: true });
    expect(await run()).toMatchObject({ kind: 'completed' });
    expect(processes.requests[0]).not.toHaveProperty('sandbox');
  });

  it('has to be a sandbox when that is required, or when a grant left less of the mounts', async () => {
    for (const options of [
      { sandbox: { required: true, mounts: [] }, noSandbox: true },
      { sandbox: { required: false, mounts: [] }, noSandbox: true, mounts: wide },
      { mounts: wide },
    ]) {
      const { run, processes } = createBench(options);
      expect(await run({ mounts: narrow })).toMatchObject({ code: 'no_sandbox', effect: 'none' });
      expect(processes.requests).toEqual([]);
    }
  });

  it('is told beforehand', () => {
    const { handler } = createBench({ sandbox: { required: true, mounts: [] }, mounts: wide });
    expect([handler.sandboxed, handler.mounts]).toEqual([true, wide]);
  });
});

describe('Secrets of a program', () => {
  const lend = (values: Readonly<Record<string, string>>): NonNullable<HandlerCall['secrets']> => ({
    take: (handle) => {
      const value = values[handle];
      return value === undefined ? undefined : new SecretValue(value);
    },
  });

  it('stand in its environment under the name of their handle, those that the descriptor names', async () => {
    const { run, processes } = createBench({ descriptor: withSecrets('github.api-token', 'other') });
    await run({ secrets: lend({ 'github.api-token': 's3cret', unnamed: 'x' }) });
    expect(processes.requests[0]?.env).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      REBORN_SECRET_GITHUB_API_TOKEN: 's3cret',
    });
  });

  it('have to be there when they are required', async () => {
    const { run, processes } = createBench({ descriptor: withSecrets('token') });
    expect(await run()).toMatchObject({ code: 'secret_missing', effect: 'none' });
    expect(processes.requests).toEqual([]);
  });

  it('keep what the program says out of diagnostics', async () => {
    const { diagnostics, reports } = createFakePlatform();
    const outcome = exited('', 1, 'warning\nbad key s3cret\n');
    const lent = createBench({ descriptor: withSecrets('token'), outcome, diagnostics });
    await lent.run({ secrets: lend({ token: 's3cret' }) });
    await createBench({ outcome, diagnostics }).run();
    const facts = { capability: 'words.count', outcome: 'exited', exitCode: 1 };
    expect(reports.map((report) => report.facts)).toEqual([facts, { ...facts, said: 'warning\nbad key s3cret' }]);
  });
});

describe('The composition of a program', () => {
  test.each([
    ['effects', { descriptor: { ...DESCRIPTOR, effects: ['read_filesystem'] } as CapabilityDescriptor }],
    ['credentials', { descriptor: withSecrets('a.b', 'a-b') }],
    ['env', { env: { REBORN_SECRET_X: 'y' } }],
    ['env', { env: { 'A B': 'y' } }],
  ])('names what is wrong with its %s', (field, options) => {
    const refused = ((): unknown => {
      try {
        return createBench(options);
      } catch (error) {
        return error;
      }
    })();
    expect(HostRuntimeError.is(refused) && [refused.code, refused.detail['field']]).toEqual([
      'host-runtime/invalid_composition',
      field,
    ]);
  });
});

describe('Progress of a program', () => {
  it('is what it writes to its error output, in whole lines, however it comes', async () => {
    const shown: string[] = [];
    const said = new TextEncoder().encode(`één\n\n${'x'.repeat(5000)}\nrest`);
    const outcome: ScriptedProcess['outcome'] = ({ onOutput }): ProcessOutcome => {
      onOutput?.('stdout', new TextEncoder().encode('not shown\n'));
      for (const byte of said) onOutput?.('stderr', Uint8Array.of(byte));
      return exited('{"kind":"completed","output":1}');
    };
    const { run, processes } = createBench({ outcome });
    await run({ progress: (text) => void shown.push(text) });
    expect(shown).toEqual(['één\n', '\n', `${'x'.repeat(4096)}\n`, `${'x'.repeat(904)}\n`]);
    expect(processes.requests[0]?.timeoutMs).toBe(24 * 60 * 60 * 1000 + 1000);
  });
});

describe('The lane of programs', () => {
  test('is told as it is', async () => {
    const has = createFakeProcesses();
    const hasNot = createFakeProcesses([], NONE);
    expect(await createLaneProbe(has, 'sandbox_only')('process')).toEqual({ ready: true, detail: 'fake: by script' });
    const bare = 'process group only: by script';
    expect(await createLaneProbe(hasNot, 'in_workspace')('process')).toEqual({ ready: true, detail: bare });
    expect(await createLaneProbe(hasNot, 'sandbox_only')('process')).toEqual({ ready: false, detail: bare });
    expect(await createLaneProbe(has, 'none')('process')).toMatchObject({ ready: false });
    expect(await createLaneProbe(undefined, 'in_workspace')('process')).toMatchObject({ ready: false });
    expect(await createLaneProbe(undefined, 'none')('in_process')).toMatchObject({ ready: true });
  });
});
