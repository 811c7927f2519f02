/** The scripted work in a process of its own, with a driver that may kill it. Prints `done` when nobody has. */
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { sqliteWith } from '@reborn/adapter-sqlite/testkit';
import { opening } from '../trial/opening.ts';
import { createOracle } from '../trial/oracle.ts';
import { sendSteps, WORKLOAD } from '../trial/workload.ts';
import type { WorkloadTask } from './task.ts';

/** After these steps the thread of the writer has time for its anchor and its checkpoint. */
const PAUSES = [1, 5];
const PAUSE_MS = 90;

export async function runWorkload(task: WorkloadTask): Promise<void> {
  const { file, oracle, driver, work, dies } = task;
  const module = new URL('../sqlite/point-driver.ts', import.meta.url).href;
  const store = await sqliteWith(file, { driver: { module, data: driver } }).open(opening);
  const history = createOracle(oracle);
  const steps = work === 'all' ? WORKLOAD : [];
  await sendSteps(store, history, steps, {
    afterStep: async (at) => void (PAUSES.includes(at) && (await pause(PAUSE_MS))),
  });
  if (dies) {
    const head = (await store.readRaw({ stream: lastStream(), after: 0, limit: 1 })).head;
    while ((await store.anchor())?.cursor !== head) await pause(5);
    process.kill(process.pid, 'SIGKILL');
    await pause(60_000);
  }
  await store.close();
  writeSync(1, 'done\n');
}

/** The stream of the record that was committed last. */
function lastStream() {
  const write = WORKLOAD.at(-1)?.at(-1)?.at(-1);
  if (write?.kind !== 'append') throw new Error('The workload ends with an append.');
  return write.stream;
}
