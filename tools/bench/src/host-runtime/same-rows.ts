/**
 * Calls as somebody writes them by hand with the driver alone: the same rows into the same tables and indexes as the door
 * writes, in one transaction before the call and one after it. It computes no digest and no hash chain, asks nobody and
 * checks nothing.
 */
import { wrapStore } from '@reborn/host-api/testkit';
import type { InvokeRequest } from '@reborn/host-runtime';
import { repeat, type Side } from '../measure/block.ts';
import { crowd } from '../measure/crowd.ts';
import { createGroupCommit } from '../measure/group-commit.ts';
import { openBare, type SqliteDatabase } from '../measure/sqlite.ts';
import { Supply } from '../measure/supply.ts';
import { ids, openDoor, openDoorStore, perform, type Note } from './door.ts';
import { complete } from './governed-calls.ts';

type SqlValue = string | number | Uint8Array | null;
type SqlRow = Readonly<Record<string, SqlValue>>;

/** The rows of one unit: those that it added to the log, and the records that it moved. */
interface RowsOfUnit {
  readonly log: readonly SqlRow[];
  readonly records: readonly SqlRow[];
}

/** What is different from call to call. */
interface Identity {
  readonly invocationId: string;
  readonly correlationId: string;
}

/** One caller writes at once; many share the transaction of a turn of the loop. */
export async function sameRowCalls(
  name: string,
  file: string,
  callers: number,
  make: () => InvokeRequest,
): Promise<Side> {
  const first = make();
  const units = await rowsOfCall(file, make(), first);
  const database = openBare(file);
  const writer = createRowWriter(database, identityOf(first));
  const writeUnits = units.map((unit) => writer.unit(unit));
  const before = writeUnits.slice(0, -1);
  const after = writeUnits.slice(-1);
  const inTransaction = database.transaction((write: () => void) => {
    write();
    writer.moveHeads();
  });
  const commit =
    callers === 1
      ? async (write: () => void): Promise<void> => inTransaction.immediate(write)
      : createGroupCommit(database, () => writer.moveHeads());
  const supply = new Supply(make);
  let made = 0;
  const call = async (): Promise<void> => {
    const request = supply.next();
    const identity = identityOf(request);
    for (const write of before) await commit(() => write(identity));
    await perform(request.input as unknown as Note);
    for (const write of after) await commit(() => write(identity));
    made += 1;
  };
  const counted = countRecords(database);
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * (callers === 1 ? 8 : 40)),
    work: (minMs) => (callers === 1 ? repeat(minMs, call) : crowd(callers, minMs, call)),
    async verify() {
      const there = countRecords(database) - counted;
      const records = new Set(
        units.flatMap((unit) => unit.records.map(({ key }) => Buffer.from(key as Uint8Array).toString())),
      );
      if (there !== made * records.size) throw new Error(`${name}: ${there} records of ${made} calls are there`);
    },
    async close() {
      database.close();
    },
  };
}

function identityOf({ context }: InvokeRequest): Identity {
  return { invocationId: context.invocationId, correlationId: context.correlationId };
}

/** Lets the door make its schema, its streams and a call, and looks after each commit at what has become of the tables. */
async function rowsOfCall(
  file: string,
  opening: InvokeRequest,
  request: InvokeRequest,
): Promise<readonly RowsOfUnit[]> {
  const store = await openDoorStore(file);
  await complete(openDoor(store).runtime, opening);
  const database = openBare(file);
  const log = database.prepare<[number], SqlRow>('SELECT * FROM log_record WHERE position > ? ORDER BY position');
  const records = database.prepare<[], SqlRow>('SELECT * FROM record');
  let position = log.all(0).length;
  let known = new Set(records.all().map(textOf));
  const units: RowsOfUnit[] = [];
  const watched = wrapStore(store, {
    async commit(writes) {
      const outcome = await store.commit(writes);
      const added = log.all(position);
      const all = records.all();
      units.push({ log: added, records: all.filter((row) => !known.has(textOf(row))) });
      position += added.length;
      known = new Set(all.map(textOf));
      return outcome;
    },
  });
  await complete(openDoor(watched).runtime, request);
  database.close();
  await store.close();
  return units;
}

function textOf({ machine, key, body }: SqlRow): string {
  return `${String(machine)}|${Buffer.from(key as Uint8Array).toString()}|${String(body)}`;
}

function countRecords(database: SqliteDatabase): number {
  return database.prepare<[], { count: number }>('SELECT count(*) AS count FROM record').get()?.count ?? 0;
}

/** Everything as in the rows that were seen, but for what differs from call to call. */
function createRowWriter(database: SqliteDatabase, seen: Identity) {
  const heads = new Map(
    database
      .prepare<[], { id: number; head: number }>('SELECT id, head FROM stream')
      .all()
      .map(({ id, head }) => [id, head]),
  );
  const touched = new Set<number>();
  const moveHead = database.prepare<[number, number]>(
    'UPDATE stream SET head = ?, head_chain = head_chain WHERE id = ?',
  );

  return { unit, moveHeads };

  function unit({ log, records }: RowsOfUnit): (identity: Identity) => void {
    const rows = [...log.map(toLogRow), ...records.map(toRecord)];
    return (identity) => rows.forEach((write) => write(identity));
  }

  function moveHeads(): void {
    for (const stream of touched) moveHead.run(heads.get(stream) ?? 0, stream);
    touched.clear();
  }

  function toLogRow(row: SqlRow): (identity: Identity) => void {
    const stream = Number(row['stream']);
    const columns = Object.keys(row).filter((column) => column !== 'position');
    const values = columns.map((column) => valueOf(column, row[column] ?? null, seen));
    const insert = prepareInsert(database, 'log_record', columns, '');
    return (identity) => {
      const head = (heads.get(stream) ?? 0) + 1;
      heads.set(stream, head);
      touched.add(stream);
      insert.run(...values.map((value) => value(identity, head)));
    };
  }

  function toRecord(row: SqlRow): (identity: Identity) => void {
    const columns = Object.keys(row);
    const values = columns.map((column) => valueOf(column, row[column] ?? null, seen));
    const insert = prepareInsert(
      database,
      'record',
      columns,
      `ON CONFLICT (machine, key) DO UPDATE SET owner = excluded.owner, status = excluded.status, rank = excluded.rank,
         version = version + 1, body = excluded.body`,
    );
    return (identity) => void insert.run(...values.map((value) => value(identity, 0)));
  }
}

function prepareInsert(database: SqliteDatabase, table: string, columns: readonly string[], conflict: string) {
  const places = columns.map(() => '?').join(', ');
  return database.prepare<SqlValue[]>(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${conflict}`);
}

function valueOf(column: string, stored: SqlValue, seen: Identity): (identity: Identity, cursor: number) => SqlValue {
  if (column === 'cursor') return (_, cursor) => cursor;
  if (column === 'event_id') return () => ids.uuid();
  if (stored === seen.invocationId) return ({ invocationId }) => invocationId;
  if (stored === seen.correlationId) return ({ correlationId }) => correlationId;
  if (stored instanceof Uint8Array) {
    const text = Buffer.from(stored).toString();
    if (!text.includes(seen.invocationId)) return () => stored;
    return ({ invocationId }) => Buffer.from(text.replace(seen.invocationId, invocationId));
  }
  if (column !== 'body' || typeof stored !== 'string') return () => stored;
  const body = JSON.parse(stored) as object;
  return (identity) => JSON.stringify({ ...body, ...identity });
}
