/**
 * Whether an error is one of the project's own and keeps to itself where the store is and what was said to it.
 *
 * Not here: which fault is the right one (the areas).
 */
import { isFault } from '@reborn/host-api';
import { findLeaks } from '@reborn/host-api/testkit';

/** Words of drivers and of SQL that have no place in what people are shown. */
const WORDS = [
  'SQLITE_',
  'SELECT ',
  'INSERT ',
  'UPDATE ',
  'log_record',
  'better-sqlite',
  'PRAGMA',
  'ECONN',
  '127.0.0.1',
  'postgres://',
  'postgresql://',
];

/** Returns sentences; none for a fault that says no more than it may. `secrets`: paths, passwords and the like. */
export function checkFault(error: unknown, secrets: readonly string[]): readonly string[] {
  if (!isFault(error)) return [`an error that is no fault: ${String(error)}`];
  const leaks = findLeaks([error.message, JSON.stringify(error)], [...secrets, ...WORDS]);
  return leaks.map((leak) => `the message of ${error.code} shows ${leak}`);
}

/** The code of a fault; how anything else begins. */
export function codeOf(error: unknown): string {
  return isFault(error) ? error.code : String(error).slice(0, 80);
}
