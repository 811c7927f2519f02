/**
 * Every statement of the reading connection. All are composed of fixed text; what callers send is bound.
 *
 * Not here: which of them answers a question (`pages.ts`, `records.ts`).
 */
import { LABELS } from '@reborn/host-api';
import { GET_RECORD, GET_STREAM, LABEL_COLUMNS, type BodyRow, type LabelRow, type StreamRow } from './columns.ts';
import type { Connection, Statement } from './driver.ts';
import { INLINE_BODY_BYTES_MAX, STATEMENTS_MAX } from './limits.ts';

export interface ListedRow extends BodyRow {
  readonly key: Uint8Array;
}
export interface CursorRow {
  readonly cursor: number;
}
export interface StreamListRow {
  readonly family: string;
  readonly tenant: Uint8Array;
  readonly head: number;
  readonly earliest: number;
  readonly removed: number;
}
/** `body` is null where it is too large to come with its row, and where retention has taken it. */
export type PageRow = {
  readonly cursor: number;
  readonly event_id: string;
  readonly kind: string;
  readonly at_ms: number;
  readonly body: string | null;
} & LabelRow;
export type RawRow = { readonly chain: string } & (
  | PageRow
  | { readonly cursor: number; readonly event_id: string; readonly kind: null; readonly body: null }
);
/** A record of the store, whoever wrote it. */
export interface ArrivedRow {
  readonly position: number;
  readonly family: string;
  readonly tenant: Uint8Array;
  readonly kind: string | null;
}

/** By what a list of records is narrowed. */
export interface ListShape {
  readonly owner: boolean;
  readonly status: boolean;
  readonly newest: boolean;
}

/** What a question about a stream asks for besides the stream: through which index, under which conditions. */
export interface PageShape {
  readonly index: string;
  readonly conditions: readonly string[];
  readonly newest: boolean;
}

export interface ReadStatements {
  readonly begin: Statement;
  readonly end: Statement;
  readonly getRecord: Statement<BodyRow>;
  readonly getStream: Statement<StreamRow>;
  /** Values: stream, cursor. */
  readonly body: Statement<BodyRow>;
  /** Values: stream, cursor before the first, limit. */
  readonly raw: Statement<RawRow>;
  /** Values: position before the first, limit. */
  readonly arrived: Statement<ArrivedRow>;
  readonly top: Statement<{ readonly position: number }>;
  /** Values: machine, then owner, then status, as far as they are asked for; limit. */
  readonly list: (shape: ListShape) => Statement<ListedRow>;
  /** Values: stream, one for each condition; limit. */
  readonly page: (shape: PageShape) => Statement<PageRow>;
  /** The same, cursors only. */
  readonly cursors: (shape: PageShape) => Statement<CursorRow>;
  /** Values: family, then family and tenant, as far as they are asked for; limit. */
  readonly streams: (shape: { readonly family: boolean; readonly after: boolean }) => Statement<StreamListRow>;
  readonly dataVersion: () => unknown;
}

const LABEL_NAMES = LABELS.map((label) => LABEL_COLUMNS[label]).join(', ');
/** Absent in rows whose body is too large to come with them. */
const BODY = `CASE WHEN octet_length(body) <= ${INLINE_BODY_BYTES_MAX} THEN body END AS body`;
const PAGE_COLUMNS = `cursor, event_id, kind, at_ms, ${LABEL_NAMES}, ${BODY}`;
const RAW_COLUMNS = `lower(hex(chain)) AS chain, ${PAGE_COLUMNS}`;

export function prepareReads(connection: Connection): ReadStatements {
  const prepared = remember(connection);
  return {
    begin: connection.prepare('BEGIN'),
    end: connection.prepare('COMMIT'),
    getRecord: connection.prepare(GET_RECORD),
    getStream: connection.prepare(GET_STREAM),
    body: connection.prepare('SELECT body FROM log_record WHERE stream = ? AND cursor = ?'),
    raw: connection.prepare(
      `SELECT ${RAW_COLUMNS} FROM log_record WHERE stream = ? AND cursor > ? ORDER BY cursor LIMIT ?`,
    ),
    arrived: connection.prepare(
      `SELECT position, family, tenant, kind FROM log_record JOIN stream ON stream.id = log_record.stream
       WHERE position > ? ORDER BY position LIMIT ?`,
    ),
    top: connection.prepare(TOP_POSITION),
    list: (shape) => prepared(listSql(shape)),
    page: (shape) => prepared(pageSql(PAGE_COLUMNS, shape)),
    cursors: (shape) => prepared(pageSql('cursor', shape)),
    streams: ({ family, after }) => prepared(streamsSql(family, after)),
    dataVersion: () => connection.pragma('data_version'),
  };
}

/** The index of all records of a stream. */
export const BY_CURSOR = 'log_record_by_cursor';

/** The position of the newest record that there ever was. No row before the first. */
export const TOP_POSITION = "SELECT seq AS position FROM sqlite_sequence WHERE name = 'log_record'";

function listSql({ owner, status, newest }: ListShape): string {
  const direction = newest ? 'DESC' : 'ASC';
  const conditions = ['machine = ?', ...(owner ? ['owner = ?'] : []), ...(status ? ['status = ?'] : [])];
  return `SELECT key, body FROM record WHERE ${conditions.join(' AND ')}
    ORDER BY rank ${direction}, key ${direction} LIMIT ?`;
}

/** Every index but the one by cursor leaves removed records out by itself. */
function pageSql(columns: string, { index, conditions, newest }: PageShape): string {
  const kept = index === BY_CURSOR ? ['kind IS NOT NULL'] : [];
  return `SELECT ${columns} FROM log_record INDEXED BY ${index}
    WHERE ${['stream = ?', ...kept, ...conditions].join(' AND ')}
    ORDER BY cursor ${newest ? 'DESC' : 'ASC'} LIMIT ?`;
}

function streamsSql(family: boolean, after: boolean): string {
  const conditions = ['head > 0', ...(family ? ['family = ?'] : []), ...(after ? ['(family, tenant) > (?, ?)'] : [])];
  return `SELECT family, tenant, head, earliest, removed FROM stream WHERE ${conditions.join(' AND ')}
    ORDER BY family, tenant LIMIT ?`;
}

/** Prepares each statement once. What was not asked for the longest time is forgotten. */
function remember(connection: Connection): <Row>(sql: string) => Statement<Row> {
  const prepared = new Map<string, Statement<never>>();
  return <Row>(sql: string) => {
    const statement = prepared.get(sql) ?? connection.prepare<never>(sql);
    prepared.delete(sql);
    prepared.set(sql, statement);
    const [oldest] = prepared.keys();
    if (prepared.size > STATEMENTS_MAX && oldest !== undefined) prepared.delete(oldest);
    return statement as Statement<Row>;
  };
}
