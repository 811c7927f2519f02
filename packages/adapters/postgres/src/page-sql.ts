/**
 * The statements that read streams. All are composed of fixed text; what callers send is bound.
 *
 * Not here: sending them (`reads.ts`).
 */
import {
  LABELS,
  PAGE_BYTES_MAX,
  type Label,
  type RawRequest,
  type StreamListRequest,
  type StreamRequest,
} from '@reborn/host-api';
import type { SqlValue, Statement } from './driver.ts';
import { toKeyBytes } from './record-key.ts';

/** The column of each label: the only names that filters are made of. */
const LABEL_COLUMNS = {
  userId: 'user_id',
  agentId: 'agent_id',
  projectId: 'project_id',
  missionId: 'mission_id',
  threadId: 'thread_id',
  runId: 'run_id',
  invocationId: 'invocation_id',
  correlationId: 'correlation_id',
  capabilityId: 'capability_id',
  provider: 'provider',
  actorId: 'actor_id',
} as const satisfies Record<Label, string>;
export type LabelColumn = (typeof LABEL_COLUMNS)[Label];

/** The stream itself stands in every row, and alone in one when there are no records. */
export type StreamRow = {
  readonly head: number;
  readonly earliest: number;
  readonly cursor: number | null;
  readonly event_id: string;
  readonly kind: string | null;
  readonly at_ms: number;
  readonly body: string;
} & Readonly<Record<LabelColumn, string | null>>;

export interface RawRow extends StreamRow {
  readonly head_chain: Uint8Array;
  readonly base_chain: Uint8Array;
  readonly chain: Uint8Array;
}

export interface StreamInfoRow {
  readonly family: string;
  readonly tenant: Uint8Array;
  readonly head: number;
  readonly earliest: number;
  readonly removed: number;
}

const COLUMNS = ['cursor', 'event_id', 'kind', 'at_ms', 'body', ...LABELS.map((label) => LABEL_COLUMNS[label])];

export function labelColumn(label: Label): LabelColumn {
  return LABEL_COLUMNS[label];
}

/** One statement, so that head and records belong to the same moment. */
export function pageStatement(schema: string, request: StreamRequest): Statement {
  const { stream, after, limit, filter, order } = request;
  const newest = order === 'newest';
  const values: SqlValue[] = [stream.family, toKeyBytes(stream.tenantId), newest && after === 0 ? LAST : after, limit];
  const bind = (value: SqlValue, type: string): string => `$${values.push(value)}::${type}`;
  const labels = LABELS.filter((label) => filter?.labels?.[label] !== undefined);
  const kinds = filter?.kinds === undefined ? undefined : bind(filter.kinds, 'text[]');
  const byKind = kinds !== undefined && labels.length === 0;
  // The words of the indexes by label and by kind: nothing else can answer in this order.
  const place = byKind || labels.length > 0 ? '(e.cursor + 0)' : 'e.cursor';
  const conditions = ['e.stream = s.id', `${place} ${newest ? '<' : '>'} $3::bigint`, 'e.kind IS NOT NULL'];
  for (const label of labels) {
    conditions.push(`e.${LABEL_COLUMNS[label]} = ${bind(filter?.labels?.[label] ?? null, 'text')}`);
  }
  if (filter?.fromMs !== undefined) conditions.push(`e.at_ms >= ${bind(filter.fromMs, 'bigint')}`);
  if (filter?.toMs !== undefined) conditions.push(`e.at_ms < ${bind(filter.toMs, 'bigint')}`);
  if (kinds !== undefined && !byKind) conditions.push(`e.kind = ANY (${kinds})`);
  const sorted = `ORDER BY ${place} ${newest ? 'DESC' : 'ASC'} LIMIT $4::int`;
  const columns = COLUMNS.map((column) => `e.${column}`).join(', ');
  const found = byKind
    ? `SELECT ${columns} FROM (SELECT DISTINCT unnest(${kinds}) AS kind) AS k CROSS JOIN LATERAL
        (SELECT e.* FROM ${schema}.stream_record AS e WHERE ${conditions.join(' AND ')} AND e.kind = k.kind ${sorted}) AS e
        ${sorted}`
    : `SELECT ${columns} FROM ${schema}.stream_record AS e WHERE ${conditions.join(' AND ')} ${sorted}`;
  const plain = filter === undefined;
  return {
    // A filter is planned anew each time: which index is best depends on what it asks for.
    ...(plain ? { name: newest ? 'page_newest' : 'page_oldest' } : {}),
    text: `SELECT s.head, s.earliest, e.* FROM ${schema}.stream AS s LEFT JOIN LATERAL (${withinRoom(found, newest ? 'DESC' : 'ASC')}) AS e ON true
      WHERE s.family = $1 AND s.tenant = $2 ORDER BY e.cursor ${newest ? 'DESC' : 'ASC'}`,
    values,
  };
}

export function rawStatement(schema: string, { stream, after, limit }: RawRequest): Statement {
  return {
    name: 'raw',
    text: `SELECT s.head, s.head_chain, s.earliest, s.base_chain, e.* FROM ${schema}.stream AS s
      LEFT JOIN LATERAL (${withinRoom(
        `SELECT ${COLUMNS.join(', ')}, chain FROM ${schema}.stream_record AS e
        WHERE e.stream = s.id AND e.cursor > $3::bigint ORDER BY e.cursor LIMIT $4::int`,
        'ASC',
      )}) AS e ON true
      WHERE s.family = $1 AND s.tenant = $2 ORDER BY e.cursor`,
    values: [stream.family, toKeyBytes(stream.tenantId), after, limit],
  };
}

export function streamListStatement(schema: string, { family, after, limit }: StreamListRequest): Statement {
  return {
    name: 'streams',
    text: `SELECT family, tenant, head, earliest, removed FROM ${schema}.stream
      WHERE (family, tenant) > ($1::text, $2::bytea) AND ($3::text IS NULL OR family = $3::text)
      ORDER BY family, tenant LIMIT $4::int`,
    values: [after?.family ?? '', toKeyBytes(after?.tenantId ?? ''), family ?? null, limit],
  };
}

/** Those records before which there was still room. The length of a body is known without reading it. */
function withinRoom(found: string, way: 'ASC' | 'DESC'): string {
  return `SELECT * FROM (SELECT f.*, coalesce(sum(octet_length(f.body)) OVER (ORDER BY f.cursor ${way}
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before FROM (${found}) AS f) AS f
    WHERE f.bytes_before <= ${PAGE_BYTES_MAX}`;
}

const LAST = Number.MAX_SAFE_INTEGER;
