/**
 * The machine, as ports. Floors 0–3 know nothing else of it, which is what lets a simulator drive the whole host.
 *
 * Not here: any implementation (`@reborn/adapter-node`; doubles in `./testkit`).
 */
import type { JsonObject } from './json.ts';
import type { VirtualPath } from './scoped-path.ts';

/** Wall-clock time. Units: milliseconds since 1970-01-01T00:00Z, whole numbers. It may jump; order comes from cursors. */
export interface Clock {
  nowMs(): number;
}

/** Delays. Units: milliseconds. The callback never runs before `schedule` returned; the disposer cancels it. */
export interface Timers {
  schedule(delayMs: number, callback: () => void): () => void;
}

/** New identities: UUIDs, unique and never reused. Order comes from cursors, not from ids. */
export interface Ids {
  uuid(): string;
}

/** Unpredictable bytes. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** SHA-256 of bytes, as 64 lower-case hex digits. Synchronous: it stands inside pure functions. */
export interface DigestPort {
  sha256Hex(bytes: Uint8Array): string;
}

/**
 * Authenticated encryption under a key that the adapter holds.
 * Errors: `open` returns `undefined` for anything that was not sealed under this key with this context.
 */
export interface Cipher {
  seal(plain: Uint8Array, context: string): Promise<Uint8Array>;
  open(sealed: Uint8Array, context: string): Promise<Uint8Array | undefined>;
}

/** What an entry of a folder is. Links are named, never followed. */
export type FileKind = 'file' | 'directory' | 'link' | 'other';

/** Units: bytes; milliseconds since 1970. */
export interface FileStat {
  readonly kind: FileKind;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface FolderEntry extends FileStat {
  readonly name: string;
}

/** Closed: every error of an operating system maps to one of these, and to nothing else. */
export type FileRefusal =
  | 'not_found'
  | 'not_a_file'
  | 'not_a_directory'
  | 'outside_mount'
  | 'too_large'
  | 'permission'
  | 'no_space'
  | 'io';

export type FileOutcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: FileRefusal };

/**
 * Files below virtual roots. An implementation maps a virtual path to a host path, never shows the host path, and never
 * follows a link below its root, on the way or at the end, at the time of use: `outside_mount`.
 */
export interface FileSystem {
  stat(path: VirtualPath): Promise<FileOutcome<FileStat>>;
  /** Order: by name, code unit. `entriesMax` bounds the answer; more entries are `too_large`. */
  list(path: VirtualPath, entriesMax: number): Promise<FileOutcome<readonly FolderEntry[]>>;
  read(path: VirtualPath, bytesMax: number): Promise<FileOutcome<Uint8Array>>;
  /** Replaces the whole file atomically and durably (written aside, synced, renamed); makes missing parents. */
  write(path: VirtualPath, bytes: Uint8Array): Promise<FileOutcome<{ readonly replaced: boolean }>>;
}

/** A child process: no shell, only the environment given here. Units: milliseconds, bytes. */
export interface ProcessRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingFolder?: VirtualPath;
  readonly stdin?: Uint8Array;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal?: AbortSignal;
  /** Hears what comes out as it comes, until the program is killed; the outcome has it whole. Must not throw. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
  /** Without one the program runs as the host's own user, held by its process group alone. */
  readonly sandbox?: ProcessSandbox;
}

/**
 * What a sandboxed program may see: these folders at these places, and nothing else of the machine but what programs need
 * to start. No network, no other processes; it dies with the host. It may stand below a shell: then it has the variables
 * that shells set (`PWD`, `_`, `SHLVL`), and the exit code that they give to one that a signal ended.
 */
export interface ProcessSandbox {
  /** Inner places lie over outer ones, in any order. A place inside another mount is made where it is missing. */
  readonly mounts: readonly SandboxMount[];
}

/** `none`: an empty folder stands there. */
export interface SandboxMount {
  readonly path: VirtualPath;
  readonly at: string;
  readonly access: 'read' | 'write' | 'none';
}

/**
 * What holds a program here. `none`: nothing but its process group. `mechanism` and `detail` are for people; `detail` says
 * why there is no sandbox.
 */
export interface SandboxReport {
  readonly available: boolean;
  readonly mechanism: string;
  readonly detail: string;
}

/** `output_too_large`, `timed_out` and `aborted` say that the whole process group was killed. */
export type ProcessOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: Uint8Array; readonly stderr: Uint8Array }
  | { readonly kind: 'killed'; readonly reason: 'timed_out' | 'aborted' | 'output_too_large' | 'signal' }
  | { readonly kind: 'not_started'; readonly reason: 'not_found' | 'permission' | 'io' | 'no_sandbox' };

export interface Processes {
  /** With a `sandbox` it runs in one or is not started. */
  run(request: ProcessRequest): Promise<ProcessOutcome>;
  /** Found out by starting a program in it; the answer stays for the life of this object. */
  sandbox(): Promise<SandboxReport>;
}

/** One HTTP exchange with addresses that the caller has chosen: no lookup, no redirect, no proxy. */
export interface NetworkRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** IP literals; the connection goes to the first that accepts. */
  readonly addresses: readonly string[];
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
  readonly signal?: AbortSignal;
}

export type NetworkOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'failed'; readonly reason: 'unreachable' | 'timed_out' | 'aborted' | 'too_large' | 'protocol' };

export interface Network {
  /** All addresses of a host name; empty when it has none. */
  resolve(hostName: string): Promise<readonly string[]>;
  exchange(request: NetworkRequest): Promise<NetworkOutcome>;
}

/** Diagnostics for the operator of the process. Never throws, never decides anything. */
export interface Diagnostics {
  report(message: string, facts?: JsonObject): void;
}

/** Everything of the machine that a host needs. */
export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly random: Random;
  readonly digest: DigestPort;
  readonly diagnostics: Diagnostics;
}
