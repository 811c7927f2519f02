/**
 * The files of a store: made for this user alone, and never through a link that somebody else has laid.
 *
 * Not here: what is in them.
 */
import { closeSync, constants, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { HostApiError } from '@reborn/host-api';
import { unsuitable } from './errors.ts';

const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Where a database is, and whether there is anything yet. */
export interface Place {
  /** Absolute; of a file that exists, without links on the way: all who open it agree on the files beside it. */
  readonly path: string;
  readonly exists: boolean;
}

/** Touches nothing. An absolute path is never taken for a URI or for memory. Errors: `host-api/store_unsuitable`. */
export function locate(file: string): Place {
  if (file === '' || file === ':memory:' || file.includes('\0')) throw unsuitable({ rule: 'needs the name of a file' });
  const path = resolve(file);
  try {
    return { path: realpathSync(path), exists: true };
  } catch {
    return { path, exists: false };
  }
}

/** Makes the file and its folder unless they exist. Returns its path as `locate` does. Errors: `host-api/store_unavailable`. */
export function makeFile(path: string): string {
  try {
    makeFolder(dirname(path));
    const real = join(realpathSync(dirname(path)), basename(path));
    makeIfMissing(real);
    return real;
  } catch (error) {
    throw systemFault(error, 'the file cannot be made');
  }
}

/** Opens the file that is written to wake others up. Errors: `host-api/store_unavailable`. */
export function openWakeFile(path: string): number {
  try {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
    return openSync(wakeFileOf(path), O_WRONLY | O_CREAT | O_NOFOLLOW, FILE_MODE);
  } catch (error) {
    throw systemFault(error, 'the file cannot be made');
  }
}

export function wakeFileOf(path: string): string {
  return `${path}-wake`;
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function makeIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'wx', FILE_MODE));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
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

/** The error of the system names the path, so it is not kept as a cause. What is no error of the system passes unchanged. */
export function systemFault(error: unknown, rule: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const system = String(error.code).toLowerCase();
  return new HostApiError('host-api/store_unavailable', { detail: { rule, system } });
}
