/**
 * A group commit written by hand with the driver alone: the same rows into the same tables and indexes as the store has,
 * everybody who waits at one turn of the loop in one transaction.
 */
import { createEventLog, type LogRecord } from '@reborn/events';
import type { Side } from '../measure/block.ts';
import { openBare, type SqliteDatabase } from '../measure/sqlite.ts';
import { crowd } from '../measure/crowd.ts';
import { createGroupCommit } from '../measure/group-commit.ts';
import { openSqlite } from './store-side.ts';
import { Supply } from '../measure/supply.ts';

const TABLE = 'log_record';

type SqlValue = string | number | Uint8Array | null;
type SqlRow = Readonly<Record<string, SqlValue>>;

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
  let head = 1;
  const commit = createGroupCommit(database, () => moveHead.run(head));
  const append = (record: LogRecord): Promise<void> => commit(() => insert((head += 1), record));
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
