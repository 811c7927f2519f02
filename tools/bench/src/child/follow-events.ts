/** A subscriber in another process: says when it saw which event, by the clock that all processes of a machine share. */
import { createEventLog } from '@reborn/events';
import { z } from 'zod';
import { openSqlite, SCOPE_OF_ALL } from '../events/store-side.ts';

export const followTaskSchema = z.strictObject({ kind: z.literal('follow'), file: z.string() });

/** What it says: `ready` once, then what was seen each time it is asked; ends when the channel does. */
export interface Seen {
  readonly eventId: string;
  readonly atNs: bigint;
}

export async function followEvents(task: z.infer<typeof followTaskSchema>): Promise<void> {
  const store = await openSqlite(task.file);
  const log = createEventLog(store);
  const control = new AbortController();
  let seen: Seen[] = [];
  process.on('message', () => {
    process.send?.(seen);
    seen = [];
  });
  process.once('disconnect', () => control.abort());
  const after = await log.head('journal', SCOPE_OF_ALL);
  process.send?.('ready');
  for await (const entry of log.tail({ family: 'journal', scope: SCOPE_OF_ALL, after, signal: control.signal })) {
    if (entry.known) seen.push({ eventId: entry.record.eventId, atNs: process.hrtime.bigint() });
  }
  await store.close();
}
