/**
 * From failures of PostgreSQL and of the way to it to the faults of the port: one fixed table. Nothing of a message of the
 * server or of the driver is kept, not even as a cause, since such messages name hosts, users, tables and values.
 *
 * Not here: what the faults mean (`errors.ts` of `@reborn/host-api`).
 */
import { HostApiError, type FaultDetail, type HostApiErrorCode } from '@reborn/host-api';

type StoreFaultCode = Extract<HostApiErrorCode, `host-api/store_${string}`>;

/**
 * What the driver throws. `code` is the SQLSTATE, or a word for what became of the connection: `lost`, `timeout`,
 * `refused`, `no_tls`, `not_verified`, `not_found`.
 */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure';
  readonly code: string;

  constructor(code: string) {
    super('PostgreSQL did not do what it was asked for');
    this.code = code;
  }
}

/** The state that the store's own function raises when something was not at the version that was expected. */
export const CONFLICT_STATE = 'RB001';

/** By SQLSTATE, then by its class, then by word. */
const FAULTS: ReadonlyMap<string, StoreFaultCode> = new Map<string, StoreFaultCode>([
  ['25006', 'host-api/store_unsuitable'],
  ['28', 'host-api/store_unsuitable'],
  ['3D', 'host-api/store_unsuitable'],
  ['42501', 'host-api/store_unsuitable'],
  ['0A', 'host-api/store_unsuitable'],
  ['no_tls', 'host-api/store_unsuitable'],
  ['not_verified', 'host-api/store_unsuitable'],
  ['22', 'host-api/store_corrupt'],
  ['23', 'host-api/store_corrupt'],
  ['3F', 'host-api/store_corrupt'],
  ['42', 'host-api/store_corrupt'],
  ['XX001', 'host-api/store_corrupt'],
  ['XX002', 'host-api/store_corrupt'],
]);

/** States with which a session ends, perhaps after its commit: 57P admin, 08 connection, 58 and XX trouble of the server. */
const ENDINGS = ['57P', '08', '58', 'XX'];

const RULES: ReadonlyMap<string, string> = new Map([
  ['28', 'the server must know the user and the password'],
  ['3D', 'the database must exist'],
  ['42501', 'the user must be allowed to make and to use the schema'],
  ['25006', 'the server must take writes'],
  ['no_tls', 'the server must offer TLS'],
  ['not_verified', 'the certificate of the server must be valid for its name and come from a trusted authority'],
]);

/** The fault for whatever store work throws. What is no failure of the engine passes: it is a fault already or a bug. */
export function toStoreFault(error: unknown, more: FaultDetail = {}): unknown {
  if (!(error instanceof EngineFailure)) return error;
  const rule = lookUp(RULES, error.code);
  const detail = { ...(rule === undefined ? {} : { rule }), engine: error.code.toLowerCase(), ...more };
  return new HostApiError(lookUp(FAULTS, error.code) ?? 'host-api/store_unavailable', { detail });
}

/** The statement was refused as a whole because of somebody else's: a fresh look and another attempt may do it. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof EngineFailure)) return false;
  return [CONFLICT_STATE, '23505', '40001', '40P01', '55P03'].includes(error.code);
}

/** What was sent cannot be stored. It is told of whoever sent it, not of those in the same batch. */
export function isDataFailure(error: unknown): boolean {
  return error instanceof EngineFailure && ['22', '54', '23'].includes(error.code.slice(0, 2));
}

/** No answer came, or none that says what happened: whether a statement took effect is not known. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof EngineFailure)) return false;
  return !isState(error.code) || ENDINGS.some((start) => error.code.startsWith(start));
}

/** The server is not there, or not there yet: trying to connect again may help. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof EngineFailure)) return false;
  return isLost(error) ? !['no_tls', 'not_verified'].includes(error.code) : error.code === '53300';
}

export function unsuitable(detail: FaultDetail): HostApiError {
  return new HostApiError('host-api/store_unsuitable', { detail });
}

export function unavailable(detail: FaultDetail): HostApiError {
  return new HostApiError('host-api/store_unavailable', { detail });
}

function lookUp<T>(table: ReadonlyMap<string, T>, code: string): T | undefined {
  return table.get(code) ?? (isState(code) ? table.get(code.slice(0, 2)) : undefined);
}

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}
