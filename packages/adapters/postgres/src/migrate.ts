/**
 * The schema of the database, forward only. All missing steps run in one transaction under a lock, so that of several
 * hosts one does it and the others find it done.
 *
 * Not here: whether the server is one to be trusted (`open-session.ts`).
 * Invariant: a step only adds, so that hosts of the version before it go on working.
 */
import type { Session } from './driver.ts';
import { unsuitable } from './errors.ts';
import { recordsAndStreams } from './migrations/0001-records-and-streams.ts';
import type { Migration } from './migrations/migration.ts';

export const MIGRATIONS: readonly Migration[] = [recordsAndStreams];

/** "RBRN": the first half of the key of the lock. */
const LOCK = 0x5242524e;

interface Found {
  readonly known: boolean;
  readonly tables: number;
}

interface Version {
  readonly version: number;
  readonly needs: number;
}

/**
 * A database that is up to date is only looked at. `migrations`: those that this program knows.
 * Errors: `host-api/store_unsuitable`; those of the engine.
 */
export async function migrate(session: Session, schema: string, migrations: readonly Migration[]): Promise<void> {
  if (await isCurrent(session, schema, migrations)) return;
  await session.query({ text: 'BEGIN' });
  try {
    await session.query({ text: 'SELECT pg_advisory_xact_lock($1::int, hashtext($2::text))', values: [LOCK, schema] });
    await makeSchema(session, schema);
    // Another host may have been here between the first look and the lock.
    if (!(await isCurrent(session, schema, migrations))) await apply(session, schema, migrations);
    await session.query({ text: 'COMMIT' });
  } catch (error) {
    if (!session.lost) await session.query({ text: 'ROLLBACK' });
    throw error;
  }
}

/** Errors: `host-api/store_unsuitable` for what is there and cannot be used. */
async function isCurrent(session: Session, schema: string, migrations: readonly Migration[]): Promise<boolean> {
  const found = await versionIn(session, schema);
  if (found === undefined) return false;
  if (found.needs > migrations.length) {
    throw unsuitable({
      rule: 'the schema was written by a later version',
      schema: found.version,
      known: migrations.length,
    });
  }
  return found.version >= migrations.length;
}

/** Whoever was given a schema need not be allowed to make others. */
async function makeSchema(session: Session, schema: string): Promise<void> {
  const [found] = await session.query<{ readonly missing: boolean }>({
    text: 'SELECT to_regnamespace($1) IS NULL AS missing',
    values: [schema],
  });
  if (found?.missing === true) await session.query({ text: `CREATE SCHEMA ${schema}` });
}

async function apply(session: Session, schema: string, migrations: readonly Migration[]): Promise<void> {
  await session.query({
    text: `CREATE TABLE IF NOT EXISTS ${schema}.schema_version (
      version int PRIMARY KEY, needs_schema int NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  });
  const from = (await versionIn(session, schema))?.version ?? 0;
  for (const { version, needs, sql } of migrations) {
    if (version <= from) continue;
    await session.query({ text: sql(schema) });
    await session.query({
      text: `INSERT INTO ${schema}.schema_version (version, needs_schema) VALUES ($1, $2)`,
      values: [version, needs],
    });
  }
}

async function versionIn(session: Session, schema: string): Promise<Version | undefined> {
  const [found] = await session.query<Found>({
    text: `SELECT to_regclass($1 || '.schema_version') IS NOT NULL AS known,
      (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1)) AS tables`,
    values: [schema],
  });
  if (found?.known !== true) {
    if ((found?.tables ?? 0) > 0) throw unsuitable({ rule: 'the schema belongs to another program' });
    return undefined;
  }
  const [version] = await session.query<Version>({
    text: `SELECT version, needs_schema AS needs FROM ${schema}.schema_version ORDER BY version DESC LIMIT 1`,
  });
  return version;
}
