/**
 * From errors of SQLite to the faults of the port: one fixed table. Nothing of a message of SQLite is passed on, since
 * such messages name files, tables and statements.
 *
 * Not here: what the faults mean (`errors.ts` of `@reborn/host-api`).
 */
import { HostApiError, type FaultDetail, type HostApiErrorCode } from '@reborn/host-api';

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

/** What a person can do about it, where the engine's word does not say so. */
const RULES: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'the database must be writable'],
  ['PERM', 'the database must be accessible'],
  ['AUTH', 'the database must be accessible'],
]);

/** What the engine said, carried from the thread of the writer: its code and nothing of its text. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: string;
  constructor(code: string) {
    super('the storage engine refused');
    this.code = code;
  }
}

/** The fault for whatever store work throws. What is no error of SQLite passes unchanged: it is a fault already or a bug. */
export function toStoreFault(error: unknown): unknown {
  const code = engineCode(error);
  if (code === undefined) return error;
  const primary = primaryOf(code);
  const rule = RULES.get(primary);
  return new HostApiError(FAULTS.get(primary) ?? 'host-api/store_unavailable', {
    detail: { ...(rule === undefined ? {} : { rule }), engine: primary.toLowerCase() },
    cause: error,
  });
}

/** Somebody else holds a lock: trying again is all that is needed. */
export function isBusy(error: unknown): boolean {
  const code = engineCode(error);
  return code !== undefined && ['BUSY', 'LOCKED', 'PROTOCOL'].includes(primaryOf(code));
}

/**
 * A write that the operating system failed. The kernel may have dropped what it could not write, so a second attempt
 * would succeed and keep nothing: this connection must never write again.
 * Source: `measures.md`, finding 3.
 */
export function isFatal(error: unknown): boolean {
  const code = engineCode(error);
  return code !== undefined && primaryOf(code) === 'IOERR';
}

/** The engine's own code, such as `SQLITE_IOERR_FSYNC`; `undefined` for errors that are not the engine's. */
export function engineCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^SQLITE_[A-Z_]{1,64}$/.test(error.code) ? error.code : undefined;
}

/** Another process held the file for longer than anybody should. */
export function busyFault(cause: unknown): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail: { engine: 'busy' }, cause });
}

/** The store has seen a failed write, or its writer has ended: it does nothing any more. */
export function stoppedFault(state: 'stopped_after_failed_write' | 'writer_ended'): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail: { state } });
}

/** More waits for the writer than may: nothing of this unit happened. */
export function crowdedFault(): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail: { state: 'too_much_waiting' } });
}

export function unsuitable(detail: FaultDetail): HostApiError {
  return new HostApiError('host-api/store_unsuitable', { detail });
}

export function corrupt(detail: FaultDetail): HostApiError {
  return new HostApiError('host-api/store_corrupt', { detail });
}

/** The database holds less than was acknowledged, or something else. */
export function rolledBack(rule: string): HostApiError {
  return new HostApiError('host-api/store_rolled_back', { detail: { rule } });
}

function primaryOf(code: string): string {
  return code.split('_')[1] ?? '';
}
