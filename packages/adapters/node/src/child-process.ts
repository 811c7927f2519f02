/**
 * One child process from its start to its end: time, output and the whole group are bounded.
 *
 * Not here: what is started (`process.ts`, `bubblewrap.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { ProcessOutcome, ProcessRequest } from '@reborn/host-api';
import { errnoOf } from './file-refusal.ts';
import { PIPE_DRAIN_MS, TIMER_DELAY_MS_MAX, WRAPPER_STATUS_BYTES_MAX } from './limits.ts';

export type NotStarted = Extract<ProcessOutcome, { kind: 'not_started' }>;
type KillReason = Extract<ProcessOutcome, { kind: 'killed' }>['reason'];
type Exited = Extract<ProcessOutcome, { kind: 'exited' }>;

/** A program to start. `startReason`: what it means when the system refuses to. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A path of this machine. */
  readonly folder: string;
  readonly wrapper?: Wrapper;
  startReason(error: unknown): NotStarted['reason'];
}

/** The first descriptor that a wrapper gets besides its pipes. */
export const WRAPPER_DESCRIPTOR = 6;

/** What was said at 4 and at 5. */
interface WrapperReport {
  readonly status: string;
  readonly report: string;
}

/** How a launch talks to a program that starts another one: it reads `input` at 3, says at 4 what it did, and lets the inside speak at 5. */
export interface Wrapper {
  readonly input: Uint8Array;
  readonly descriptors: readonly number[];
  /** Why the inner program was not started, if it was not. */
  notStarted(report: WrapperReport): NotStarted['reason'] | undefined;
  /** The process that ends everything inside with itself, as soon as that is known. */
  innerPid(status: string): number | undefined;
}

type Bounds = Pick<ProcessRequest, 'stdin' | 'timeoutMs' | 'outputBytesMax' | 'signal' | 'onOutput'>;

export async function runChild(launch: Launch, bounds: Bounds): Promise<ProcessOutcome> {
  const child = start(launch, bounds);
  return 'kind' in child ? child : follow(child, launch, bounds);
}

/** What the operating system's refusal to start a program means. */
export function startReason(error: unknown): NotStarted['reason'] {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'not_found';
  return code === 'EACCES' || code === 'EPERM' ? 'permission' : 'io';
}

function start(launch: Launch, { stdin }: Bounds): ChildProcess | NotStarted {
  const beyond = launch.wrapper === undefined ? [] : (['pipe', 'pipe', 'pipe', ...launch.wrapper.descriptors] as const);
  try {
    return spawn(launch.command, [...launch.args], {
      cwd: launch.folder,
      // Node hands this one variable of its own environment on to every child unless told that there is none.
      env: { NODE_V8_COVERAGE: undefined, ...launch.env },
      shell: false,
      detached: true,
      windowsHide: true,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...beyond],
    });
  } catch (error) {
    return { kind: 'not_started', reason: launch.startReason(error) };
  }
}

function follow(child: ChildProcess, launch: Launch, bounds: Bounds): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    let killedFor: KillReason | undefined;
    let drain: NodeJS.Timeout | undefined;
    const wrapper = launch.wrapper === undefined ? undefined : talkTo(child, launch.wrapper);
    const kill = (reason: KillReason): void => {
      killedFor ??= reason;
      wrapper?.killInner();
      killGroup(child);
    };
    const output = collectOutput(child, bounds, { isKilled: () => killedFor !== undefined, kill });
    const deadline = setTimeout(() => kill('timed_out'), Math.min(Math.max(bounds.timeoutMs, 0), TIMER_DELAY_MS_MAX));
    const onAbort = (): void => kill('aborted');
    bounds.signal?.addEventListener('abort', onAbort, { once: true });
    // The signal may have fired while the folder was looked up, when nobody listened yet.
    if (bounds.signal?.aborted === true) onAbort();
    const settle = (outcome: ProcessOutcome): void => {
      clearTimeout(deadline);
      clearTimeout(drain);
      bounds.signal?.removeEventListener('abort', onAbort);
      for (const pipe of child.stdio) pipe?.destroy();
      resolve(outcome);
    };
    const finish = (): void => {
      if (killedFor !== undefined) return settle({ kind: 'killed', reason: killedFor });
      if (child.exitCode === null) return settle({ kind: 'killed', reason: 'signal' });
      const exited: Exited = { kind: 'exited', exitCode: child.exitCode, ...output.whole() };
      const reason = wrapper?.notStarted();
      settle(reason === undefined ? exited : { kind: 'not_started', reason });
    };
    child.on('error', (error) => {
      // Node reports by the same event that a running child could not be signalled; that one has a pid.
      if (child.pid === undefined) settle({ kind: 'not_started', reason: launch.startReason(error) });
    });
    child.on('exit', () => {
      // What a program leaves running behind itself would act without anybody's leave.
      killGroup(child);
      drain = setTimeout(finish, PIPE_DRAIN_MS);
    });
    child.on('close', finish);
    child.stdin?.on('error', () => undefined);
    if (bounds.stdin !== undefined) child.stdin?.end(bounds.stdin);
  });
}

interface Killing {
  isKilled(): boolean;
  kill(reason: KillReason): void;
}

function collectOutput(child: ChildProcess, { outputBytesMax, onOutput }: Bounds, { isKilled, kill }: Killing) {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let bytes = 0;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Uint8Array) => {
      if (isKilled()) return;
      bytes += chunk.byteLength;
      if (bytes > outputBytesMax) return kill('output_too_large');
      parts[stream].push(chunk);
      onOutput?.(stream, chunk);
    });
  }
  return { whole: () => ({ stdout: joined(parts.stdout), stderr: joined(parts.stderr) }) };
}

/** Hands a wrapper its input, and listens to what it says. */
function talkTo(child: ChildProcess, wrapper: Wrapper) {
  const said = { status: '', report: '' };
  const pipes: readonly (ChildProcess['stdio'][number] | undefined)[] = child.stdio;
  const listen = (at: number, name: keyof typeof said): void => {
    pipes[at]?.on('error', () => undefined);
    pipes[at]?.on('data', (chunk: Uint8Array) => {
      if (said[name].length < WRAPPER_STATUS_BYTES_MAX) said[name] += Buffer.from(chunk).toString('latin1');
    });
  };
  const input = pipes[3];
  listen(4, 'status');
  listen(5, 'report');
  input?.on('error', () => undefined);
  if (input !== null && input !== undefined && 'end' in input) input.end(wrapper.input);
  return {
    notStarted: () => wrapper.notStarted(said),
    // It may have left the group, and what binds it to the wrapper is in its own hands.
    killInner: () => {
      const pid = wrapper.innerPid(said.status);
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) killProcess(pid);
    },
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) killProcess(-child.pid);
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
