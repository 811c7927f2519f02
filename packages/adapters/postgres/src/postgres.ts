/**
 * Durable storage of several hosts in one PostgreSQL database: `createReborn({ storage: postgres(url) })`.
 *
 * Not here: stores of one machine (`@reborn/adapter-sqlite`), backups.
 */
import type { DurableStore, StoreDurability, StoreOpening } from '@reborn/host-api';
import { connect } from './driver.ts';
import { unsuitable } from './errors.ts';
import { READERS_MAX, WAKE_MS } from './limits.ts';
import { MIGRATIONS } from './migrate.ts';
import { createOpenSession } from './open-session.ts';
import { openPostgresStore, POSTGRES_DURABILITY } from './postgres-store.ts';
import { toEndpoint, type PostgresAddress } from './target.ts';

/** `postgresql://user:password@host:port/database?sslmode=verify-full`, or the same in fields. */
export type PostgresTarget = string | PostgresAddress;

export interface PostgresOptions {
  /** Hosts that share a schema share a store. Shape: a-z, 0-9 and `_`, at most 48. Default: `reborn`. */
  readonly schema?: string;
  /** Whose clock says when a lease has run out. With several hosts, only the database's is one. Default: `database`. */
  readonly time?: 'database' | 'host';
  /** How soon a commit of another host is noticed if its notification was lost. Units: milliseconds. Default: 2000. */
  readonly wakeMs?: number;
  /** Connections for reading at most; two more write and wake up. Default: 4. */
  readonly readersMax?: number;
}

/** A database that can be opened. Nothing is touched before `open`. */
export interface PostgresStorage {
  readonly durability: StoreDurability;
  /**
   * Errors: `host-api/store_unsuitable` (address, TLS, password, server or settings that cannot be used, a schema of
   * another program or of a later version), `host-api/store_unavailable` (no server there).
   */
  open(opening: StoreOpening): Promise<DurableStore>;
}

/** The schema is made if it is missing; the database is not. */
export function postgres(target: PostgresTarget, options: PostgresOptions = {}): PostgresStorage {
  return Object.freeze({
    durability: POSTGRES_DURABILITY,
    open: async (opening: StoreOpening) => {
      const { schema = 'reborn', time = 'database', wakeMs = WAKE_MS, readersMax = READERS_MAX } = options;
      if (!/^[a-z_][a-z0-9_]{0,47}$/.test(schema) || schema.startsWith('pg_')) {
        throw unsuitable({ field: 'schema', rule: 'must be a plain name of at most 48 letters, digits and "_"' });
      }
      const openSession = createOpenSession(connect, await toEndpoint(target));
      return openPostgresStore({ openSession, migrations: MIGRATIONS, schema, time, wakeMs, readersMax }, opening);
    },
  });
}
