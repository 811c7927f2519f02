/**
 * From a file name to a writing connection that keeps the promises of the store.
 *
 * Not here: the tables (`migrate.ts`), what is done with them (`writer.ts`), the reading connection (`sqlite-store.ts`).
 */
import { readAnchor, type KeptAnchor } from '../anchor-file.ts';
import type { Connect, Connection } from '../driver.ts';
import { assertEngineVersion } from '../engine-version.ts';
import { rolledBack, unsuitable } from '../errors.ts';
import { locate, makeFile } from '../files.ts';
import { BUSY_TIMEOUT_MS, CACHE_KIB, WAL_BYTES_KEPT } from '../limits.ts';
import { assertOurs, migrate } from '../migrate.ts';
import { assertAnchor } from './assert-anchor.ts';

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
  // Checkpoints are the writer's own, between transactions.
  ['wal_autocheckpoint', 0],
  ['cache_size', -CACHE_KIB],
  ['trusted_schema', 0],
  ['cell_size_check', 1],
];

export interface OpenedDatabase {
  readonly connection: Connection;
  readonly path: string;
  readonly storeId: string;
  readonly anchor: KeptAnchor | undefined;
}

/**
 * A database that is refused is left as it is, down to its log: it is looked at through a connection that cannot write.
 * Errors: `host-api/store_unsuitable`, `host-api/store_corrupt`, `host-api/store_rolled_back`,
 * `host-api/store_unavailable`; those of SQLite, busy among them.
 */
export function openDatabase(file: string, connect: Connect): OpenedDatabase {
  assertEngine(connect);
  const place = locate(file);
  // Before the database: an anchor that others write meanwhile is newer than what is looked at here.
  const anchor = readAnchor(place.path);
  if (anchor !== undefined && !place.exists) throw rolledBack('gone, but there is an anchor');
  const path = place.exists ? place.path : makeFile(place.path);
  examine(connect, path, anchor);
  const connection = connect(path, 'write');
  try {
    applySettings(connection);
    settleLog(connection);
    migrate(connection);
    const store = connection.prepare<{ readonly id: string }>('SELECT id FROM store').get();
    if (store === undefined) throw unsuitable({ rule: 'the file says not which store it is' });
    return { connection, path, storeId: store.id, anchor };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function assertEngine(connect: Connect): void {
  const memory = connect(':memory:', 'write');
  try {
    const sql = 'SELECT sqlite_version() AS version';
    assertEngineVersion(memory.prepare<{ readonly version: string }>(sql).get()?.version ?? '');
  } finally {
    memory.close();
  }
}

function examine(connect: Connect, path: string, anchor: KeptAnchor | undefined): void {
  const looking = connect(path, 'read');
  try {
    assertOurs(looking);
    if (anchor === undefined) return;
    // One transaction: whoever commits meanwhile does not come into it.
    looking.exec('BEGIN');
    assertAnchor(looking, anchor);
  } finally {
    looking.close();
  }
}

/**
 * What stands in the log may be in the system's memory alone: of a commit whose sync has failed, what was written can be
 * read, and is taken for committed, until the power goes. So all of it is moved into the file, which is synced, before
 * anything is built on it. While others have the file open the log is theirs, and has nothing in it that they do not know.
 * Source: `measures.md`, finding 3.
 */
function settleLog(connection: Connection): void {
  connection.pragma('wal_checkpoint(TRUNCATE)');
}

function applySettings(connection: Connection): void {
  if (connection.pragma('journal_mode = WAL') !== 'wal') throw unsuitable({ setting: 'journal_mode' });
  for (const [name, value] of SETTINGS) {
    connection.pragma(`${name} = ${value}`);
    if (connection.pragma(name) !== value) throw unsuitable({ setting: name });
  }
}
