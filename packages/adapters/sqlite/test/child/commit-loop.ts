/** Commits numbers from `first` on, without end, and prints each one only after it was acknowledged. */
import { writeSync } from 'node:fs';
import { parseEventId, parseTenantId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { sqlite } from '../../src/index.ts';

const [file = '', first = '1'] = process.argv.slice(2);
const stream = { family: 'journal', tenantId: parseTenantId('acme') } as const;
const store = await sqlite(file).open({
  machines: [],
  clock: { nowMs: () => Date.now() },
  timers: {
    schedule: (delayMs, callback) => {
      const pending = setTimeout(callback, delayMs);
      return () => clearTimeout(pending);
    },
  },
});

/** Three at once, so that units share transactions. */
async function commit(number: number): Promise<void> {
  const eventId = parseEventId(fixedUuid(number));
  const records = [{ eventId, kind: 'noted', atMs: number, labels: {}, body: { number } }];
  await store.commit([{ kind: 'append', stream, records }]);
  say(`${number}\n`);
}

/** Not through the buffers of this process, which die with it. Waits for a reader that is behind. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

for (let number = Number(first); ; number += 3) {
  await Promise.all([commit(number), commit(number + 1), commit(number + 2)]);
}
