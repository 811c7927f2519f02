/**
 * From a file name to two connections that keep the promises of the store: one that writes and one that reads.
 *
 * Not here: the tables (`migrate.ts`), what is done with them (`statements.ts`).
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HostApiError } from '@reborn/host-api';
import { patiently, type Patience } from './busy-retry.ts';
import type { Connect, Connection } from './driver.ts';
import { assertEngineVersion } from './engine-version.ts';
import { unsuitable } from './errors.ts';
import { BUSY_TIMEOUT_MS, WAL_BYTES_KEPT } from './limits.ts';
import { assertOurs, migrate } from './migrate.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Settings of the writing connection. Each is set and then read back: SQLite answers nothing to one it does not know. */
const SETTINGS: readonly (readonly [name: string, value: number])[] = [
  // FULL: a commit is on the disk before it is acknowledged.
  ['synchronous', 2],
  // On macOS a plain sync leaves data in the drive's cache.
  ['fullfsync', 1],
  ['checkpoint_fullfsync', 1],
  ['foreign_keys', 1],
  ['busy_timeout', BUSY_TIMEOUT_MS],
  ['journal_size_limit', WAL_BYTES_KEPT],
  ['trusted_schema', 0],
  ['cell_size_check', 1],
];

export interface Database {
  readonly writer: Connection;
  readonly reader: Connection;
}

export interface DatabaseSource {
  readonly file: string;
  readonly connect: Connect;
  readonly engineVersion: (connection: Connection) => string;
}

/** Errors: `host-api/store_unsuitable`, `host-api/store_corrupt`, `host-api/store_unavailable`. */
export async function openDatabase(source: DatabaseSource, patience: Patience): Promise<Database> {
  assertEngine(source);
  const path = prepareFile(source.file);
  const writer = await patiently(patience, () => source.connect(path, 'write'));
  try {
    await patiently(patience, () => assertOurs(writer));
    await patiently(patience, () => applySettings(writer));
    await patiently(patience, () => migrate(writer));
    const reader = await patiently(patience, () => source.connect(path, 'read'));
    return { writer, reader };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** The version of the engine that is linked in, asked of SQLite itself, before any file is touched. */
export function readEngineVersion(connection: Connection): string {
  return connection.prepare<{ readonly version: string }>('SELECT sqlite_version() AS version').get()?.version ?? '';
}

function assertEngine(source: DatabaseSource): void {
  const memory = source.connect(':memory:', 'write');
  try {
    assertEngineVersion(source.engineVersion(memory));
  } finally {
    memory.close();
  }
}

/** Makes the file, for this user alone, unless it exists. An absolute path is never taken for a URI or for memory. */
function prepareFile(file: string): string {
  if (file === '' || file === ':memory:' || file.includes('\0')) throw unsuitable({ rule: 'needs the name of a file' });
  const path = resolve(file);
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'wx', FILE_MODE));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw cannotCreate(error);
  }
  return path;
}

/** With those above it. Node's own recursive way does not come back where the system makes no folders, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

function applySettings(connection: Connection): void {
  if (connection.pragma('journal_mode = WAL') !== 'wal') throw unsuitable({ setting: 'journal_mode' });
  for (const [name, value] of SETTINGS) {
    connection.pragma(`${name} = ${value}`);
    if (connection.pragma(name) !== value) throw unsuitable({ setting: name });
  }
}

/** The error of the system names the path, so it is not kept as a cause. */
function cannotCreate(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const system = String(error.code).toLowerCase();
  return new HostApiError('host-api/store_unavailable', { detail: { rule: 'the file cannot be made', system } });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
