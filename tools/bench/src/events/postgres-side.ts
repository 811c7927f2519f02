/** Reborn's own sides on PostgreSQL. */
import { postgres } from '@reborn/adapter-postgres';
import { createEventLog, type LogRecord } from '@reborn/events';
import type { DurableStore, RecordDraft } from '@reborn/host-api';
import type { Side } from '../measure/block.ts';
import { repeatBatches } from '../measure/crowd.ts';
import { expectHead, OPENING, SCOPE_OF_ALL, TRANSCRIPT } from './store-side.ts';
import { Supply } from '../measure/supply.ts';

export function openPostgres(url: string): Promise<DurableStore> {
  return postgres(url).open(OPENING);
}

/** One caller, one batch at a time, through the log. */
export async function postgresAppends(name: string, url: string, batch: number, make: () => LogRecord): Promise<Side> {
  const store = await openPostgres(url);
  const log = createEventLog(store);
  const supply = new Supply(make);
  let appended = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 60),
    async work(minMs) {
      return repeatBatches(minMs, batch, async () => {
        await log.append(Array.from({ length: batch }, () => supply.next()));
        appended += batch;
      });
    },
    verify: async () => expectHead(name, await log.head('journal', SCOPE_OF_ALL), appended),
    close: () => store.close(),
  };
}

/** The same without the log's own checks. */
export async function postgresCommits(
  name: string,
  url: string,
  batch: number,
  make: () => RecordDraft,
): Promise<Side> {
  const store = await openPostgres(url);
  const supply = new Supply(make);
  let appended = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 60),
    async work(minMs) {
      return repeatBatches(minMs, batch, async () => {
        const records = Array.from({ length: batch }, () => supply.next());
        await store.commit([{ kind: 'append', stream: TRANSCRIPT, records }]);
        appended += batch;
      });
    },
    async verify() {
      const { head } = await store.readStream({ stream: TRANSCRIPT, after: 0, limit: 1 });
      expectHead(name, head, appended);
    },
    close: () => store.close(),
  };
}
