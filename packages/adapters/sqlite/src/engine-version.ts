/**
 * Which versions of SQLite may be trusted with a write-ahead log. Versions up to 3.51.2 can lose commits when two
 * connections write and checkpoint at once; 3.52.0 was withdrawn.
 *
 * Source: https://sqlite.org/wal.html#walresetbug; `measures.md`, finding 2.
 */
import { unsuitable } from './errors.ts';

/** Errors: `host-api/store_unsuitable` naming the version. */
export function assertEngineVersion(version: string): void {
  if (isSuitable(version)) return;
  throw unsuitable({ rule: 'needs SQLite 3.51.3 or later, not 3.52.0', engine: safeVersion(version) });
}

function isSuitable(text: string): boolean {
  const match = /^3\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  if (match === null) return false;
  const [minor, patch] = [Number(match[1]), Number(match[2])];
  if (minor === 44) return patch >= 6;
  if (minor === 50) return patch >= 7;
  if (minor === 51) return patch >= 3;
  return minor > 51 && !(minor === 52 && patch === 0);
}

function safeVersion(version: string): string {
  return /^[0-9.]{1,32}$/.test(version) ? version : 'unknown';
}
