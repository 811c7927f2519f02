/**
 * Child processes: no shell, only the environment that is given, a process group that ends as a whole, and where the
 * machine offers one, a sandbox.
 *
 * Not here: which programs may run (grants and policies of `@reborn/host-runtime`). A program that starts a session of
 * its own leaves the group; only a sandbox holds such a one.
 */
import type { ProcessOutcome, ProcessRequest, Processes } from '@reborn/host-api';
import { createBubblewrap, type Bubblewrap } from './bubblewrap.ts';
import { runChild, startReason, type Launch, type NotStarted } from './child-process.ts';
import { toFileRefusal } from './file-refusal.ts';
import { createHostRoots, type HostRoots, type HostRootsOptions } from './host-root.ts';
import { holdPlaces } from './sandbox-places.ts';

/**
 * `roots`: below them lie working folders and what sandboxes show; without one, programs start in `/`. `bubblewrap`:
 * where that program is, if not in a usual place. `programs`: files and folders of this machine that sandboxed programs
 * may read besides those of the system, such as an interpreter that was installed elsewhere.
 */
export interface NodeProcessesOptions extends Partial<HostRootsOptions> {
  readonly bubblewrap?: string;
  readonly programs?: readonly string[];
}

/** A launch, and how to let go of what was held open for it. */
interface HeldLaunch {
  readonly launch: Launch;
  close(): Promise<void>;
}

const NO_SANDBOX: NotStarted = { kind: 'not_started', reason: 'no_sandbox' };

export function createNodeProcesses(options: NodeProcessesOptions = {}): Processes {
  const { bubblewrap: program, programs = [], ...held } = options;
  const roots = createHostRoots({ ...held, roots: held.roots ?? {} });
  const bubblewrap = createBubblewrap({ programs, ...(program === undefined ? {} : { program }) });
  return Object.freeze({
    run: (request: ProcessRequest) => run(roots, bubblewrap, request),
    sandbox: () => bubblewrap.report(),
  });
}

async function run(roots: HostRoots, bubblewrap: Bubblewrap, request: ProcessRequest): Promise<ProcessOutcome> {
  if (request.signal?.aborted === true) return { kind: 'killed', reason: 'aborted' };
  let held: HeldLaunch | NotStarted;
  try {
    held = await prepare(roots, bubblewrap, request);
  } catch (error) {
    return { kind: 'not_started', reason: folderReason(error) };
  }
  if ('kind' in held) return held;
  try {
    return await runChild(held.launch, request);
  } finally {
    await held.close();
  }
}

function prepare(roots: HostRoots, bubblewrap: Bubblewrap, request: ProcessRequest): Promise<HeldLaunch | NotStarted> {
  return request.sandbox === undefined
    ? prepareBare(roots, request)
    : prepareSandboxed(roots, bubblewrap, { ...request, sandbox: request.sandbox });
}

async function prepareBare(roots: HostRoots, request: ProcessRequest): Promise<HeldLaunch> {
  const { command, args, env, workingFolder } = request;
  if (workingFolder === undefined) {
    return { launch: { command, args, env, folder: '/', startReason }, close: () => Promise.resolve() };
  }
  const located = roots(workingFolder);
  const folder = await located.hold(located.segments);
  return { launch: { command, args, env, folder: folder.self, startReason }, close: () => folder.close() };
}

async function prepareSandboxed(
  roots: HostRoots,
  bubblewrap: Bubblewrap,
  request: ProcessRequest & Required<Pick<ProcessRequest, 'sandbox'>>,
): Promise<HeldLaunch | NotStarted> {
  if (!(await bubblewrap.report()).available) return NO_SANDBOX;
  const places = await holdPlaces(roots, request.sandbox, request.workingFolder);
  const launch = await bubblewrap.launch(request, places);
  if (launch !== undefined) return { launch, close: () => places.close() };
  await places.close();
  return { kind: 'not_started', reason: 'io' };
}

function folderReason(error: unknown): NotStarted['reason'] {
  const refusal = toFileRefusal(error);
  if (refusal === 'not_found' || refusal === 'not_a_directory') return 'not_found';
  return refusal === 'outside_mount' || refusal === 'permission' ? 'permission' : 'io';
}
