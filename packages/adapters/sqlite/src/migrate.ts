/**
 * The schema of the file, forward only. All missing steps run in one transaction, so a file has one version or another
 * and nothing between.
 *
 * Not here: whose file it is and how it is opened (`writer/open-writer.ts`).
 * Invariant: a step says which version of this package still works on the file; one that only adds leaves that as it is.
 */
import type { Connection } from './driver.ts';
import { unsuitable } from './errors.ts';
import { recordsAndStreams } from './migrations/0001-records-and-streams.ts';
import { chainedStreams } from './migrations/0002-chained-streams.ts';
import type { Migration } from './migrations/migration.ts';

/** "RBRN": how a file says that it is ours. */
export const APPLICATION_ID = 0x5242524e;

const MIGRATIONS: readonly Migration[] = [recordsAndStreams, chainedStreams];
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Refuses files of others and of later versions. Reads only. Errors: `host-api/store_unsuitable`; those of SQLite. */
export function assertOurs(connection: Connection): void {
  const application = connection.pragma('application_id');
  const schema = versionOf(connection);
  if (application !== APPLICATION_ID && !(application === 0 && schema === 0 && isBare(connection))) {
    throw unsuitable({ rule: 'the file belongs to another program' });
  }
  if (schema > SCHEMA_VERSION && neededBy(connection) > SCHEMA_VERSION) {
    throw unsuitable({ rule: 'the file was written by a later version', schema, known: SCHEMA_VERSION });
  }
}

/** Errors: `host-api/store_unsuitable`, `host-api/store_corrupt`; those of SQLite, busy among them. */
export function migrate(connection: Connection): void {
  if (versionOf(connection) >= SCHEMA_VERSION) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been here between the first look and the lock.
    assertOurs(connection);
    const from = versionOf(connection);
    for (const { version, run } of MIGRATIONS) {
      if (version > from) run(connection);
    }
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    if (from < SCHEMA_VERSION) connection.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** 0 for a file that nobody has written to yet. */
export function versionOf(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}

function isBare(connection: Connection): boolean {
  const sql = 'SELECT count(*) AS count FROM sqlite_schema';
  return connection.prepare<{ readonly count: number }>(sql).get()?.count === 0;
}

/** The oldest version that a later one has left the file open to. */
function neededBy(connection: Connection): number {
  const sql = 'SELECT needs_schema AS needs FROM store';
  return connection.prepare<{ readonly needs: number }>(sql).get()?.needs ?? Infinity;
}
