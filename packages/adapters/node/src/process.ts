/**
 * Child processes: no shell, only the environment that is given, a process group that ends as a whole.
 *
 * Not here: which programs may run (grants and policies of `@reborn/host-runtime`). A program that starts a session of
 * its own leaves the group; only a sandbox holds such a one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { ProcessOutcome, ProcessRequest, Processes } from '@reborn/host-api';
import { errnoOf, toFileRefusal } from './file-refusal.ts';
import type { HeldFolder } from './held-folder.ts';
import { createHostRoots, type HostRoots, type HostRootsOptions } from './host-root.ts';
import { PIPE_DRAIN_MS, TIMER_DELAY_MS_MAX } from './limits.ts';

type NotStarted = Extract<ProcessOutcome, { kind: 'not_started' }>;
type KillReason = Extract<ProcessOutcome, { kind: 'killed' }>['reason'];

/** The roots below which a working folder may lie. Without one, programs start in `/`. */
export type NodeProcessesOptions = Partial<HostRootsOptions>;

export function createNodeProcesses(options: NodeProcessesOptions = {}): Processes {
  const roots = createHostRoots({ ...options, roots: options.roots ?? {} });
  return Object.freeze({ run: (request: ProcessRequest) => run(roots, request) });
}

async function run(roots: HostRoots, request: ProcessRequest): Promise<ProcessOutcome> {
  if (request.signal?.aborted === true) return { kind: 'killed', reason: 'aborted' };
  let folder: HeldFolder | undefined;
  try {
    folder = await holdWorkingFolder(roots, request);
  } catch (error) {
    return { kind: 'not_started', reason: folderReason(error) };
  }
  try {
    const child = start(request, folder?.self ?? '/');
    return 'kind' in child ? child : await follow(child, request);
  } finally {
    await folder?.close();
  }
}

async function holdWorkingFolder(roots: HostRoots, request: ProcessRequest): Promise<HeldFolder | undefined> {
  if (request.workingFolder === undefined) return undefined;
  const located = roots(request.workingFolder);
  return located.hold(located.segments);
}

function start(request: ProcessRequest, folder: string): ChildProcess | NotStarted {
  try {
    return spawn(request.command, [...request.args], {
      cwd: folder,
      // Node hands this one variable of its own environment on to every child unless told that there is none.
      env: { NODE_V8_COVERAGE: undefined, ...request.env },
      shell: false,
      detached: true,
      windowsHide: true,
      stdio: [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return { kind: 'not_started', reason: startReason(error) };
  }
}

function follow(child: ChildProcess, request: ProcessRequest): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[], bytes: 0 };
    let killedFor: KillReason | undefined;
    let drain: NodeJS.Timeout | undefined;
    const kill = (reason: KillReason): void => {
      killedFor ??= reason;
      killGroup(child);
    };
    const deadline = setTimeout(() => kill('timed_out'), Math.min(Math.max(request.timeoutMs, 0), TIMER_DELAY_MS_MAX));
    const onAbort = (): void => kill('aborted');
    request.signal?.addEventListener('abort', onAbort, { once: true });
    // The signal may have fired while the folder was looked up, when nobody listened yet.
    if (request.signal?.aborted === true) onAbort();
    const settle = (outcome: ProcessOutcome): void => {
      clearTimeout(deadline);
      clearTimeout(drain);
      request.signal?.removeEventListener('abort', onAbort);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(outcome);
    };
    const collect = (parts: Uint8Array[]) => (chunk: Uint8Array) => {
      output.bytes += chunk.byteLength;
      if (output.bytes > request.outputBytesMax) kill('output_too_large');
      else parts.push(chunk);
    };
    child.stdout?.on('data', collect(output.stdout));
    child.stderr?.on('data', collect(output.stderr));
    const finish = (): void => {
      const { exitCode } = child;
      if (killedFor !== undefined) settle({ kind: 'killed', reason: killedFor });
      else if (exitCode === null) settle({ kind: 'killed', reason: 'signal' });
      else settle({ kind: 'exited', exitCode, stdout: joined(output.stdout), stderr: joined(output.stderr) });
    };
    child.on('error', (error) => {
      // Node reports by the same event that a running child could not be signalled; that one has a pid.
      if (child.pid === undefined) settle({ kind: 'not_started', reason: startReason(error) });
    });
    child.on('exit', () => {
      // What a program leaves running behind itself would act without anybody's leave.
      killGroup(child);
      drain = setTimeout(finish, PIPE_DRAIN_MS);
    });
    child.on('close', finish);
    child.stdin?.on('error', () => undefined);
    if (request.stdin !== undefined) child.stdin?.end(request.stdin);
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function startReason(error: unknown): NotStarted['reason'] {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'not_found';
  return code === 'EACCES' || code === 'EPERM' ? 'permission' : 'io';
}

function folderReason(error: unknown): NotStarted['reason'] {
  const refusal = toFileRefusal(error);
  if (refusal === 'not_found' || refusal === 'not_a_directory') return 'not_found';
  return refusal === 'outside_mount' || refusal === 'permission' ? 'permission' : 'io';
}
