/**
 * Everything of one correlation, over all families of the log, in one order.
 *
 * Not here: one family alone (`query.ts`).
 * Source: specification 5, A4.
 */
import {
  correlationIdSchema,
  describeIssues,
  type DigestPort,
  type DurableStore,
  type StreamRecord,
} from '@reborn/host-api';
import { EventsError } from '../errors.ts';
import type { TracePage, TraceRequest } from '../event-log.ts';
import { LOG_FAMILIES, toLogEntry, type LogFamily } from '../record/log-record.ts';
import { createPageTokens } from './page-token.ts';
import { checkFamily, checkLimit, checkScope, invalid } from './request.ts';
import { joinLabels, scan } from './scan.ts';

/** How far one family was told; `until`: what came later is not part of the answer. */
interface Track {
  readonly family: LogFamily;
  readonly after: number;
  readonly until: number | undefined;
}

/** `brokenOff`: further ones may follow the last. */
interface Found extends Track {
  readonly records: readonly StreamRecord[];
  readonly brokenOff: boolean;
  readonly until: number;
}

export async function trace(store: DurableStore, digest: DigestPort, request: TraceRequest): Promise<TracePage> {
  const { scope, limit } = request;
  checkScope(scope);
  checkLimit(limit);
  const families = parseFamilies(request.families);
  const correlationId = parseCorrelation(request.correlationId);
  const tokens = createPageTokens(digest, ['trace', scope.tenantId, scope.labels, families, correlationId]);
  const tracks = toTracks(families, tokens.parse(request.page));
  const labels = joinLabels(scope, { correlationId });
  if (labels === undefined) return { entries: [] };
  const found: Found[] = [];
  for (const track of tracks) {
    const { family, after, until } = track;
    const { records, brokenOff, head } = await scan(store, {
      stream: { family, tenantId: scope.tenantId },
      scope,
      filter: { labels },
      order: 'oldest',
      after,
      ...(until === undefined ? {} : { until }),
      count: limit + 1,
    });
    found.push({ ...track, records, brokenOff, until: until ?? head });
  }
  const merged = merge(found, limit);
  const entries = merged.entries.map(({ family, record }) => toLogEntry(family, record));
  return merged.more ? { entries, page: tokens.issue(toPlaces(merged.tracks)) } : { entries };
}

interface Merged {
  readonly entries: readonly { readonly family: LogFamily; readonly record: StreamRecord }[];
  readonly tracks: readonly Track[];
  readonly more: boolean;
}

/**
 * Always takes from the family whose next entry is the earliest; at one time, from the one that stands first. It ends
 * where the next entry of a family is not known yet.
 */
function merge(found: readonly Found[], limit: number): Merged {
  const heads = found.map(({ records, brokenOff, ...track }) => ({ track, brokenOff, left: records.toReversed() }));
  const entries: { family: LogFamily; record: StreamRecord }[] = [];
  for (;;) {
    const waiting = heads.flatMap((head) => head.left.slice(-1).map((record) => ({ head, record })));
    const [next] = waiting.toSorted((left, right) => left.record.atMs - right.record.atMs);
    const ends = heads.some(({ left, brokenOff }) => brokenOff && left.length === 0);
    if (next === undefined || ends || entries.length === limit) {
      return { entries, tracks: heads.map(({ track }) => track), more: next !== undefined || ends };
    }
    const { head, record } = next;
    head.left.pop();
    head.track = { ...head.track, after: record.cursor };
    entries.push({ family: head.track.family, record });
  }
}

/** Shape: two places for each family, in their order. */
function toPlaces(tracks: readonly Track[]): readonly number[] {
  return tracks.flatMap(({ after, until }) => [after, until ?? 0]);
}

function toTracks(families: readonly LogFamily[], places: readonly number[] | undefined): readonly Track[] {
  return families.map((family, at) => {
    const [after = 0, until] = places?.slice(at * 2, at * 2 + 2) ?? [];
    return { family, after, until };
  });
}

function parseFamilies(families: readonly LogFamily[] | undefined): readonly LogFamily[] {
  if (families === undefined) return LOG_FAMILIES;
  if (!Array.isArray(families) || families.length === 0) throw invalid('families', 'must name at least one family');
  for (const family of families) checkFamily(family, 'families');
  return LOG_FAMILIES.filter((family) => families.includes(family));
}

function parseCorrelation(correlationId: unknown): string {
  const parsed = correlationIdSchema.safeParse(correlationId);
  if (parsed.success) return parsed.data;
  const detail = describeIssues(parsed.error, 'correlationId');
  throw new EventsError('events/invalid_request', { detail });
}
