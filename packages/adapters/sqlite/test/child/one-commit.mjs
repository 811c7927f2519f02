// One commit through the adapter that is named, with a machine of the package above it.
import { acquireLease, leaseMachine } from '@reborn/host-api';

const [index, file] = process.argv.slice(-2);
const { sqlite } = await import(index);
const clock = { nowMs: () => Date.now() };
const store = await sqlite(file).open({ machines: [leaseMachine], clock, timers: { schedule: () => () => undefined } });
const { kind } = await store.commit([acquireLease('run', 'me', 60_000)]);
const { status } = await store.get('lease', 'run');
process.stdout.write(`${kind} ${status}\n`);
await store.close();
