/** Commits one unit over a driver that kills this process at its `nth` call from there on, `before` or `after` it. */
import { writeSync } from 'node:fs';
import { acquireLease, leaseMachine, parseEventId, parseTenantId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { createDriverScript, sqliteWith } from '../../src/testkit/index.ts';

const [file = '', nth = '1', moment = 'before'] = process.argv.slice(2);
const stream = { family: 'journal', tenantId: parseTenantId('acme') } as const;
const script = createDriverScript();
const clock = { nowMs: () => Date.now() };
const timers = { schedule: () => () => undefined };
const store = await sqliteWith(file, { driver: script.driver }).open({ machines: [leaseMachine], clock, timers });
const from = script.calls().length;
script.add({ when: /./, nth: Number(nth), event: { do: 'kill', moment: moment === 'after' ? 'after' : 'before' } });
const records = [1, 2].map((number) => {
  return { eventId: parseEventId(fixedUuid(number)), kind: 'noted', atMs: number, labels: {}, body: { number } };
});
await store.commit([acquireLease('run', 'me', 60_000), { kind: 'append', stream, records }]);
writeSync(1, 'acknowledged\n');
for (const call of script.calls().slice(from)) writeSync(1, `${call.split(' ', 1).join()}\n`);
