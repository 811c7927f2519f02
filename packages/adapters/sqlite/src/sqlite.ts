/**
 * Durable storage of one host in one SQLite file: `createReborn({ storage: sqlite('agent.db') })`.
 *
 * Not here: stores for several machines (PostgreSQL, later), backups.
 */
import type { DurableStore, StoreDurability, StoreOpening } from '@reborn/host-api';
import { connect } from './driver.ts';
import { WAKE_MS } from './limits.ts';
import { readEngineVersion } from './open-database.ts';
import { openSqliteStore, SQLITE_DURABILITY } from './sqlite-store.ts';

export interface SqliteOptions {
  /** How soon commits of other processes are noticed. Units: milliseconds. Default: 250. */
  readonly wakeMs?: number;
}

/** A file that can be opened. Nothing is touched before `open`. */
export interface SqliteStorage {
  readonly durability: StoreDurability;
  /**
   * Errors: `host-api/store_unsuitable` (engine too old, setting refused, file of another program or a later version),
   * `host-api/store_corrupt` (no database), `host-api/store_unavailable`.
   */
  open(opening: StoreOpening): Promise<DurableStore>;
}

/** The file and its folder are made for this user alone if they are missing. */
export function sqlite(file: string, options: SqliteOptions = {}): SqliteStorage {
  const source = { file, connect, engineVersion: readEngineVersion };
  return Object.freeze({
    durability: SQLITE_DURABILITY,
    open: (opening: StoreOpening) => openSqliteStore(source, opening, options.wakeMs ?? WAKE_MS),
  });
}
