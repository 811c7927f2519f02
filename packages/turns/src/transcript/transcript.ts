/**
 * Threads as append-only streams of entries.
 *
 * Not here: the form of an entry (`entry.ts`), which run may write (`worker/step.ts`).
 */
import {
  assert,
  describeIssues,
  HostApiError,
  PAGE_RECORDS_MAX,
  parseWith,
  type AppendWrite,
  type JsonObject,
  type ResourceScope,
  type StreamReader,
  type StreamRecord,
} from '@reborn/host-api';
import { TRANSCRIPT_ENTRIES_MAX } from '../limits.ts';
import { transcriptEntrySchema, type TranscriptEntry } from './entry.ts';

/** Appends entries to the thread of `scope`. Idempotent by entry id. Errors: `host-api/invalid_value` naming the field. */
export function appendEntries(scope: ResourceScope, entries: readonly TranscriptEntry[], atMs: number): AppendWrite {
  const { tenantId, ...axes } = scope;
  const records = entries.map((entry) => ({
    eventId: entry.entryId,
    kind: entry.kind,
    atMs,
    labels: { ...axes, runId: entry.runId },
    body: JSON.parse(JSON.stringify(parseWith(transcriptEntrySchema, entry, 'entry'))) as JsonObject,
  }));
  return { kind: 'append', stream: { family: 'transcript', tenantId }, records };
}

/**
 * The last entries of the thread of `scope`, oldest first, at most 5,000. A thread belongs to tenant, agent, project and
 * thread id; who spoke in it does not matter. Errors: `host-api/store_corrupt` for an entry of an unknown form.
 */
export async function readThread(reader: StreamReader, scope: ResourceScope): Promise<readonly TranscriptEntry[]> {
  const { tenantId, agentId, projectId, threadId } = scope;
  assert(threadId !== undefined, 'a transcript is read for a thread');
  const found: StreamRecord[] = [];
  let before = 0;
  for (;;) {
    const page = await reader.readStream({
      stream: { family: 'transcript', tenantId },
      after: before,
      limit: PAGE_RECORDS_MAX,
      order: 'newest',
      filter: {
        labels: {
          threadId,
          ...(agentId === undefined ? {} : { agentId }),
          ...(projectId === undefined ? {} : { projectId }),
        },
      },
    });
    found.push(
      ...page.records.filter((record) => record.labels.agentId === agentId && record.labels.projectId === projectId),
    );
    const last = page.records.at(-1);
    if (
      last === undefined ||
      last.cursor <= 1 ||
      (page.records.length < PAGE_RECORDS_MAX && page.brokenOff !== true) ||
      found.length >= TRANSCRIPT_ENTRIES_MAX
    )
      break;
    before = last.cursor;
  }
  return found.slice(0, TRANSCRIPT_ENTRIES_MAX).toReversed().map(parseEntry);
}

/** A gap in what was said would mislead a model, so an entry that cannot be read is a fault. */
function parseEntry(stored: StreamRecord): TranscriptEntry {
  const parsed = transcriptEntrySchema.safeParse(stored.body);
  if (parsed.success) return parsed.data;
  throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(parsed.error, 'entry') });
}
