/** Appends under strace: between two syncs of a marker, nothing but appends. */
import { createEventLog } from '@reborn/events';
import { z } from 'zod';
import { betweenMarks } from '../measure/marker.ts';
import { openSqlite } from '../events/store-side.ts';
import { createLogRecords } from '../events/supply.ts';

export const appendTaskSchema = z.strictObject({
  kind: z.literal('append'),
  file: z.string(),
  events: z.int().positive(),
  callers: z.int().positive(),
});

export async function appendEvents(task: z.infer<typeof appendTaskSchema>): Promise<void> {
  const store = await openSqlite(task.file);
  const log = createEventLog(store);
  const make = createLogRecords(5);
  await log.append([make()]);
  let left = task.events;
  const caller = async (): Promise<void> => {
    while ((left -= 1) >= 0) await log.append([make()]);
  };
  await betweenMarks(task.file, async () => void (await Promise.all(Array.from({ length: task.callers }, caller))));
  await store.close();
}
