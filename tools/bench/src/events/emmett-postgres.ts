/** Emmett on the same server: a batch is one call. The server syncs at each commit, so it is of our class as shipped. */
import { repeatBatches } from '../measure/crowd.ts';
import type { EmmettPostgres } from './emmett-package.ts';
import { loadPeer, NOT_INSTALLED, type Peers } from '../measure/peer.ts';
import { Supply } from '../measure/supply.ts';
import { createLogRecords } from './supply.ts';

const STREAM = 'notes-1';

export async function emmettOnPostgres(url: string, batch: number): Promise<Peers> {
  const emmett = await loadPeer<EmmettPostgres>('@event-driven-io/emmett-postgresql');
  if (emmett === undefined) return { sides: [], why: NOT_INSTALLED };
  const store = emmett.getPostgreSQLEventStore(url);
  await store.readStream(STREAM);
  const supply = new Supply(createLogRecords(26));
  let appended = 0;
  const append = async (): Promise<void> => {
    const events = Array.from({ length: batch }, () => ({ type: 'noted', data: supply.next() }));
    await store.appendToStream(STREAM, events);
    appended += batch;
  };
  return {
    sides: [
      {
        id: `emmett-${batch}`,
        name: 'Emmett PostgreSQL',
        note: 'as shipped',
        prepare: (minMs) => supply.prepare(minMs * 60),
        work: (minMs) => repeatBatches(minMs, batch, append),
        async verify() {
          const { currentStreamVersion } = await store.readStream(STREAM, { from: BigInt(appended), maxCount: 1n });
          if (Number(currentStreamVersion) !== appended) throw new Error('Emmett PostgreSQL: events are missing');
        },
        close: async () => store.close?.(),
      },
    ],
  };
}
