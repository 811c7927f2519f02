/** The store of this package with parts of one's own. Not here: the parts (`driver-script.ts`). */
import { watch } from 'node:fs';
import type { StoreOpening } from '@reborn/host-api';
import { connect } from '../driver.ts';
import { SAFETY_NET_MS } from '../limits.ts';
import { openSqliteStore, SQLITE_DURABILITY, type StoreSource } from '../sqlite-store.ts';
import type { SqliteStorage } from '../sqlite.ts';

/**
 * `connect` opens the reading connection; the writer's goes through `driver`, in its own thread. `watch` is how the
 * wake-ups of other processes are noticed, `safetyNetMs` how soon when they are not.
 */
export type SqliteParts = Partial<Omit<StoreSource, 'file'>>;

export function sqliteWith(file: string, parts: SqliteParts): SqliteStorage {
  const source = { connect, driver: undefined, watch, safetyNetMs: SAFETY_NET_MS, ...parts, file };
  return Object.freeze({
    durability: SQLITE_DURABILITY,
    open: (opening: StoreOpening) => openSqliteStore(source, opening),
  });
}
