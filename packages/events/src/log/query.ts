/**
 * Entries by what they carry, page by page.
 *
 * Not here: everything of one correlation (`trace.ts`).
 * Source: specification 5, A4 and R-08.
 */
import {
  boundedLine,
  capabilityIdSchema,
  correlationIdSchema,
  describeIssues,
  invocationIdSchema,
  LABEL_BYTES_MAX,
  runIdSchema,
  type DigestPort,
  type DurableStore,
  type Labels,
  type StreamFilter,
} from '@reborn/host-api';
import { z } from 'zod';
import { parseCursor } from '../cursor.ts';
import { EventsError } from '../errors.ts';
import type { QueryPage, QueryRequest } from '../event-log.ts';
import { toLogEntry } from '../record/log-record.ts';
import { expandKinds } from './kind-pattern.ts';
import { createPageTokens } from './page-token.ts';
import { checkLimit, checkPlace, invalid, streamOf } from './request.ts';
import { joinLabels, scan } from './scan.ts';

const millisecondsSchema = z.int().nonnegative();
const askedSchema = z.object({
  actor: boundedLine(LABEL_BYTES_MAX).optional(),
  provider: boundedLine(LABEL_BYTES_MAX).optional(),
  capabilityId: capabilityIdSchema.optional(),
  runId: runIdSchema.optional(),
  invocationId: invocationIdSchema.optional(),
  correlationId: correlationIdSchema.optional(),
  fromMs: millisecondsSchema.optional(),
  toMs: millisecondsSchema.optional(),
  order: z.enum(['oldest', 'newest']),
});

export async function query(store: DurableStore, digest: DigestPort, request: QueryRequest): Promise<QueryPage> {
  checkPlace(request);
  checkLimit(request.limit);
  const { family, scope, limit } = request;
  const kinds = expandKinds(family, request.kinds);
  const { order, ...asked } = parseAsked(request);
  const tokens = createPageTokens(digest, ['query', scope.tenantId, scope.labels, family, order, kinds ?? [], asked]);
  const [after = 0, until] = tokens.parse(request.page) ?? [];
  const filter = toFilter(request, asked, kinds);
  const stream = streamOf(request);
  if (filter === undefined) {
    const { earliest } = await store.readStream({ stream, after: 0, limit: 1 });
    return { entries: [], earliest: parseCursor(earliest) };
  }
  // One more than asked for tells whether another page follows.
  const bound = until === undefined || order === 'newest' ? {} : { until };
  const found = await scan(store, { stream, scope, filter, order, after, ...bound, count: limit + 1 });
  const records = found.records.slice(0, limit);
  const last = records.at(-1);
  const more = last !== undefined && (found.records.length > limit || found.brokenOff);
  return {
    entries: records.map((record) => toLogEntry(family, record)),
    earliest: parseCursor(found.earliest),
    ...(more ? { page: tokens.issue([last.cursor, until ?? found.head]) } : {}),
  };
}

type Asked = Omit<z.output<typeof askedSchema>, 'order'>;

function parseAsked(request: QueryRequest): z.output<typeof askedSchema> {
  const parsed = askedSchema.safeParse(request);
  if (!parsed.success) {
    throw new EventsError('events/invalid_request', { detail: describeIssues(parsed.error, 'request') });
  }
  const { fromMs = 0, toMs = fromMs } = parsed.data;
  if (toMs < fromMs) throw invalid('toMs', 'must not lie before fromMs');
  return parsed.data;
}

function toFilter(
  { scope }: QueryRequest,
  { actor, fromMs, toMs, ...ids }: Asked,
  kinds: readonly string[] | undefined,
): StreamFilter | undefined {
  const labels: Labels | undefined = joinLabels(scope, { ...ids, actorId: actor });
  if (labels === undefined) return undefined;
  return {
    labels,
    ...(kinds === undefined ? {} : { kinds }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}
