/**
 * Streams with hash chains, cuts and removed records; one order over all records of the store; who may open the file.
 *
 * `position` is the order of commits over all streams; it is never given twice, also not after a cut. A record whose
 * content was removed keeps `cursor`, `event_id` and `chain` alone. Tenants are CESU-8, as keys are (`record-key.ts`).
 * The partial indexes cost nothing for records without that label; each ends in `cursor`, so that pages come in order.
 */
import { randomUUID } from 'node:crypto';
import { chainLink, chainOrigin, parseWith, streamKeySchema, type ChainedRecord, type Label } from '@reborn/host-api';
import type { Connection, SqlValue } from '../driver.ts';
import { corrupt } from '../errors.ts';
import { toKeyBytes } from '../record-key.ts';
import { sha256Hex } from '../sha256.ts';
import type { Migration } from './migration.ts';

const TABLES = `
  CREATE TABLE store (
    id TEXT NOT NULL,
    needs_schema INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    tenant BLOB NOT NULL,
    head INTEGER NOT NULL,
    head_chain BLOB NOT NULL,
    earliest INTEGER NOT NULL,
    base_chain BLOB NOT NULL,
    removed INTEGER NOT NULL,
    UNIQUE (family, tenant)
  ) STRICT;

  CREATE TABLE log_record (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    chain BLOB NOT NULL,
    kind TEXT,
    at_ms INTEGER,
    user_id TEXT,
    agent_id TEXT,
    project_id TEXT,
    mission_id TEXT,
    thread_id TEXT,
    run_id TEXT,
    invocation_id TEXT,
    correlation_id TEXT,
    capability_id TEXT,
    provider TEXT,
    actor_id TEXT,
    body TEXT
  ) STRICT;
`;

/** After the records are there: an index that is built at once is built in order. */
const INDEXES = `
  CREATE UNIQUE INDEX log_record_by_cursor ON log_record (stream, cursor);
  CREATE UNIQUE INDEX log_record_by_event ON log_record (stream, event_id);
  CREATE INDEX log_record_by_kind ON log_record (stream, kind, cursor) WHERE kind IS NOT NULL;
  CREATE INDEX log_record_by_time ON log_record (stream, at_ms, cursor) WHERE at_ms IS NOT NULL;
  CREATE INDEX log_record_by_run ON log_record (stream, run_id, cursor) WHERE run_id IS NOT NULL;
  CREATE INDEX log_record_by_thread ON log_record (stream, thread_id, cursor) WHERE thread_id IS NOT NULL;
  CREATE INDEX log_record_by_invocation ON log_record (stream, invocation_id, cursor) WHERE invocation_id IS NOT NULL;
  CREATE INDEX log_record_by_correlation ON log_record (stream, correlation_id, cursor)
    WHERE correlation_id IS NOT NULL;
  CREATE INDEX log_record_by_capability ON log_record (stream, capability_id, cursor) WHERE capability_id IS NOT NULL;
  CREATE INDEX log_record_by_provider ON log_record (stream, provider, cursor) WHERE provider IS NOT NULL;
  CREATE INDEX log_record_by_actor ON log_record (stream, actor_id, cursor) WHERE actor_id IS NOT NULL;
  CREATE INDEX record_by_rank ON record (machine, rank, key);
  DROP TABLE stream_record;
  DROP TABLE stream_head;
`;

const OLD_COLUMNS = [
  ['userId', 'user_id'],
  ['agentId', 'agent_id'],
  ['projectId', 'project_id'],
  ['missionId', 'mission_id'],
  ['threadId', 'thread_id'],
  ['runId', 'run_id'],
  ['invocationId', 'invocation_id'],
  ['correlationId', 'correlation_id'],
] as const satisfies readonly (readonly [Label, string])[];
type OldColumn = (typeof OLD_COLUMNS)[number][1];

type OldRecord = {
  readonly rowid: number;
  readonly family: string;
  readonly tenant: string;
  readonly cursor: number;
  readonly event_id: string;
  readonly kind: string;
  readonly at_ms: number;
  readonly body: string;
} & Readonly<Record<OldColumn, string | null>>;

interface Moved {
  readonly id: number;
  head: number;
  chain: string;
}

/** How many records are in memory at once. */
const STEP = 1000;

export const chainedStreams: Migration = {
  version: 2,
  run: (connection) => {
    connection.exec(TABLES);
    connection.prepare('INSERT INTO store (id, needs_schema) VALUES (?, 2)').run(randomUUID());
    moveRecords(connection);
    connection.exec(INDEXES);
  },
};

/** In the order in which they were written, so that positions are the order of commits. */
function moveRecords(connection: Connection): void {
  const names = OLD_COLUMNS.map(([, column]) => column).join(', ');
  const read = connection.prepare<OldRecord>(
    `SELECT rowid, family, tenant, cursor, event_id, kind, at_ms, body, ${names} FROM stream_record
     WHERE rowid > ? ORDER BY rowid LIMIT ${STEP}`,
  );
  const put = connection.prepare(
    `INSERT INTO log_record (stream, cursor, event_id, chain, kind, at_ms, body, ${names})
     VALUES (?, ?, ?, unhex(?), ?, ?, ?, ${OLD_COLUMNS.map(() => '?').join(', ')})`,
  );
  const streams = new Map<string, Moved>();
  for (let last = 0; ;) {
    const records = read.all(last);
    for (const record of records) {
      last = record.rowid;
      const stream = streamOf(connection, streams, record);
      stream.chain = chainLink(sha256Hex, stream.chain, toChained(stream, record));
      stream.head = record.cursor;
      const { cursor, event_id: eventId, kind, at_ms: atMs, body } = record;
      const labels: readonly SqlValue[] = OLD_COLUMNS.map(([, column]) => record[column]);
      put.run(stream.id, cursor, eventId, stream.chain, kind, atMs, body, ...labels);
    }
    if (records.length < STEP) break;
  }
  const finish = connection.prepare('UPDATE stream SET head = ?, head_chain = unhex(?) WHERE id = ?');
  for (const { id, head, chain } of streams.values()) finish.run(head, chain, id);
}

function streamOf(connection: Connection, streams: Map<string, Moved>, { family, tenant }: OldRecord): Moved {
  const known = streams.get(`${family}|${tenant}`);
  if (known !== undefined) return known;
  const chain = chainOrigin(sha256Hex, parseWith(streamKeySchema, { family, tenantId: tenant }, 'stream'));
  const { lastInsertRowid } = connection
    .prepare(
      `INSERT INTO stream (family, tenant, head, head_chain, earliest, base_chain, removed)
       VALUES (?, ?, 0, unhex(?), 1, unhex(?), 0)`,
    )
    .run(family, toKeyBytes(tenant), chain, chain);
  const stream = { id: Number(lastInsertRowid), head: 0, chain };
  streams.set(`${family}|${tenant}`, stream);
  return stream;
}

/** Errors: `host-api/store_corrupt` for a gap, which no version has ever left. */
function toChained({ head }: Moved, record: OldRecord): ChainedRecord {
  const { cursor, event_id: eventId, kind, at_ms: atMs, body: bodyText } = record;
  if (cursor !== head + 1) throw corrupt({ field: 'cursor', rule: 'must follow the one before' });
  const labels: Partial<Record<Label, string>> = {};
  for (const [label, column] of OLD_COLUMNS) {
    const value = record[column];
    if (value !== null) labels[label] = value;
  }
  return { cursor, eventId, kind, atMs, labels, bodyText };
}
