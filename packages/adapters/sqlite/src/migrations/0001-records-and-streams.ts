/**
 * Records that move along machines, and streams with gapless cursors.
 *
 * `record.key` holds CESU-8, whose bytes sort as UTF-16 code units do (`record-key.ts`). The indexes of `record` are the
 * orders in which records are listed; the partial ones of `stream_record` cost nothing for records without that label.
 */
import type { Migration } from './migration.ts';

const SQL = `
  CREATE TABLE record (
    machine TEXT NOT NULL,
    key BLOB NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    rank REAL NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (machine, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_by_status ON record (machine, status, rank, key);
  CREATE INDEX record_by_owner ON record (machine, owner, rank, key);
  CREATE INDEX record_by_owner_and_status ON record (machine, owner, status, rank, key);

  CREATE TABLE stream_head (
    family TEXT NOT NULL,
    tenant TEXT NOT NULL,
    head INTEGER NOT NULL,
    PRIMARY KEY (family, tenant)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE stream_record (
    family TEXT NOT NULL,
    tenant TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    user_id TEXT,
    agent_id TEXT,
    project_id TEXT,
    mission_id TEXT,
    thread_id TEXT,
    run_id TEXT,
    invocation_id TEXT,
    correlation_id TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (family, tenant, cursor),
    UNIQUE (family, tenant, event_id)
  ) STRICT;
  CREATE INDEX stream_record_by_run ON stream_record (family, tenant, run_id, cursor) WHERE run_id IS NOT NULL;
  CREATE INDEX stream_record_by_thread ON stream_record (family, tenant, thread_id, cursor) WHERE thread_id IS NOT NULL;
  CREATE INDEX stream_record_by_invocation ON stream_record (family, tenant, invocation_id, cursor)
    WHERE invocation_id IS NOT NULL;
  CREATE INDEX stream_record_by_correlation ON stream_record (family, tenant, correlation_id, cursor)
    WHERE correlation_id IS NOT NULL;
`;

export const recordsAndStreams: Migration = { version: 1, run: (connection) => connection.exec(SQL) };
