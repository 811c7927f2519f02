/**
 * The schema of the file, forward only. All missing steps run in one transaction, so a file has one version or another
 * and nothing between.
 *
 * Not here: whose file it is and how it is opened (`open-database.ts`).
 * Invariant: a step only adds, so that the version before it still works on the file.
 */
import type { Connection } from './driver.ts';
import { unsuitable } from './errors.ts';
import { recordsAndStreams } from './migrations/0001-records-and-streams.ts';
import type { Migration } from './migrations/migration.ts';

/** "RBRN": how a file says that it is ours. */
export const APPLICATION_ID = 0x5242524e;

const MIGRATIONS: readonly Migration[] = [recordsAndStreams];
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Refuses files of others and of later versions. Reads only. Errors: `host-api/store_unsuitable`; those of SQLite. */
export function assertOurs(connection: Connection): void {
  const application = connection.pragma('application_id');
  const tables = connection.prepare<{ readonly count: number }>('SELECT count(*) AS count FROM sqlite_schema').get();
  const isNew = application === 0 && tables?.count === 0 && versionOf(connection) === 0;
  if (application !== APPLICATION_ID && !isNew) throw unsuitable({ rule: 'the file belongs to another program' });
  const version = versionOf(connection);
  if (version > SCHEMA_VERSION) {
    throw unsuitable({ rule: 'the file was written by a later version', schema: version, known: SCHEMA_VERSION });
  }
}

/** Errors: `host-api/store_unsuitable`; those of SQLite, busy among them. */
export function migrate(connection: Connection): void {
  if (versionOf(connection) === SCHEMA_VERSION) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been here between the first look and the lock.
    assertOurs(connection);
    const from = versionOf(connection);
    for (const { version, sql } of MIGRATIONS) {
      if (version > from) connection.exec(sql);
    }
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}
