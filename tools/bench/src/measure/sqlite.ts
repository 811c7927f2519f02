/** SQLite as somebody opens it who writes by hand with the driver alone. */
import BetterSqlite3 from 'better-sqlite3';

export type SqliteDatabase = BetterSqlite3.Database;

/** A database with the durability that the store promises. */
export function openBare(file: string): SqliteDatabase {
  const database = new BetterSqlite3(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  if (database.pragma('synchronous', { simple: true }) !== 2) throw new Error('The baseline does not sync');
  return database;
}
