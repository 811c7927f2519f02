/**
 * A real PostgreSQL server that lives as long as the process that started it: durable settings, small buffers, its data
 * in a folder that goes away with it.
 *
 * Not here: where the programs come from (`binaries.ts`), databases on the server (`database.ts`).
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { prepareBinaries, serverUser, type Binaries, type ServerUser } from './binaries.ts';

const USER = 'reborn';
const START_MS_MAX = 30_000;
const LOOK_MS = 10;

/** What every server is started with. A crash must not lose what was acknowledged: nothing here trades that away. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: "'127.0.0.1'",
  shared_buffers: '64MB',
  max_connections: '200',
  max_wal_size: '512MB',
  max_parallel_workers: '0',
  log_min_messages: 'fatal',
};

export interface PostgresOptions {
  /** Settings besides or instead of the usual ones, as they would stand in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files to lay beside the data, such as a certificate: name → content. Readable to the server alone. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf` that come before the usual ones. */
  readonly access?: readonly string[];
}

export interface PostgresServer {
  /** The first database, over TCP on 127.0.0.1, as a superuser, with its password. */
  readonly url: string;
  /** The same over a Unix socket. */
  readonly socketUrl: string;
  /** Ends the server and removes its data. Idempotent. */
  stop(): Promise<void>;
  /** Ends every process of the server with SIGKILL, as a crash would. The data stay. */
  kill(): Promise<void>;
  /** Starts the server again on its data, at the same addresses; one that still runs is shut down in order first. */
  restart(): Promise<void>;
}

/** Errors: a sentence with the end of the server's log, when it does not come up within 30 s. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'reborn-postgres-'));
  const data = join(folder, 'data');
  const watchdog = watch(folder, data);
  try {
    own(folder, user);
    const binaries = prepareBinaries(folder, user);
    const password = randomBytes(16).toString('hex');
    await initialise(binaries, { folder, data, user, password });
    const port = await freePort();
    configure({ folder, data, user, port, options });
    const start = () => startOnce({ binaries, folder, data, user });
    return new RunningServer({ folder, data, port, password, watchdog, start, first: await start() });
  } catch (error) {
    watchdog.stdin?.end();
    throw error;
  }
}

interface Parts {
  readonly folder: string;
  readonly data: string;
  readonly port: number;
  readonly password: string;
  readonly watchdog: ChildProcess;
  readonly start: () => Promise<ChildProcess>;
  readonly first: ChildProcess;
}

class RunningServer implements PostgresServer {
  readonly url: string;
  readonly socketUrl: string;
  readonly #parts: Parts;
  #running: ChildProcess | undefined;

  constructor(parts: Parts) {
    const { folder, port, password, first } = parts;
    this.#parts = parts;
    this.#running = first;
    this.url = `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;
    const socket = encodeURIComponent(join(folder, 'socket'));
    this.socketUrl = `postgresql://${USER}:${password}@/postgres?host=${socket}&port=${port}`;
  }

  async stop(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#parts.folder, { recursive: true, force: true });
    this.#parts.watchdog.stdin?.end();
  }

  async kill(): Promise<void> {
    const running = this.#running;
    const children = running?.pid === undefined ? [] : childrenOf(running.pid);
    await this.#end('SIGKILL', children);
  }

  async restart(): Promise<void> {
    await this.#end('SIGINT');
    this.#running = await this.#parts.start();
  }

  async #end(signal: NodeJS.Signals, children: readonly number[] = []): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.kill(signal);
    for (const child of children) killQuietly(child);
    while (running.exitCode === null && running.signalCode === null) await pause(LOOK_MS);
    while (children.some((child) => existsSync(`/proc/${child}/exe`))) await pause(LOOK_MS);
  }
}

/**
 * Cleans up when this process is gone, however it went: its end of the pipe closes with it. A shell, since it has to be
 * there before anything else and costs nothing; in a session of its own, so that no Ctrl-C reaches it.
 */
function watch(folder: string, data: string): ChildProcess {
  const script = `
    cat > /dev/null
    pid=$(head -n 1 "$2/postmaster.pid" 2> /dev/null) && kill -QUIT "$pid" 2> /dev/null
    while [ -n "$pid" ] && kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
    rm -rf "$1"
    sleep 2
    rm -rf "$1"`;
  const watchdog = spawn('/bin/sh', ['-c', script, 'reborn-postgres-watchdog', folder, data], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  release(watchdog);
  return watchdog;
}

interface Place {
  readonly folder: string;
  readonly data: string;
  readonly user: ServerUser | undefined;
}

async function initialise(binaries: Binaries, place: Place & { readonly password: string }): Promise<void> {
  const { folder, data, user, password } = place;
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  own(passwordFile, user);
  const quick = ['--no-sync', '--no-instructions', '--set=scram_iterations=1'];
  const settings = ['--encoding=UTF8', '--no-locale', '--auth=scram-sha-256', ...quick];
  await promisify(execFile)(
    binaries.initdb,
    [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, ...settings],
    { cwd: folder, env: environment(binaries), ...user },
  );
  rmSync(passwordFile);
}

function configure(place: Place & { readonly port: number; readonly options: PostgresOptions }): void {
  const { folder, data, user, port, options } = place;
  const socket = join(folder, 'socket');
  mkdirSync(socket, { mode: 0o700 });
  own(socket, user);
  const settings = { ...SETTINGS, unix_socket_directories: `'${socket}'`, port: String(port), ...options.settings };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(join(data, 'postgresql.auto.conf'), lines.join(''));
  for (const [name, content] of Object.entries(options.files ?? {})) {
    writeFileSync(join(data, name), content, { mode: 0o600 });
    own(join(data, name), user);
  }
  const access = join(data, 'pg_hba.conf');
  writeFileSync(access, [...(options.access ?? []), readFileSync(access, 'utf8')].join('\n'));
}

async function startOnce(place: Place & { readonly binaries: Binaries }): Promise<ChildProcess> {
  const { binaries, folder, data, user } = place;
  const log = join(folder, 'log');
  const output = openSync(log, 'w');
  const server = spawn(binaries.postgres, ['-D', data], {
    cwd: folder,
    env: environment(binaries),
    stdio: ['ignore', output, output],
    detached: true,
    ...user,
  });
  release(server);
  for (let waitedMs = 0; waitedMs < START_MS_MAX && server.exitCode === null; waitedMs += LOOK_MS) {
    if (statusOf(data, server.pid) === 'ready') return server;
    await pause(LOOK_MS);
  }
  server.kill('SIGKILL');
  throw new Error(`The PostgreSQL server does not come up: ${readFileSync(log, 'utf8').slice(-2000)}`);
}

/** What the server says of itself in the eighth line of its lock file; the first is its process id. */
function statusOf(data: string, pid: number | undefined): string | undefined {
  const file = join(data, 'postmaster.pid');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return Number(lines[0]) === pid ? lines[7]?.trim() : undefined;
}

/** None of this process's own `PG…` variables reach the server. */
function environment(binaries: Binaries): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C', ...binaries.env };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free on the loopback interface.');
  return address.port;
}

/** The backends of a server. Known on Linux only: elsewhere they notice by themselves that their parent is gone. */
function childrenOf(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was gone already.
  }
}

function own(path: string, user: ServerUser | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Lets this process end while the other one runs. */
function release(child: ChildProcess): void {
  child.unref();
  const input: unknown = child.stdin;
  if (typeof input === 'object' && input !== null && 'unref' in input && typeof input.unref === 'function')
    input.unref();
}
