/** Appends under strace: between two syncs of a marker, nothing but appends. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { createEventLog } from '@reborn/events';
import { z } from 'zod';
import { openSqlite } from '../events/store-side.ts';
import { createLogRecords } from '../events/supply.ts';

export const appendTaskSchema = z.strictObject({
  kind: z.literal('append'),
  file: z.string(),
  events: z.int().positive(),
  callers: z.int().positive(),
});

/** How the file is named whose syncs begin and end the count. */
export const MARKER = '.marker';

export async function appendEvents(task: z.infer<typeof appendTaskSchema>): Promise<void> {
  const store = await openSqlite(task.file);
  const log = createEventLog(store);
  const make = createLogRecords(5);
  const marker = openSync(`${task.file}${MARKER}`, 'w');
  await log.append([make()]);
  fsyncSync(marker);
  let left = task.events;
  const caller = async (): Promise<void> => {
    while ((left -= 1) >= 0) await log.append([make()]);
  };
  await Promise.all(Array.from({ length: task.callers }, caller));
  fsyncSync(marker);
  closeSync(marker);
  await store.close();
}
