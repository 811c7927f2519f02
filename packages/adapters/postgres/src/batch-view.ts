/**
 * The database as one batch sees it: everything that the batch names, read in one statement and so at one moment, or
 * remembered from the batch before where the write will check it anyway.
 *
 * Not here: what the batch makes of it (`batch-tables.ts`).
 */
import { assert, streamName, type RecordMark, type StreamState } from '@reborn/host-api';
import { rowName, type BatchNeeds } from './batch-needs.ts';
import type { Session, Statement } from './driver.ts';
import type { HeadMemory, KnownStream } from './head-memory.ts';
import { toKeyBytes, toKeySlot } from './record-key.ts';

/** Version 0: it is not there. */
export interface KnownRow {
  readonly version: number;
  readonly text: string | undefined;
}

/** Everything by the name of the row or stream; nothing that the batch does not name is here. */
export interface BatchView {
  /** Units: milliseconds since 1970, the database's clock. `undefined` where nothing had to be read. */
  readonly nowMs: number | undefined;
  readonly rows: ReadonlyMap<string, KnownRow>;
  readonly streams: ReadonlyMap<string, KnownStream>;
  readonly cursors: ReadonlyMap<string, number>;
  readonly records: ReadonlyMap<string, RecordMark>;
  readonly removed: ReadonlyMap<string, number>;
}

/** What one row of the answer stands for: `at` counts from 1 in the needs of its part. */
interface ViewRow {
  readonly part: 'now' | 'row' | 'stream' | 'event' | 'record' | 'cut';
  readonly at: number;
  readonly a: number | null;
  readonly b: number | null;
  readonly c: number | null;
  readonly d: number | null;
  readonly text: string | null;
  readonly x: Uint8Array | null;
  readonly y: Uint8Array | null;
}

/**
 * Reads what is needed. With `memory`, streams that are only appended to are taken from there, and their event ids are
 * taken for new: the write refuses them if they are not. Errors: those of the session.
 */
export async function readView(
  session: Session,
  schema: string,
  needs: BatchNeeds,
  memory: HeadMemory | undefined,
): Promise<BatchView> {
  const streams = new Map<string, KnownStream>();
  for (const stream of needs.streams) {
    const name = streamName(stream);
    const known = needs.changed.has(name) ? undefined : memory?.get(name);
    if (known !== undefined) streams.set(name, known);
  }
  const unknown = (at: number): boolean => !streams.has(nameAt(needs, at));
  const events = needs.events.filter(({ stream }) => unknown(stream));
  const asked: BatchNeeds = { ...needs, events };
  if (needs.rows.length === 0 && needs.streams.every((_, at) => !unknown(at))) return toView(asked, streams, []);
  const rows = await session.query<ViewRow>(viewStatement(schema, asked));
  return toView(asked, streams, rows);
}

/** How an event, a record or a cut is found again: by its stream's name and itself. */
export function placeName(stream: string, what: string | number): string {
  return `${stream}\n${what}`;
}

function viewStatement(schema: string, needs: BatchNeeds): Statement {
  const { rows, streams, events, records, cuts } = needs;
  const simple = events.length === 0 && records.length === 0 && cuts.length === 0;
  return {
    name: simple ? 'view_states' : 'view_all',
    text: `
      WITH s AS MATERIALIZED (
        SELECT n.at, s.* FROM unnest($3::text[], $4::bytea[]) WITH ORDINALITY AS n (family, tenant, at)
          JOIN ${schema}.stream AS s ON s.family = n.family AND s.tenant = n.tenant)
      SELECT 'now' AS part, 0::bigint AS at, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS a, NULL::bigint AS b,
        NULL::bigint AS c, NULL::bigint AS d, NULL::text AS text, NULL::bytea AS x, NULL::bytea AS y
      UNION ALL SELECT 'row', n.at, r.version, NULL, NULL, NULL, r.body, NULL, NULL
        FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS n (machine, slot, at)
        JOIN ${schema}.record AS r ON r.machine = n.machine AND r.slot = n.slot
      UNION ALL SELECT 'stream', at, version, head, earliest, removed, NULL, head_chain, base_chain FROM s
      ${simple ? '' : detailParts(schema)}`,
    values: [
      rows.map(({ machine }) => machine),
      rows.map(({ key }) => toKeySlot(key).slot),
      streams.map(({ family }) => family),
      streams.map(({ tenantId }) => toKeyBytes(tenantId)),
      ...(simple ? [] : detailValues(needs)),
    ],
  };
}

