/** Opens a store, begins a commit and has nothing else to do: it ends when the commit was acknowledged, without closing. */
import { parseEventId, parseTenantId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { sqlite } from '../../src/index.ts';

const [file = ''] = process.argv.slice(2);
const stream = { family: 'journal', tenantId: parseTenantId('acme') } as const;
const clock = { nowMs: () => Date.now() };
const store = await sqlite(file).open({ machines: [], clock, timers: { schedule: () => () => undefined } });
store.onCommit(() => undefined);
const records = [{ eventId: parseEventId(fixedUuid(1)), kind: 'noted', atMs: 1, labels: {}, body: { number: 1 } }];
await store.commit([{ kind: 'append', stream, records }]);
process.stdout.write('committed\n');
