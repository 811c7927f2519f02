/**
 * A group commit written by hand with the driver alone: the same rows into the same tables and indexes as the store has,
 * everybody who waits at one turn of the loop in one transaction.
 */
import { setImmediate } from 'node:timers';
import { createEventLog, type LogRecord } from '@reborn/events';
import type { Side } from '../measure/block.ts';
import { openBare, type SqliteDatabase } from './bare-sqlite.ts';
import { crowd, openSqlite } from './store-side.ts';
import { Supply } from './supply.ts';

const TABLE = 'log_record';

type SqlValue = string | number | Uint8Array | null;
type SqlRow = Readonly<Record<string, SqlValue>>;

interface Waiting {
  readonly record: LogRecord;
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
}

/** Lets the store make its schema and one row, and writes more rows like it. */
export async function handWrittenGroupCommit(
  name: string,
  file: string,
  callers: number,
  make: () => LogRecord,
): Promise<Side> {
  const first = make();
  const store = await openSqlite(file);
  await createEventLog(store).append([first]);
  await store.close();
  const database = openBare(file);
  const insert = prepareInsert(database, first);
  const moveHead = database.prepare<[number]>('UPDATE stream SET head = ?, head_chain = head_chain');
  const supply = new Supply(make);
  let waiting: Waiting[] = [];
  let head = 1;
  const writeAll = (): void => {
    const batch = waiting;
    waiting = [];
    database.exec('BEGIN IMMEDIATE');
    for (const { record } of batch) insert((head += 1), record);
    moveHead.run(head);
    database.exec('COMMIT');
    for (const { done } of batch) done();
  };
  const append = (record: LogRecord): Promise<void> =>
    new Promise((done, failed) => {
      if (waiting.length === 0) setImmediate(() => attempt(writeAll, failed));
      waiting.push({ record, done, failed });
    });
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 40),
    work(minMs) {
      return crowd(callers, minMs, () => append(supply.next()));
    },
    async verify() {
      const { count } = database.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${TABLE}`).get() ?? {};
      if (count !== head) throw new Error(`${name}: ${String(count)} of ${head} events are there`);
    },
    async close() {
      database.close();
    },
  };
}

/** Every column as in the row that the store has written, but for those that differ from event to event. */
function prepareInsert(database: SqliteDatabase, first: LogRecord): (cursor: number, record: LogRecord) => void {
  const template = database.prepare<[], SqlRow>(`SELECT * FROM ${TABLE}`).get();
  if (template === undefined) throw new Error('The store has not written where the baseline looks');
  const columns = Object.keys(template);
  const values = columns.map((column) => valueOf(column, template[column] ?? null, first));
  const places = columns.map(() => '?').join(', ');
  const insert = database.prepare<SqlValue[]>(`INSERT INTO ${TABLE} (${columns.join(', ')}) VALUES (${places})`);
  return (cursor, record) => void insert.run(...values.map((value) => value(cursor, record)));
}

function valueOf(column: string, stored: SqlValue, first: LogRecord): (cursor: number, record: LogRecord) => SqlValue {
  if (column === 'position') return () => null;
  if (column === 'cursor') return (cursor) => cursor;
  if (stored === first.eventId) return (_, record) => record.eventId;
  if (stored === first.atMs) return (_, record) => record.atMs;
  if (typeof stored === 'string' && stored.startsWith('{')) return (_, record) => JSON.stringify({ v: 1, ...record });
  return () => stored;
}

function attempt(work: () => void, failed: (reason: unknown) => void): void {
  try {
    work();
  } catch (reason) {
    failed(reason);
  }
}
