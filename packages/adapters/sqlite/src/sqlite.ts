/**
 * Durable storage of one host in one SQLite file: `createReborn({ storage: sqlite('agent.db') })`.
 *
 * Not here: stores for several machines (`@reborn/adapter-postgres`), backups.
 */
import { watch } from 'node:fs';
import type { DurableStore, StoreDurability, StoreOpening } from '@reborn/host-api';
import { connect } from './driver.ts';
import { SAFETY_NET_MS } from './limits.ts';
import { openSqliteStore, SQLITE_DURABILITY } from './sqlite-store.ts';

export interface SqliteOptions {
  /** How soon commits of other processes are noticed when their wake-up was lost. Units: milliseconds. Default: 2000. */
  readonly safetyNetMs?: number;
}

/** A file that can be opened. Nothing is touched before `open`. */
export interface SqliteStorage {
  readonly durability: StoreDurability;
  /**
   * Errors: `host-api/store_unsuitable` (engine too old, setting refused, file of another program or a later version, a
   * machine that a thread cannot load), `host-api/store_corrupt` (no database, no whole anchor),
   * `host-api/store_rolled_back` (less than was acknowledged), `host-api/store_unavailable`.
   */
  open(opening: StoreOpening): Promise<DurableStore>;
}

/** The file and its folder are made for this user alone if they are missing. */
export function sqlite(file: string, options: SqliteOptions = {}): SqliteStorage {
  const { safetyNetMs = SAFETY_NET_MS } = options;
  const source = { file, connect, driver: undefined, watch, safetyNetMs };
  return Object.freeze({
    durability: SQLITE_DURABILITY,
    open: (opening: StoreOpening) => openSqliteStore(source, opening),
  });
}
