/**
 * The part of the SQLite driver that the store uses, and the one place where the driver is named.
 *
 * Not here: what is said through it (`statements.ts`), what its errors mean (`errors.ts`).
 */
import BetterSqlite3 from 'better-sqlite3';
import { BUSY_TIMEOUT_MS } from './limits.ts';

export type SqlValue = string | number | Uint8Array | null;

export interface RunResult {
  readonly changes: number;
  readonly lastInsertRowid: number | bigint;
}

/** One prepared statement. `Row` is what the schema of this package says that it yields. */
export interface Statement<Row = unknown> {
  run(...values: readonly SqlValue[]): RunResult;
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): readonly Row[];
}

export interface Connection {
  readonly inTransaction: boolean;
  prepare<Row = unknown>(sql: string): Statement<Row>;
  exec(sql: string): void;
  /** The first column of the first row that a pragma yields. */
  pragma(source: string): unknown;
  close(): void;
}

/** Opens a connection to a file that exists, or to memory. */
export type Connect = (file: string, mode: 'write' | 'read') => Connection;

export const connect: Connect = (file, mode) => {
  const database = new BetterSqlite3(file, {
    readonly: mode === 'read',
    fileMustExist: file !== ':memory:',
    timeout: BUSY_TIMEOUT_MS,
  });
  return {
    get inTransaction() {
      return database.inTransaction;
    },
    prepare: <Row>(sql: string) => database.prepare<SqlValue[], Row>(sql),
    exec: (sql) => void database.exec(sql),
    pragma: (source) => database.pragma(source, { simple: true }),
    close: () => void database.close(),
  };
};
