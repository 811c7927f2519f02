/**
 * What live runs still need of the streams: everything from the first record of the oldest of them on. A run that is
 * parked for a month keeps a month.
 *
 * Not here: taking records away (`@reborn/events`).
 */
import { PAGE_RECORDS_MAX, type DurableStore, type StreamKey } from '@reborn/host-api';
import { parseCursor, type Cursor, type RetentionHold } from '@reborn/events';
import { runMachine } from '@reborn/turns/runner';

/** A run that is answered moves from the last list to the first while one reads: so the first is read again. */
const LIVE = ['queued', 'running', 'parked', 'queued', 'running'] as const;

export function runHolds(store: DurableStore): readonly RetentionHold[] {
  return [{ name: 'live_runs', needsFrom: (stream) => firstOfLiveRuns(store, stream) }];
}

async function firstOfLiveRuns(store: DurableStore, stream: StreamKey): Promise<Cursor | undefined> {
  const seen = new Set<string>();
  let first: number | undefined;
  for (const status of LIVE) {
    const rows = await store.list(runMachine.name, { owner: stream.tenantId, status, limit: PAGE_RECORDS_MAX });
    // More than one list holds: then everything stays, until fewer are at work.
    if (rows.length === PAGE_RECORDS_MAX) return parseCursor(1);
    for (const { row } of rows) {
      const { runId } = runMachine.row.parse(row);
      if (seen.has(runId)) continue;
      seen.add(runId);
      const { records } = await store.readStream({ stream, after: 0, limit: 1, filter: { labels: { runId } } });
      const cursor = records[0]?.cursor;
      if (cursor !== undefined) first = Math.min(first ?? cursor, cursor);
    }
  }
  return first === undefined ? undefined : parseCursor(first);
}
