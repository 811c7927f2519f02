/** Emmett going through one stream by pages. Its form of page: from a position, so many at most. */
import { loadPeer, NOT_INSTALLED, type Peers } from '../measure/peer.ts';
import type { EmmettSqlite } from './emmett-package.ts';
import { scans } from './scans.ts';
import { createLogRecords } from './supply.ts';

const PAGE = 1000;
const STREAM = 'notes-1';

export async function emmettReplay(file: (name: string) => string, count: number): Promise<Peers> {
  const emmett = await loadPeer<EmmettSqlite>('@event-driven-io/emmett-sqlite');
  if (emmett === undefined) return { sides: [], why: NOT_INSTALLED };
  const connection = emmett.sqliteConnection({ fileName: file('emmett-replay.db') });
  const store = emmett.getSQLiteEventStore({
    pool: { withConnection: (work: (connection: unknown) => Promise<unknown>) => work(connection) },
  });
  const make = createLogRecords(17);
  for (let filled = 0; filled < count; filled += PAGE) {
    const size = Math.min(PAGE, count - filled);
    await store.appendToStream(
      STREAM,
      Array.from({ length: size }, () => ({ type: 'noted', data: make() })),
    );
  }
  const scan = async (): Promise<number> => {
    let seen = 0;
    for (;;) {
      const { events } = await store.readStream(STREAM, { from: BigInt(seen + 1), maxCount: BigInt(PAGE) });
      seen += events.length;
      if (seen >= count || events.length === 0) return seen;
    }
  };
  return {
    sides: [
      {
        id: 'emmett',
        name: 'Emmett SQLite, by pages',
        note: 'one connection',
        work: (minMs) => scans(minMs, count, scan),
        async close() {
          connection.close();
        },
      },
    ],
  };
}
