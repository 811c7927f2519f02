/**
 * Reading streams: each question is answered through the index that costs what matches.
 *
 * Not here: who may read (`@reborn/events`), writing (`writer/stream-table.ts`).
 */
import {
  parseTenantId,
  PAGE_BYTES_MAX,
  streamFamilySchema,
  utf8Bytes,
  LABELS,
  type Label,
  type RawPage,
  type RawRecord,
  type RawRequest,
  type StreamInfo,
  type StreamListRequest,
  type StreamPage,
  type StreamRecord,
  type StreamRequest,
  emptyStream,
} from '@reborn/host-api';
import { LABEL_COLUMNS, toLabels, type StreamRow } from './columns.ts';
import type { SqlValue } from './driver.ts';
import { TIME_SCAN_PAGES } from './limits.ts';
import { fromKeyBytes, toKeyBytes } from './record-key.ts';
import { parseBody } from './records.ts';
import { BY_CURSOR, type PageRow, type RawRow, type ReadStatements } from './read-statements.ts';
import { sha256Hex } from './sha256.ts';

/** Labels that have an index, the most telling first. */
const INDEXED_LABELS = [
  ['invocationId', 'log_record_by_invocation'],
  ['correlationId', 'log_record_by_correlation'],
  ['runId', 'log_record_by_run'],
  ['threadId', 'log_record_by_thread'],
  ['actorId', 'log_record_by_actor'],
  ['capabilityId', 'log_record_by_capability'],
  ['provider', 'log_record_by_provider'],
] as const satisfies readonly (readonly [Label, string])[];

/** A condition and the values that it binds. */
type Condition = readonly [sql: string, ...values: readonly SqlValue[]];

interface Question {
  readonly reads: ReadStatements;
  readonly stream: StreamRow;
  readonly request: StreamRequest;
  readonly newest: boolean;
  /** The cursor next to the page, on the side from which it is read. */
  readonly from: number;
  readonly limit: number;
}

/** Head and records belong to the same moment. */
export function readPage(reads: ReadStatements, request: StreamRequest): StreamPage {
  return atOnce(reads, () => {
    const stream = reads.getStream.get(request.stream.family, toKeyBytes(request.stream.tenantId));
    if (stream === undefined) return { head: 0, earliest: 1, records: [] };
    const { head, earliest } = stream;
    const newest = request.order === 'newest';
    const from = newest && request.after === 0 ? head + 1 : request.after;
    const rows = findRows({ reads, stream, request, newest, from, limit: request.limit });
    const { records, isFull } = withBodies(reads, stream, rows, toRecord);
    const brokenOff = isFull && records.length < request.limit;
    return brokenOff ? { head, earliest, records, brokenOff } : { head, earliest, records };
  });
}

export function readRawPage(reads: ReadStatements, { stream: key, after, limit }: RawRequest): RawPage {
  return atOnce(reads, () => {
    const stream = reads.getStream.get(key.family, toKeyBytes(key.tenantId));
    const { head, headChain, earliest, baseChain } = stream ?? emptyStream(sha256Hex, key);
    if (stream === undefined) return { head, headChain, earliest, baseChain, records: [] };
    const { records } = withBodies(reads, stream, reads.raw.all(stream.id, after, limit), toRaw);
    return { head, headChain, earliest, baseChain, records };
  });
}

export function readStreamList(reads: ReadStatements, request: StreamListRequest): readonly StreamInfo[] {
  const { family, after, limit } = request;
  const values: SqlValue[] = [];
  if (family !== undefined) values.push(family);
  if (after !== undefined) values.push(after.family, toKeyBytes(after.tenantId));
  const rows = reads.streams({ family: family !== undefined, after: after !== undefined }).all(...values, limit);
  return rows.map(({ family: of, tenant, head, earliest, removed }) => {
    const stream = { family: streamFamilySchema.parse(of), tenantId: parseTenantId(fromKeyBytes(tenant)) };
    return { stream, head, earliest, removed };
  });
}

function atOnce<T>(reads: ReadStatements, look: () => T): T {
  reads.begin.run();
  try {
    return look();
  } finally {
    reads.end.run();
  }
}

function findRows(question: Question): readonly PageRow[] {
  const { filter } = question.request;
  const indexed = INDEXED_LABELS.find(([label]) => filter?.labels?.[label] !== undefined);
  if (indexed !== undefined) return rowsThrough(question, indexed[1], beyond(question), conditionsOf(question));
  if (filter?.fromMs !== undefined || filter?.toMs !== undefined) return rowsByTime(question);
  const kinds = new Set(filter?.kinds);
  if (kinds.size > 1) return rowsByKinds(question, [...kinds]);
  const index = kinds.size === 1 ? 'log_record_by_kind' : BY_CURSOR;
  return rowsThrough(question, index, beyond(question), conditionsOf(question));
}

