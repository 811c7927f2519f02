/**
 * Records of one stream that a scope may see, as many as are asked for.
 *
 * Not here: what is asked for (`query.ts`, `trace.ts`).
 */
import type { DurableStore, Labels, StreamFilter, StreamKey, StreamRecord } from '@reborn/host-api';
import { PAGE_ENTRIES_MAX } from '../limits.ts';
import type { ReadScope } from '../read-scope.ts';

/** `until`: cursors above it came later than the first page; absent on the first page, and when reading backwards. */
export interface ScanRequest {
  readonly stream: StreamKey;
  readonly scope: ReadScope;
  readonly filter: StreamFilter;
  readonly order: 'oldest' | 'newest';
  readonly after: number;
  readonly until?: number;
  readonly count: number;
}

/**
 * Shape: at most `count` records, fewer only when there are no more or they would take too much room: then `brokenOff`
 * says that further ones may follow the last. `head` and `earliest` are those of the first look.
 */
export interface Scan {
  readonly records: readonly StreamRecord[];
  readonly brokenOff: boolean;
  readonly head: number;
  readonly earliest: number;
}

export async function scan(store: DurableStore, request: ScanRequest): Promise<Scan> {
  const { stream, scope, filter, order, count } = request;
  const found: StreamRecord[] = [];
  let { after, until } = request;
  let passedBy = 0;
  let bounds: { readonly head: number; readonly earliest: number } | undefined;
  for (;;) {
    // The more had to be passed by, the more are looked at together: small pages must not cost a look for each record.
    const limit = Math.min(count - found.length + passedBy, PAGE_ENTRIES_MAX);
    const page = await store.readStream({ stream, after, limit, filter, order });
    bounds ??= { head: page.head, earliest: page.earliest };
    if (order === 'oldest') until ??= page.head;
    const end = { records: found, brokenOff: false, ...bounds };
    for (const record of page.records) {
      if (found.length === count || (until !== undefined && record.cursor > until)) return end;
      if (scope.admits(record.labels)) found.push(record);
      else passedBy += 1;
    }
    const last = page.records.at(-1);
    const more = page.records.length === limit || page.brokenOff === true;
    // Reading backwards, a cursor of 1 leaves nothing to read, and 0 would begin again.
    if (last === undefined || !more || found.length === count || (order === 'newest' && last.cursor <= 1)) return end;
    if (page.brokenOff === true && found.length > 0) return { ...end, brokenOff: true };
    after = last.cursor;
  }
}

/** What a store filters by; `undefined` when the scope and the request contradict each other, so that nothing matches. */
export function joinLabels(scope: ReadScope, asked: Labels): Labels | undefined {
  const entries = Object.entries(asked).filter(([, value]) => value !== undefined);
  const contradicts = entries.some(([name, value]) => {
    const fixed = scope.labels[name as keyof Labels];
    return fixed !== undefined && fixed !== value;
  });
  return contradicts ? undefined : { ...scope.labels, ...Object.fromEntries(entries) };
}
