// Writes one record into a store of one's own, and says how many there are: run it again and again.
import { node } from '@reborn/adapter-node';
import { parseEventId, parseTenantId } from '@reborn/host-api';
import { openOwnStore } from './own-store.ts';

export async function main(path: string, print: (line: string) => void): Promise<void> {
  const { clock, timers, ids } = node();
  const store = await openOwnStore(path, { machines: [], clock, timers });
  const stream = { family: 'runtime', tenantId: parseTenantId('default') } as const;
  const record = { eventId: parseEventId(ids.uuid()), kind: 'started', atMs: clock.nowMs(), labels: {}, body: {} };
  await store.commit([{ kind: 'append', stream, records: [record] }]);
  const { head } = await store.readStream({ stream, after: 0, limit: 1 });
  print(`Started ${head} times.`);
  await store.close();
}

if (import.meta.main) await main('own-store.log', (line) => process.stdout.write(`${line}\n`));
