/** A subscriber as hosts have it: it follows the log and notes what it sees. */
import type { EventLog } from '@reborn/events';
import type { Notices } from './open-loop.ts';
import { SCOPE_OF_ALL } from './store-side.ts';

export async function followTail(log: EventLog, notices: Notices, signal: AbortSignal): Promise<void> {
  for await (const entry of log.tail({ family: 'journal', scope: SCOPE_OF_ALL, signal })) {
    if (entry.known) notices.seen(entry.record.eventId);
  }
}
