/**
 * Bubblewrap as the sandbox of child processes: looked for in fixed places, believed only after it ran a program.
 *
 * What a program inside sees: the system's programs and libraries, the folders that it was given, an empty `/tmp` and
 * `/dev/shm` in memory, a few devices, and its own processes. Everything else is not there; the root, `/proc` and `/dev`
 * are read-only also for programs of the superuser. It has no network, no capabilities and no user namespaces of its own.
 *
 * The first process inside is a shell: programs get what a shell sets (`PWD`, with some also `_` and `SHLVL`), and one that
 * a signal ended has the exit code that shells give it.
 *
 * Not here: memory and processor time, which only a control group bounds; system calls, which are not filtered;
 * descriptors that this process was itself started with, which Node.js hands on. A program that takes its first process
 * over with a debugger is still killed with its call, but may outlive a host that is killed.
 * Source: bubblewrap(1). Needed: `--bind-fd` (0.9.1, and the distributions' fixes of 0.8.0) and `--disable-userns`.
 */
import { lstat, readlink, stat } from 'node:fs/promises';
import type { ProcessRequest, SandboxReport } from '@reborn/host-api';
import { runChild, startReason, WRAPPER_DESCRIPTOR, type Launch, type Wrapper } from './child-process.ts';
import { holdFolder } from './held-folder.ts';
import { SANDBOX_PROBE_BYTES_MAX, SANDBOX_PROBE_MS_MAX, SANDBOX_TMP_BYTES_MAX } from './limits.ts';
import type { HeldPlaces, SandboxPlace } from './sandbox-places.ts';

/** Whoever may write here owns the machine. The search path is not asked: it belongs to whoever started the host. */
const USUAL_PLACES = ['/usr/bin/bwrap', '/bin/bwrap'] as const;
/** What programs need to start. Nothing of it holds secrets. */
const SYSTEM = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/ld.so.cache',
  '/etc/alternatives',
] as const;
/**
 * The first process inside, which ends the others with itself. Bubblewrap's own would for a moment still hold a folder of
 * the machine, where a program that is quick could reach it. What it has to say it says before the program begins: then
 * nobody else can say it.
 */
const FIRST_PROCESS = `
case $1 in
  */*) [ -f "$1" ] && [ -x "$1" ] ;;
  *) command -v "$1" ;;
esac > /dev/null 2>&1 || { if [ -e "$1" ]; then echo permission; else echo not_found; fi >&5; exit 127; }
exec 5>&-
(exec "$@")
exit $?
`;
/** The superuser would keep all capabilities, and with them take the sandbox apart. */
const ISOLATION = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--die-with-parent',
  '--new-session',
  '--as-pid-1',
  '--cap-drop',
  'ALL',
] as const;

interface BubblewrapOptions {
  readonly program?: string;
  readonly programs: readonly string[];
}

export interface Bubblewrap {
  /** The first call finds out. */
  report(): Promise<SandboxReport>;
  /** `undefined` for an environment that no program can have. Only where the report says that there is a sandbox. */
  launch(
    request: Pick<ProcessRequest, 'command' | 'args' | 'env'>,
    places: Pick<HeldPlaces, 'places' | 'folder'>,
  ): Promise<Launch | undefined>;
}

export function createBubblewrap(options: BubblewrapOptions): Bubblewrap {
  let found: Promise<Found> | undefined;
  let system: Promise<readonly string[]> | undefined;
  const find = (): Promise<Found> => (found ??= probe(options, launch));

  async function launch(
    program: string,
    { command, args, env }: Parameters<Bubblewrap['launch']>[0],
    { places, folder }: Parameters<Bubblewrap['launch']>[1],
  ): Promise<Launch | undefined> {
    if (!isEnvironment(env)) return undefined;
    system ??= systemOptions(options.programs);
    const wanted = [...ISOLATION, ...environmentOptions(env), ...(await system), ...placeOptions(places)];
    const descriptors = places.flatMap(({ descriptor }) => (descriptor === undefined ? [] : [descriptor]));
    const all = [...wanted, '--remount-ro', '/', '--chdir', folder, '--json-status-fd', '4'];
    return {
      command: program,
      // Only the program and its arguments: what else is said of it may be secret, and others can read these.
      args: ['--args', '3', '--', '/bin/sh', '-c', FIRST_PROCESS, 'sh', command, ...args],
      env: {},
      folder: '/',
      wrapper: { input: Buffer.from(all.map((option) => `${option}\0`).join('')), descriptors, notStarted, innerPid },
      startReason: (error) => (startReason(error) === 'io' ? 'io' : 'no_sandbox'),
    };
  }

  return {
    report: async () => (await find()).report,
    launch: async (request, places) => launch((await find()).program, request, places),
  };
}

