/** Leaves a database behind as a killed process does: acknowledged events in the write-ahead log, nothing closed. */
import { createEventLog } from '@reborn/events';
import { z } from 'zod';
import { openSqlite } from '../events/store-side.ts';
import { createLogRecords } from '../events/supply.ts';

export const killTaskSchema = z.strictObject({
  kind: z.literal('kill'),
  file: z.string(),
  events: z.int().positive(),
});

export async function appendAndDie(task: z.infer<typeof killTaskSchema>): Promise<void> {
  const log = createEventLog(await openSqlite(task.file));
  const make = createLogRecords(6);
  for (let appended = 0; appended < task.events; appended += 1) await log.append([make()]);
  process.kill(process.pid, 'SIGKILL');
}
