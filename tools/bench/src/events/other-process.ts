/** A subscriber in another process on the same file. */
import { once } from 'node:events';
import { createEventLog } from '@reborn/events';
import { z } from 'zod';
import type { Side } from '../measure/block.ts';
import { nextMessage, startChild } from '../measure/child-process.ts';
import { createNotices, openLoop } from './open-loop.ts';
import { openSqlite } from './store-side.ts';
import { createLogRecords } from './supply.ts';

const seenSchema = z.array(z.strictObject({ eventId: z.string(), atNs: z.bigint() }));

export async function anotherProcess(name: string, file: string): Promise<Side> {
  const store = await openSqlite(file);
  const child = startChild({ kind: 'follow', file });
  await nextMessage(child);
  const log = createEventLog(store);
  const notices = createNotices(async () => {
    child.send('seen?');
    for (const { eventId, atNs } of seenSchema.parse(await nextMessage(child))) notices.seen(eventId, atNs);
  });
  return openLoop(name, notices, createLogRecords(15), {
    append: (record) => log.append([record]),
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await store.close();
    },
  });
}
