/**
 * Emmett beside us: as shipped, and at its best in our class of durability.
 *
 * As shipped, its SQLite store opens a connection for each call, and so runs a checkpoint at each. Its driver syncs fully
 * by default: both forms are of our class. Calls in flight at once fail as busy, or share one connection's transaction
 * and are answered before it is committed: so they stand in line here.
 */
import { repeat } from '../measure/block.ts';
import type { EmmettSqlite, EmmettStore } from './emmett-package.ts';
import { crowd } from '../measure/crowd.ts';
import { loadPeer, NOT_INSTALLED, type Peers } from '../measure/peer.ts';
import { createLogRecords } from './supply.ts';

const STREAM = 'notes-1';
const ATTEMPTS_MAX = 20;
const SHIPPED = 'as shipped: a connection a call';
const RAISED = 'one connection, synchronous=FULL';

/** One caller. */
export async function emmettOnSqlite(file: (name: string) => string): Promise<Peers> {
  const stores = await openBoth(file);
  if (stores === undefined) return { sides: [], why: NOT_INSTALLED };
  const make = createLogRecords(8);
  return {
    sides: stores.map(({ store, close, ...side }) => {
      let appended = 0;
      return {
        ...side,
        work: (minMs) =>
          repeat(minMs, () => {
            appended += 1;
            return append(store, make());
          }),
        verify: () => expectVersion(side.name, store, appended),
        close,
      };
    }),
  };
}

/** Many callers, one at a time. */
export async function emmettInLine(file: (name: string) => string, callers: number): Promise<Peers> {
  const stores = await openBoth(file);
  if (stores === undefined) return { sides: [], why: NOT_INSTALLED };
  const make = createLogRecords(9);
  return {
    sides: stores.map(({ store, close, ...side }) => {
      let appended = 0;
      let line: Promise<unknown> = Promise.resolve();
      const call = (): Promise<unknown> => {
        line = line.then(() => append(store, make()));
        return line;
      };
      return {
        ...side,
        note: `${side.note}; calls in line`,
        work: async (minMs) => {
          const work = await crowd(callers, minMs, call);
          appended += work.operations;
          return work;
        },
        verify: () => expectVersion(side.name, store, appended),
        close,
      };
    }),
  };
}

interface OpenedStore {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly store: EmmettStore;
  readonly close: () => Promise<void>;
}

/** Opens the two forms on files of their own, with their schema made. */
async function openBoth(file: (name: string) => string): Promise<readonly OpenedStore[] | undefined> {
  const emmett = await loadPeer<EmmettSqlite>('@event-driven-io/emmett-sqlite');
  if (emmett === undefined) return undefined;
  const shippedFile = file('emmett-shipped.db');
  const raisedFile = file('emmett-raised.db');
  const connection = emmett.sqliteConnection({ fileName: raisedFile });
  await connection.command('PRAGMA synchronous = FULL');
  const shipped = emmett.getSQLiteEventStore({ fileName: shippedFile });
  const raised = emmett.getSQLiteEventStore({
    fileName: raisedFile,
    pool: { withConnection: (work: (connection: unknown) => Promise<unknown>) => work(connection) },
  });
  for (const store of [shipped, raised]) await store.readStream(STREAM);
  return [
    { id: 'emmett-shipped', name: 'Emmett SQLite', note: SHIPPED, store: shipped, close: async () => undefined },
    {
      id: 'emmett-raised',
      name: 'Emmett SQLite at its best',
      note: RAISED,
      store: raised,
      close: async () => connection.close(),
    },
  ];
}

/** Its driver now and then refuses a commit while a statement of its own is still open; it is asked again. */
async function append(store: EmmettStore, data: object): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.appendToStream(STREAM, [{ type: 'noted', data }]);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function expectVersion(name: string, store: EmmettStore, appended: number): Promise<void> {
  const { currentStreamVersion } = await store.readStream(STREAM);
  if (Number(currentStreamVersion) !== appended) {
    throw new Error(`${name}: ${String(currentStreamVersion)} of ${appended} events are there`);
  }
}