interface Found {
  readonly program: string;
  readonly report: SandboxReport;
}

type LaunchBy = (program: string, ...call: Parameters<Bubblewrap['launch']>) => Promise<Launch | undefined>;

/** Everything that a real start uses is used here, so what works here works there. */
async function probe({ program: named }: BubblewrapOptions, launch: LaunchBy): Promise<Found> {
  const program = await firstThere(named === undefined ? USUAL_PLACES : [named]);
  if (program === undefined) return none('bubblewrap is not installed');
  const asked = await runChild(
    { command: program, args: ['--version'], env: {}, folder: '/', startReason },
    { timeoutMs: SANDBOX_PROBE_MS_MAX, outputBytesMax: SANDBOX_PROBE_BYTES_MAX },
  );
  const version = asked.kind === 'exited' ? /^bubblewrap [0-9][0-9.]{0,20}/.exec(textOf(asked.stdout))?.[0] : undefined;
  if (version === undefined) return none('bubblewrap does not answer');
  const trial = await tryOut((call, places) => launch(program, call, places));
  if (trial.kind === 'works') {
    const detail = 'no network, no other processes, no files but the system and what is mounted';
    return { program, report: { available: true, mechanism: version, detail } };
  }
  return none(
    trial.complaint.includes('Unknown option')
      ? `${version} is too old: it lacks options that close races`
      : `${version} cannot start a program here; user namespaces may be forbidden`,
  );
}

type Trial = { readonly kind: 'works' } | { readonly kind: 'fails'; readonly complaint: string };

async function tryOut(launch: Bubblewrap['launch']): Promise<Trial> {
  const root = await holdFolder([], { rootPath: '/', create: false, descriptorPaths: false });
  let complaint = '';
  const onOutput = (_stream: string, chunk: Uint8Array): void => void (complaint += textOf(chunk));
  try {
    const places: readonly SandboxPlace[] = [{ at: '/probe', access: 'read', descriptor: root.descriptor }];
    const call = { command: '/bin/sh', args: ['-c', 'exit 0'], env: { PROBE: '1' } };
    const started = await launch(call, { places, folder: '/probe' });
    const bounds = { timeoutMs: SANDBOX_PROBE_MS_MAX, outputBytesMax: SANDBOX_PROBE_BYTES_MAX, onOutput };
    const outcome = started === undefined ? undefined : await runChild(started, bounds);
    const works = outcome?.kind === 'exited' && outcome.exitCode === 0;
    return works ? { kind: 'works' } : { kind: 'fails', complaint };
  } finally {
    await root.close();
  }
}

function none(detail: string): Found {
  return { program: '', report: { available: false, mechanism: 'none', detail } };
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await stat(path).catch(() => undefined)) return path;
  return undefined;
}

/** The system as it stands: what is a link there is a link inside. */
async function systemOptions(programs: readonly string[]): Promise<readonly string[]> {
  const options: string[] = [];
  for (const place of SYSTEM) {
    const found = await lstat(place).catch(() => undefined);
    if (found?.isSymbolicLink() === true) options.push('--symlink', await readlink(place), place);
    else if (found !== undefined) options.push('--ro-bind', place, place);
  }
  options.push('--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev');
  for (const place of ['/dev/shm', '/tmp']) options.push('--size', String(SANDBOX_TMP_BYTES_MAX), '--tmpfs', place);
  // Behind the empty `/tmp`: a program may stand there.
  for (const place of programs) options.push('--ro-bind', place, place);
  return [...options, '--remount-ro', '/dev'];
}

function placeOptions(places: readonly SandboxPlace[]): readonly string[] {
  let number = WRAPPER_DESCRIPTOR - 1;
  return places.flatMap(({ at, access, descriptor }) => {
    if (descriptor === undefined) return ['--tmpfs', at, '--remount-ro', at];
    number += 1;
    return [access === 'write' ? '--bind-fd' : '--ro-bind-fd', String(number), at];
  });
}

function environmentOptions(env: Readonly<Record<string, string>>): readonly string[] {
  return ['--clearenv', ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])];
}

/** Names as shells know them. A NUL would end the option that it stands in and begin another. */
function isEnvironment(env: Readonly<Record<string, string>>): boolean {
  return Object.entries(env).every(([name, value]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes('\0'));
}

/** Bubblewrap reports an exit only if something was started at all. */
const notStarted: Wrapper['notStarted'] = ({ status, report }) => {
  if (!status.includes('"exit-code"')) return 'io';
  const reason = report.trim();
  return reason === 'not_found' || reason === 'permission' ? reason : undefined;
};

/** The first process inside, as the machine counts. */
function innerPid(status: string): number | undefined {
  const found = /"child-pid": ([1-9][0-9]{0,9})\b/.exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
