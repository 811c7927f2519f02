/**
 * The reads of the store: each one statement, and so one moment.
 *
 * Not here: sessions (`reader-pool.ts`), the form of requests (`@reborn/host-api`).
 */
import { hash } from 'node:crypto';
import {
  emptyStream,
  LABELS,
  PAGE_BYTES_MAX,
  parseTenantId,
  streamFamilySchema,
  utf8Bytes,
  type JsonObject,
  type Label,
  type Labels,
  type ListRequest,
  type RawPage,
  type RawRecord,
  type RawRequest,
  type StoredRecord,
  type StreamInfo,
  type StreamListRequest,
  type StreamPage,
  type StreamRecord,
  type StreamRequest,
} from '@reborn/host-api';
import { toOwner } from './batch-statement.ts';
import { parseBody } from './batch-tables.ts';
import type { Session, SqlValue } from './driver.ts';
import {
  labelColumn,
  pageStatement,
  rawStatement,
  streamListStatement,
  type RawRow,
  type StreamInfoRow,
  type StreamRow,
} from './page-sql.ts';
import { fromKeyBytes, toKeySlot } from './record-key.ts';

interface ListedRow {
  readonly key: Uint8Array;
  readonly body: string;
}

/** What each list orders by: the words of its own index. */
const RANKS: ReadonlyMap<string, string> = new Map([
  ['_status', '(rank + 0)'],
  ['_owner', '(rank - 0)'],
  ['_owner_status', '(rank * 1)'],
]);

/** Errors: `host-api/store_corrupt` for a body that is no JSON; those of the session. So for all below. */
export async function getRow(
  session: Session,
  schema: string,
  machine: string,
  key: string,
): Promise<JsonObject | undefined> {
  const [found] = await session.query<{ readonly body: string }>({
    name: 'get',
    text: `SELECT body FROM ${schema}.record WHERE machine = $1 AND slot = $2`,
    values: [machine, toKeySlot(key).slot],
  });
  return found === undefined ? undefined : parseBody(found.body);
}

export async function listRows(
  session: Session,
  schema: string,
  machine: string,
  { owner, status, limit, order }: ListRequest,
): Promise<readonly StoredRecord[]> {
  const values: SqlValue[] = [machine, limit];
  const conditions = ['machine = $1'];
  if (owner !== undefined) conditions.push(`owner = $${values.push(toOwner(owner))}`);
  if (status !== undefined) conditions.push(`status = $${values.push(status)}`);
  const way = order === 'newest' ? 'DESC' : 'ASC';
  const filter = `${owner === undefined ? '' : '_owner'}${status === undefined ? '' : '_status'}`;
  const found = await session.query<ListedRow>({
    name: `list${filter}_${way}`,
    text: `SELECT coalesce(long_key, slot) AS key, body FROM ${schema}.record WHERE ${conditions.join(' AND ')}
      ORDER BY ${RANKS.get(filter) ?? 'rank'} ${way}, substr(slot, 1, 480) ${way}, coalesce(long_key, slot) ${way} LIMIT $2::int`,
    values,
  });
  return found.map(({ key, body }) => ({ key: fromKeyBytes(key), row: parseBody(body) }));
}

export async function readPage(session: Session, schema: string, request: StreamRequest): Promise<StreamPage> {
  const rows = await session.query<StreamRow>(pageStatement(schema, request));
  const [first] = rows;
  if (first === undefined) return { head: 0, earliest: 1, records: [] };
  const { head, earliest } = first;
  const records = rows.flatMap(toRecord);
  return isFull(rows) && records.length < request.limit
    ? { head, earliest, records, brokenOff: true }
    : { head, earliest, records };
}

export async function readRawPage(session: Session, schema: string, request: RawRequest): Promise<RawPage> {
  const rows = await session.query<RawRow>(rawStatement(schema, request));
  const [first] = rows;
  if (first === undefined) {
    const sha256Hex = (text: string): string => hash('sha256', text, 'hex');
    const { head, headChain, earliest, baseChain } = emptyStream(sha256Hex, request.stream);
    return { head, headChain, earliest, baseChain, records: [] };
  }
  return {
    head: first.head,
    headChain: toHex(first.head_chain),
    earliest: first.earliest,
    baseChain: toHex(first.base_chain),
    records: rows.flatMap(toRaw),
  };
}

export async function listStreamRows(
  session: Session,
  schema: string,
  request: StreamListRequest,
): Promise<readonly StreamInfo[]> {
  const rows = await session.query<StreamInfoRow>(streamListStatement(schema, request));
  return rows.map(({ family, tenant, head, earliest, removed }) => ({
    stream: { family: streamFamilySchema.parse(family), tenantId: parseTenantId(fromKeyBytes(tenant)) },
    head,
    earliest,
    removed,
  }));
}

/** Whether there was no more room behind the last record. */
function isFull(rows: readonly StreamRow[]): boolean {
  let bytes = 0;
  for (const { cursor, body } of rows) bytes += cursor === null ? 0 : utf8Bytes(body);
  return bytes > PAGE_BYTES_MAX;
}

function toRecord(row: StreamRow): readonly StreamRecord[] {
  const { cursor, event_id: eventId, kind, at_ms: atMs, body } = row;
  if (cursor === null || kind === null) return [];
  return [{ cursor, eventId, kind, atMs, labels: toLabels(row), body: parseBody(body) }];
}

function toRaw(row: RawRow): readonly RawRecord[] {
  const { cursor, event_id: eventId, kind, at_ms: atMs, body: bodyText } = row;
  if (cursor === null) return [];
  const bare = { cursor, eventId, chain: toHex(row.chain) };
  return [kind === null ? bare : { ...bare, content: { kind, atMs, labels: toLabels(row), bodyText } }];
}

function toLabels(row: StreamRow): Labels {
  const labels: Partial<Record<Label, string>> = {};
  for (const label of LABELS) {
    const value = row[labelColumn(label)];
    if (value !== null) labels[label] = value;
  }
  return labels;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
