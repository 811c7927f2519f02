/**
 * Following a stream live, from a cursor on.
 *
 * Not here: durable followers (`../subscription/`).
 */
import type { DurableStore } from '@reborn/host-api';
import { ORIGIN, type Cursor } from '../cursor.ts';
import type { TailRequest } from '../event-log.ts';
import { PAGE_ENTRIES_MAX } from '../limits.ts';
import type { LogEntry } from '../record/log-record.ts';
import { waitForChange } from '../subscription/wait-for-change.ts';
import { toFault } from './cursor-gap.ts';
import { checkRead, readChecked } from './read.ts';
import { streamOf } from './request.ts';

export async function* tail(store: DurableStore, request: TailRequest): AsyncGenerator<LogEntry> {
  checkRead(request);
  const { family, scope, kinds, signal } = request;
  let after: Cursor = request.after ?? ORIGIN;
  if (signal.aborted) return;
  const change = waitForChange(store, kinds === undefined ? streamOf(request) : { ...streamOf(request), kinds });
  // A reader that never comes back for more must not be listened for after it has said that it is gone.
  const stop = (): void => change.stop();
  signal.addEventListener('abort', stop, { once: true });
  const rest = kinds === undefined ? { family, scope } : { family, scope, kinds };
  try {
    while (!signal.aborted) {
      const seen = change.mark();
      const outcome = await readChecked(store, { ...rest, after, limit: PAGE_ENTRIES_MAX });
      if (outcome.kind !== 'page') throw toFault(outcome);
      for (const entry of outcome.entries) {
        if (signal.aborted) return;
        yield entry;
      }
      const moved = outcome.next > after;
      after = outcome.next;
      if (!moved || after >= outcome.head) await change.since(seen, signal);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    change.stop();
  }
}
