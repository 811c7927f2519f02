/** Takes and releases one lease `rounds` times against whoever else wants it, and prints each token that it was given. */
import { acquireLease, leaseMachine, releaseLease } from '@reborn/host-api';
import { sqlite } from '../../src/index.ts';

const [file = '', holder = 'child', rounds = '1'] = process.argv.slice(2);
const store = await sqlite(file).open({
  machines: [leaseMachine],
  clock: { nowMs: () => Date.now() },
  timers: {
    schedule: (delayMs, callback) => {
      const pending = setTimeout(callback, delayMs);
      return () => clearTimeout(pending);
    },
  },
});

for (let taken = 0; taken < Number(rounds);) {
  const outcome = await store.commit([acquireLease('run', holder, 60_000)]);
  if (outcome.kind === 'conflict') continue;
  const [receipt] = outcome.receipts;
  const fence = receipt?.kind === 'record' ? Number(receipt.row?.['fence']) : Number.NaN;
  process.stdout.write(`${fence}\n`);
  await store.commit([releaseLease({ key: 'run', holder, fence })]);
  taken += 1;
}
await store.close();