function detailParts(schema: string): string {
  return `
      UNION ALL SELECT 'event', n.at, e.cursor, NULL, NULL, NULL, NULL, NULL, NULL
        FROM unnest($5::bigint[], $6::uuid[]) WITH ORDINALITY AS n (stream, event_id, at)
        JOIN s ON s.at = n.stream JOIN ${schema}.stream_record AS e ON e.stream = s.id AND e.event_id = n.event_id
      UNION ALL SELECT 'record', n.at, (e.kind IS NULL)::int, NULL, NULL, NULL, e.event_id::text, e.chain, NULL
        FROM unnest($7::bigint[], $8::bigint[]) WITH ORDINALITY AS n (stream, cursor, at)
        JOIN s ON s.at = n.stream JOIN ${schema}.stream_record AS e ON e.stream = s.id AND e.cursor = n.cursor
      UNION ALL SELECT 'cut', n.at, (SELECT count(*) FROM ${schema}.stream_record AS e
          WHERE e.stream = s.id AND e.cursor <= n.through AND e.kind IS NULL), NULL, NULL, NULL, NULL, NULL, NULL
        FROM unnest($9::bigint[], $10::bigint[]) WITH ORDINALITY AS n (stream, through, at) JOIN s ON s.at = n.stream`;
}

function detailValues({ events, records, cuts }: BatchNeeds): readonly (readonly (string | number)[])[] {
  return [
    events.map(({ stream }) => stream + 1),
    events.map(({ eventId }) => eventId),
    records.map(({ stream }) => stream + 1),
    records.map(({ cursor }) => cursor),
    cuts.map(({ stream }) => stream + 1),
    cuts.map(({ through }) => through),
  ];
}

function toView(needs: BatchNeeds, remembered: Map<string, KnownStream>, found: readonly ViewRow[]): BatchView {
  const rows = new Map(needs.rows.map(({ machine, key }) => [rowName(machine, key), ABSENT]));
  const streams = new Map(needs.streams.map((stream) => [streamName(stream), NOT_BEGUN]));
  const cursors = new Map<string, number>();
  const records = new Map<string, RecordMark>();
  const removed = new Map<string, number>();
  let nowMs: number | undefined;
  for (const row of found) {
    const value = row.a ?? 0;
    switch (row.part) {
      case 'now':
        nowMs = value;
        break;
      case 'row': {
        const { machine, key } = at(needs.rows, row);
        rows.set(rowName(machine, key), { version: value, text: row.text ?? '' });
        break;
      }
      case 'stream':
        streams.set(streamName(at(needs.streams, row)), { version: value, state: toState(row) });
        break;
      case 'event': {
        const { stream, eventId } = at(needs.events, row);
        cursors.set(placeName(nameAt(needs, stream), eventId), value);
        break;
      }
      case 'record': {
        const { stream, cursor } = at(needs.records, row);
        const mark = { eventId: row.text ?? '', chain: toHex(row.x), removed: value === 1 };
        records.set(placeName(nameAt(needs, stream), cursor), mark);
        break;
      }
      case 'cut': {
        const { stream, through } = at(needs.cuts, row);
        removed.set(placeName(nameAt(needs, stream), through), value);
      }
    }
  }
  for (const [name, known] of remembered) streams.set(name, known);
  return { nowMs, rows, streams, cursors, records, removed };
}

const ABSENT: KnownRow = { version: 0, text: undefined };
const NOT_BEGUN: KnownStream = { version: 0, state: undefined };

function toState({ b, c, d, x, y }: ViewRow): StreamState {
  return { head: b ?? 0, headChain: toHex(x), earliest: c ?? 0, baseChain: toHex(y), removed: d ?? 0 };
}

function toHex(bytes: Uint8Array | null): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function nameAt(needs: BatchNeeds, position: number): string {
  const stream = needs.streams[position];
  return stream === undefined ? '' : streamName(stream);
}

/** What an ordinal of the answer stands for. Invariant: the server numbers what it was sent. */
function at<T>(needs: readonly T[], row: ViewRow): T {
  const need = needs[row.at - 1];
  assert(need !== undefined, 'the answer is about what was asked');
  return need;
}
