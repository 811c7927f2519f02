/**
 * Every statement of the writing connection besides its settings. What callers send is bound.
 *
 * Not here: when they are sent (`run-batch.ts`, `stream-table.ts`, `writer.ts`).
 */
import { CONTENT_COLUMNS, GET_RECORD, GET_STREAM, type BodyRow, type StreamRow } from '../columns.ts';
import type { Connection, Statement } from '../driver.ts';
import { TOP_POSITION } from '../read-statements.ts';

export interface CursorRow {
  readonly cursor: number;
}
export interface LinkRow {
  readonly event_id: string;
  readonly chain: string;
}
export interface NewestRow {
  readonly position: number;
  readonly family: string;
  readonly tenant: Uint8Array;
  readonly cursor: number;
  readonly chain: string;
}

/** Pages: how many the log holds, and how many of these are in the file as well. */
export interface LogRow {
  readonly log: number;
  readonly checkpointed: number;
}

/** Values stand in the order in which the statement names them. */
export interface WriteStatements {
  readonly begin: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
  readonly mark: Statement;
  readonly keepMark: Statement;
  readonly backToMark: Statement;
  readonly getRecord: Statement<BodyRow>;
  /** machine, key, owner, status, rank, body */
  readonly putRecord: Statement;
  /** family, tenant */
  readonly getStream: Statement<StreamRow>;
  /** family, tenant, head, link of the head, earliest, link before it, removed */
  readonly addStream: Statement;
  /** head, link of the head, earliest, link before it, removed, id */
  readonly putStream: Statement;
  /** stream, event id */
  readonly findEvent: Statement<CursorRow>;
  /** stream, cursor */
  readonly getLink: Statement<LinkRow>;
  /** stream, cursor, event id, link, then the content */
  readonly addRecord: Statement;
  /** stream, cursor: takes the content away */
  readonly removeContent: Statement;
  /** stream, last cursor */
  readonly countBare: Statement<{ readonly count: number }>;
  /** stream, last cursor */
  readonly cutOff: Statement;
  readonly top: Statement<{ readonly position: number }>;
  readonly newest: Statement<NewestRow>;
  /** Looks only. */
  readonly log: Statement<LogRow>;
  /** Waits for nobody: what somebody still reads stays in the log. */
  readonly checkpoint: Statement<LogRow>;
}

export function prepareWrites(connection: Connection): WriteStatements {
  return {
    begin: connection.prepare('BEGIN IMMEDIATE'),
    commit: connection.prepare('COMMIT'),
    rollback: connection.prepare('ROLLBACK'),
    mark: connection.prepare('SAVEPOINT unit'),
    keepMark: connection.prepare('RELEASE unit'),
    backToMark: connection.prepare('ROLLBACK TO unit'),
    getRecord: connection.prepare(GET_RECORD),
    putRecord: connection.prepare(
      `INSERT INTO record (machine, key, owner, status, rank, version, body) VALUES (?, ?, ?, ?, ?, 1, ?)
       ON CONFLICT (machine, key) DO UPDATE SET owner = excluded.owner, status = excluded.status, rank = excluded.rank,
         version = version + 1, body = excluded.body`,
    ),
    getStream: connection.prepare(GET_STREAM),
    addStream: connection.prepare(
      `INSERT INTO stream (family, tenant, head, head_chain, earliest, base_chain, removed)
       VALUES (?, ?, ?, unhex(?), ?, unhex(?), ?)`,
    ),
    putStream: connection.prepare(
      `UPDATE stream SET head = ?, head_chain = unhex(?), earliest = ?, base_chain = unhex(?), removed = ? WHERE id = ?`,
    ),
    findEvent: connection.prepare('SELECT cursor FROM log_record WHERE stream = ? AND event_id = ?'),
    getLink: connection.prepare(
      'SELECT event_id, lower(hex(chain)) AS chain FROM log_record WHERE stream = ? AND cursor = ?',
    ),
    addRecord: connection.prepare(
      `INSERT INTO log_record (stream, cursor, event_id, chain, ${CONTENT_COLUMNS.join(', ')})
       VALUES (?, ?, ?, unhex(?), ${CONTENT_COLUMNS.map(() => '?').join(', ')})`,
    ),
    removeContent: connection.prepare(
      `UPDATE log_record SET ${CONTENT_COLUMNS.map((column) => `${column} = NULL`).join(', ')}
       WHERE stream = ? AND cursor = ? AND kind IS NOT NULL`,
    ),
    countBare: connection.prepare(
      'SELECT count(*) AS count FROM log_record WHERE stream = ? AND cursor <= ? AND kind IS NULL',
    ),
    cutOff: connection.prepare('DELETE FROM log_record WHERE stream = ? AND cursor <= ?'),
    top: connection.prepare(TOP_POSITION),
    newest: connection.prepare(
      `SELECT position, family, tenant, cursor, lower(hex(chain)) AS chain
       FROM log_record JOIN stream ON stream.id = log_record.stream ORDER BY position DESC LIMIT 1`,
    ),
    log: connection.prepare('PRAGMA wal_checkpoint(NOOP)'),
    checkpoint: connection.prepare('PRAGMA wal_checkpoint(PASSIVE)'),
  };
}
