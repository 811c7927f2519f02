/**
 * A decided batch as one statement: everything at once, or nothing because something was changed by others meanwhile.
 *
 * Not here: what the statement does inside the database (`migrations/`).
 */
import { hash } from 'node:crypto';
import { LABELS, type Label, type RawRecord, type StreamKey } from '@reborn/host-api';
import type { BatchNeeds } from './batch-needs.ts';
import type { BatchTables } from './batch-tables.ts';
import type { SqlValue, Statement } from './driver.ts';
import { toKeyBytes, toKeySlot, type KeySlot } from './record-key.ts';

/** How many arrays `commit_1` takes. */
const ARRAYS = 39;

export function commitStatement(schema: string, tables: BatchTables): Statement {
  const streams = tables.streams.toSorted((left, right) => compareStreams(left.key, right.key));
  const rows = inOrder(tables.rows);
  const cuts = streams.flatMap(({ cut }, at) => (cut === 0 ? [] : [{ stream: at + 1, through: cut }]));
  const strips = streams.flatMap(({ stripped, cut }, at) =>
    stripped.filter((cursor) => cursor > cut).map((cursor) => ({ stream: at + 1, cursor })),
  );
  const events = streams.flatMap(({ added }, at) => added.map((record) => ({ stream: at + 1, record })));
  return {
    name: 'commit_1',
    text: `SELECT ${schema}.commit_1(${Array.from({ length: ARRAYS }, (_, at) => `$${at + 1}`).join(', ')})`,
    values: [
      streams.map(({ key }) => key.family),
      streams.map(({ key }) => toKeyBytes(key.tenantId)),
      streams.map(({ known }) => known.version),
      streams.map(({ changed }) => changed),
      streams.map(({ state }) => state?.head ?? 0),
      streams.map(({ state }) => toBytes(state?.headChain)),
      streams.map(({ state }) => state?.earliest ?? 1),
      streams.map(({ state }) => toBytes(state?.baseChain)),
      streams.map(({ state }) => state?.removed ?? 0),
      rows.map(({ machine }) => machine),
      rows.map(({ slot }) => slot),
      rows.map(({ long }) => long),
      rows.map(({ version }) => version),
      rows.map(({ index }) => (index === undefined ? null : toOwner(index.owner))),
      rows.map(({ index }) => index?.status ?? null),
      rows.map(({ index }) => index?.rank ?? null),
      rows.map(({ index, text }) => (index === undefined ? null : (text ?? null))),
      cuts.map(({ stream }) => stream),
      cuts.map(({ through }) => through),
      strips.map(({ stream }) => stream),
      strips.map(({ cursor }) => cursor),
      events.map(({ stream }) => stream),
      ...eventArrays(events.map(({ record }) => record)),
    ],
  };
}

/** What is locked before a batch is decided when it was beaten too often. Order: that of `commitStatement`. */
export function lockStatement(schema: string, { streams, rows }: Pick<BatchNeeds, 'streams' | 'rows'>): Statement {
  const sorted = streams.toSorted(compareStreams);
  const slots = inOrder(rows);
  return {
    name: 'lock_1',
    text: `SELECT ${schema}.lock_1($1, $2, $3, $4)`,
    values: [
      sorted.map(({ family }) => family),
      sorted.map(({ tenantId }) => toKeyBytes(tenantId)),
      slots.map(({ machine }) => machine),
      slots.map(({ slot }) => slot),
    ],
  };
}

/** Owners are only ever compared as a whole, are of any length and may hold anything. */
export function toOwner(owner: string): Uint8Array {
  return hash('sha256', owner, 'buffer');
}

/** A label that no record carries is an empty array: the server fills what is missing with nulls. */
function eventArrays(records: readonly RawRecord[]): readonly SqlValue[] {
  const cursors: number[] = [];
  const eventIds: string[] = [];
  const chains: string[] = [];
  const kinds: (string | null)[] = [];
  const times: (number | null)[] = [];
  const bodies: (string | null)[] = [];
  for (const { cursor, eventId, chain, content } of records) {
    cursors.push(cursor);
    eventIds.push(eventId);
    chains.push(toBytes(chain));
    kinds.push(content?.kind ?? null);
    times.push(content?.atMs ?? null);
    bodies.push(content?.bodyText ?? null);
  }
  return [cursors, eventIds, chains, kinds, times, ...LABELS.map((label) => labelArray(records, label)), bodies];
}

function labelArray(records: readonly RawRecord[], label: Label): readonly (string | null)[] {
  const values: (string | null)[] = [];
  for (const [at, { content }] of records.entries()) {
    const value = content?.labels[label];
    if (value === undefined) continue;
    while (values.length < at) values.push(null);
    values.push(value);
  }
  return values;
}

/** Hex digits as the server reads them for bytes. */
function toBytes(hex: string | undefined): string {
  return `\\x${hex ?? ''}`;
}

function compareStreams(left: StreamKey, right: StreamKey): number {
  return compare(left.family, right.family) || compare(left.tenantId, right.tenantId);
}

/** The order in which rows are locked, the same for everybody. */
function inOrder<Row extends { readonly machine: string; readonly key: string }>(
  rows: readonly Row[],
): readonly (Row & KeySlot)[] {
  return rows
    .map((row) => ({ ...row, ...toKeySlot(row.key) }))
    .toSorted((left, right) => compare(left.machine, right.machine) || Buffer.compare(left.slot, right.slot));
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