/**
 * What was written at one time stands together, mostly: the records next to `from` are looked at one by one, and only
 * when they do not fill the page, the index by time says which others there are.
 */
function rowsByTime(question: Question): readonly PageRow[] {
  const { newest, from, limit, stream } = question;
  const conditions = conditionsOf(question);
  const step = limit * TIME_SCAN_PAGES;
  const bound = newest ? from - step : from + step;
  const near: Condition = newest ? ['cursor >= ?', bound] : ['cursor <= ?', bound];
  const rows = rowsThrough(question, BY_CURSOR, beyond(question), [near, ...conditions]);
  if (rows.length === limit || (newest ? bound <= stream.earliest : bound >= stream.head)) return rows;
  const rest = { ...question, limit: limit - rows.length };
  const far: Condition = newest ? ['cursor < ?', bound] : ['cursor > ?', bound];
  return [...rows, ...rowsAt(rest, cursorsThrough(rest, 'log_record_by_time', [far, ...conditions]))];
}

/** The pages of the single kinds, laid into each other. */
function rowsByKinds(question: Question, kinds: readonly string[]): readonly PageRow[] {
  const others = conditionsOf(question).filter(([sql]) => sql !== KINDS);
  const cursors = kinds.flatMap((kind) =>
    cursorsThrough(question, 'log_record_by_kind', [beyond(question), [KIND, kind], ...others]),
  );
  cursors.sort((left, right) => (question.newest ? right - left : left - right));
  return rowsAt(question, cursors.slice(0, question.limit));
}

const KIND = 'kind = ?';
const KINDS = 'kind IN (SELECT value FROM json_each(?))';

function conditionsOf({ request: { filter } }: Question): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const label of LABELS) {
    const value = filter?.labels?.[label];
    if (value !== undefined) conditions.push([`${LABEL_COLUMNS[label]} = ?`, value]);
  }
  const [kind, ...others] = new Set(filter?.kinds);
  if (kind !== undefined)
    conditions.push(others.length === 0 ? [KIND, kind] : [KINDS, JSON.stringify([kind, ...others])]);
  if (filter?.fromMs !== undefined) conditions.push(['at_ms >= ?', filter.fromMs]);
  if (filter?.toMs !== undefined) conditions.push(['at_ms < ?', filter.toMs]);
  return conditions;
}

function beyond({ newest, from }: Question): Condition {
  return newest ? ['cursor < ?', from] : ['cursor > ?', from];
}

function rowsThrough(
  { reads, stream, newest, limit }: Question,
  index: string,
  first: Condition,
  others: readonly Condition[],
): readonly PageRow[] {
  const conditions = [first, ...others];
  const statement = reads.page({ index, conditions: conditions.map(([sql]) => sql), newest });
  return statement.all(stream.id, ...conditions.flatMap(([, ...values]) => values), limit);
}

function cursorsThrough({ reads, stream, newest, limit }: Question, index: string, conditions: readonly Condition[]) {
  const statement = reads.cursors({ index, conditions: conditions.map(([sql]) => sql), newest });
  const values = conditions.flatMap(([, ...bound]) => bound);
  return statement.all(stream.id, ...values, limit).map(({ cursor }) => cursor);
}

/** The records with these cursors, in their order. */
function rowsAt(question: Question, cursors: readonly number[]): readonly PageRow[] {
  if (cursors.length === 0) return [];
  const these: Condition = ['cursor IN (SELECT value FROM json_each(?))', JSON.stringify(cursors)];
  return rowsThrough({ ...question, limit: cursors.length }, BY_CURSOR, these, []);
}

/** As many rows as there is room for, with their bodies: large ones are read now, one by one. */
function withBodies<Row extends PageRow | RawRow, Kept>(
  reads: ReadStatements,
  stream: StreamRow,
  rows: readonly Row[],
  toKept: (row: Row, body: string) => Kept,
): { readonly records: readonly Kept[]; readonly isFull: boolean } {
  const records: Kept[] = [];
  let bytes = 0;
  for (const row of rows) {
    const body = row.kind === null ? '' : (row.body ?? reads.body.get(stream.id, row.cursor)?.body ?? '');
    records.push(toKept(row, body));
    bytes += utf8Bytes(body);
    if (bytes > PAGE_BYTES_MAX) return { records, isFull: true };
  }
  return { records, isFull: false };
}

function toRecord(row: PageRow, body: string): StreamRecord {
  const { cursor, event_id: eventId, kind, at_ms: atMs } = row;
  return { cursor, eventId, kind, atMs, labels: toLabels(row), body: parseBody(body) };
}

function toRaw(row: RawRow, bodyText: string): RawRecord {
  const { cursor, event_id: eventId, chain } = row;
  if (row.kind === null) return { cursor, eventId, chain };
  const { kind, at_ms: atMs } = row;
  return { cursor, eventId, chain, content: { kind, atMs, labels: toLabels(row), bodyText } };
}
