/**
 * Every statement that the store sends. All are fixed text or composed of fixed text; what callers send is bound.
 *
 * Not here: when they are sent (`records.ts`, `streams.ts`, `unit-of-work.ts`).
 */
import { LABELS, type Label } from '@reborn/host-api';
import type { Connection, Statement } from './driver.ts';

export interface RecordRow {
  readonly body: string;
}
export interface ListedRow extends RecordRow {
  readonly key: Uint8Array;
}
export interface CursorRow {
  readonly cursor: number;
}
export interface HeadRow {
  readonly head: number;
}
export type StreamRow = {
  readonly cursor: number;
  readonly event_id: string;
  readonly kind: string;
  readonly at_ms: number;
  readonly body: string;
} & Readonly<Record<LabelColumn, string | null>>;

/** The column of each label: the only names that filters are made of. */
export const LABEL_COLUMNS = {
  userId: 'user_id',
  agentId: 'agent_id',
  projectId: 'project_id',
  missionId: 'mission_id',
  threadId: 'thread_id',
  runId: 'run_id',
  invocationId: 'invocation_id',
  correlationId: 'correlation_id',
} as const satisfies Record<Label, string>;
export type LabelColumn = (typeof LABEL_COLUMNS)[Label];

/** By what a list of records is narrowed. */
export interface ListShape {
  readonly owner: boolean;
  readonly status: boolean;
  readonly newest: boolean;
}

/** By what a page of a stream is narrowed. Shape: labels in the order of `LABELS`. */
export interface PageShape {
  readonly labels: readonly Label[];
  readonly kinds: boolean;
  readonly newest: boolean;
}

export interface WriteStatements {
  readonly begin: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
  readonly mark: Statement;
  readonly keepMark: Statement;
  readonly backToMark: Statement;
  readonly getRecord: Statement<RecordRow>;
  readonly putRecord: Statement;
  readonly getHead: Statement<HeadRow>;
  readonly putHead: Statement;
  readonly findEvent: Statement<CursorRow>;
  readonly putEvent: Statement;
}

export interface ReadStatements {
  readonly begin: Statement;
  readonly end: Statement;
  readonly getRecord: Statement<RecordRow>;
  readonly getHead: Statement<HeadRow>;
  readonly list: (shape: ListShape) => Statement<ListedRow>;
  readonly page: (shape: PageShape) => Statement<StreamRow>;
}

const GET_RECORD = 'SELECT body FROM record WHERE machine = ? AND key = ?';
const GET_HEAD = 'SELECT head FROM stream_head WHERE family = ? AND tenant = ?';
const EVENT_COLUMNS = ['cursor', 'event_id', 'kind', 'at_ms', ...LABELS.map((label) => LABEL_COLUMNS[label]), 'body'];

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
    getHead: connection.prepare(GET_HEAD),
    putHead: connection.prepare(
      `INSERT INTO stream_head (family, tenant, head) VALUES (?, ?, ?)
       ON CONFLICT (family, tenant) DO UPDATE SET head = excluded.head`,
    ),
    findEvent: connection.prepare('SELECT cursor FROM stream_record WHERE family = ? AND tenant = ? AND event_id = ?'),
    putEvent: connection.prepare(
      `INSERT INTO stream_record (family, tenant, ${EVENT_COLUMNS.join(', ')})
       VALUES (?, ?, ${EVENT_COLUMNS.map(() => '?').join(', ')})`,
    ),
  };
}

export function prepareReads(connection: Connection): ReadStatements {
  return {
    begin: connection.prepare('BEGIN'),
    end: connection.prepare('COMMIT'),
    getRecord: connection.prepare(GET_RECORD),
    getHead: connection.prepare(GET_HEAD),
    list: remembered(listSql, (sql) => connection.prepare<ListedRow>(sql)),
    page: remembered(pageSql, (sql) => connection.prepare<StreamRow>(sql)),
  };
}

/** Values: machine, then owner, then status, as far as they are asked for; limit. */
function listSql(shape: ListShape): string {
  const direction = shape.newest ? 'DESC' : 'ASC';
  const conditions = ['machine = ?', ...(shape.owner ? ['owner = ?'] : []), ...(shape.status ? ['status = ?'] : [])];
  return `SELECT key, body FROM record WHERE ${conditions.join(' AND ')}
    ORDER BY rank ${direction}, key ${direction} LIMIT ?`;
}

/** Values: family, tenant, cursor, one for each label, the kinds as JSON if they are asked for; limit. */
function pageSql(shape: PageShape): string {
  const conditions = [
    'family = ?',
    'tenant = ?',
    shape.newest ? 'cursor < ?' : 'cursor > ?',
    ...shape.labels.map((label) => `${LABEL_COLUMNS[label]} = ?`),
    ...(shape.kinds ? ['kind IN (SELECT value FROM json_each(?))'] : []),
  ];
  return `SELECT ${EVENT_COLUMNS.join(', ')} FROM stream_record WHERE ${conditions.join(' AND ')}
    ORDER BY cursor ${shape.newest ? 'DESC' : 'ASC'} LIMIT ?`;
}

/** Prepares each statement once. Shapes are few by construction, so nothing has to be forgotten. */
function remembered<Shape, Row>(
  toSql: (shape: Shape) => string,
  prepare: (sql: string) => Statement<Row>,
): (shape: Shape) => Statement<Row> {
  const prepared = new Map<string, Statement<Row>>();
  return (shape) => {
    const sql = toSql(shape);
    const known = prepared.get(sql) ?? prepare(sql);
    prepared.set(sql, known);
    return known;
  };
}
