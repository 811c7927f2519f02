/**
 * From errors of SQLite to the faults of the port: one fixed table. Nothing of a message of SQLite is passed on, since
 * such messages name files, tables and statements.
 *
 * Not here: what the faults mean (`errors.ts` of `@reborn/host-api`).
 */
import { HostApiError, type HostApiErrorCode } from '@reborn/host-api';

type StoreFaultCode = Extract<HostApiErrorCode, `host-api/store_${string}`>;

/** By primary code; extended codes (`SQLITE_IOERR_FSYNC`) belong to the primary code that they begin with. */
const FAULTS: ReadonlyMap<string, StoreFaultCode> = new Map<string, StoreFaultCode>([
  ['BUSY', 'host-api/store_unavailable'],
  ['LOCKED', 'host-api/store_unavailable'],
  ['PROTOCOL', 'host-api/store_unavailable'],
  ['FULL', 'host-api/store_unavailable'],
  ['IOERR', 'host-api/store_unavailable'],
  ['CANTOPEN', 'host-api/store_unavailable'],
  ['NOMEM', 'host-api/store_unavailable'],
  ['INTERRUPT', 'host-api/store_unavailable'],
  ['READONLY', 'host-api/store_unsuitable'],
  ['PERM', 'host-api/store_unsuitable'],
  ['AUTH', 'host-api/store_unsuitable'],
  ['NOLFS', 'host-api/store_unsuitable'],
  ['CORRUPT', 'host-api/store_corrupt'],
  ['NOTADB', 'host-api/store_corrupt'],
  ['FORMAT', 'host-api/store_corrupt'],
  ['CONSTRAINT', 'host-api/store_corrupt'],
  ['MISMATCH', 'host-api/store_corrupt'],
  ['SCHEMA', 'host-api/store_corrupt'],
  ['ERROR', 'host-api/store_corrupt'],
]);

/** The fault for whatever store work throws. What is no error of SQLite passes unchanged: it is a fault already or a bug. */
export function toStoreFault(error: unknown): unknown {
  const code = primaryCode(error);
  if (code === undefined) return error;
  return new HostApiError(FAULTS.get(code) ?? 'host-api/store_unavailable', {
    detail: { engine: code.toLowerCase() },
    cause: error,
  });
}

/** Somebody else holds a lock: trying again is all that is needed. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 'BUSY' || code === 'LOCKED' || code === 'PROTOCOL';
}

/**
 * A write that the operating system failed. The kernel may have dropped what it could not write, so a second attempt
 * would succeed and keep nothing: this connection must never write again.
 * Source: `measures.md`, finding 3.
 */
export function isFatal(error: unknown): boolean {
  return primaryCode(error) === 'IOERR';
}

export function isDriverError(error: unknown): boolean {
  return primaryCode(error) !== undefined;
}

/** Another process held the file for longer than anybody should. */
export function busyFault(cause: unknown): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail: { engine: 'busy' }, cause });
}

/** The store has seen a failed write and does nothing any more. */
export function stoppedFault(): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail: { state: 'stopped_after_failed_write' } });
}

export function unsuitable(detail: Readonly<Record<string, string | number>>): HostApiError {
  return new HostApiError('host-api/store_unsuitable', { detail });
}

function primaryCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const [prefix, primary] = error.code.split('_');
  return prefix === 'SQLITE' ? primary : undefined;
}
