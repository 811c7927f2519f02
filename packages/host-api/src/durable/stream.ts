/**
 * Streams of records with gapless cursors: what a store keeps for the log.
 *
 * Not here: what the records mean, who may read them, following a stream (`@reborn/events`).
 * Source: rulings, section 8.
 */
import { z } from 'zod';
import { boundedLine } from '../bounded-text.ts';
import { eventIdSchema, tenantIdSchema } from '../ids.ts';
import { jsonObjectSchema, type JsonObject } from '../json.ts';
import { NAME_ID_BYTES_MAX, SCOPE_ID_BYTES_MAX } from '../limits.ts';

/**
 * What a stream is for. `runtime`: payload-free facts; `journal`: intents, results and decisions; `audit`: who decided
 * what; `turn`: the outbox of the turn store; `transcript`: what was said in threads.
 */
export const streamFamilySchema = z.enum(['runtime', 'journal', 'audit', 'turn', 'transcript']);
export type StreamFamily = z.infer<typeof streamFamilySchema>;

/** One stream: gapless, its cursors run 1, 2, 3 … */
export const streamKeySchema = z.strictObject({ family: streamFamilySchema, tenantId: tenantIdSchema });
export type StreamKey = z.infer<typeof streamKeySchema>;

/** By what a store can find records without reading others. */
export const LABELS = [
  'userId',
  'agentId',
  'projectId',
  'missionId',
  'threadId',
  'runId',
  'invocationId',
  'correlationId',
] as const;
export type Label = (typeof LABELS)[number];
const label = boundedLine(SCOPE_ID_BYTES_MAX).optional();
export const labelsSchema = z.strictObject({
  userId: label,
  agentId: label,
  projectId: label,
  missionId: label,
  threadId: label,
  runId: label,
  invocationId: label,
  correlationId: label,
});
export type Labels = Readonly<Partial<Record<Label, string | undefined>>>;

/** One record before it has a cursor. Units: `atMs` milliseconds since 1970. */
export const recordDraftSchema = z.strictObject({
  eventId: eventIdSchema,
  kind: boundedLine(NAME_ID_BYTES_MAX),
  atMs: z.int().nonnegative(),
  labels: labelsSchema,
  body: jsonObjectSchema,
});
export type RecordDraft = z.infer<typeof recordDraftSchema>;

export interface StreamRecord {
  readonly cursor: number;
  readonly eventId: string;
  readonly kind: string;
  readonly atMs: number;
  readonly labels: Labels;
  readonly body: JsonObject;
}

/** Set fields match only records that carry exactly that value. */
export interface StreamFilter {
  readonly labels?: Labels;
  readonly kinds?: readonly string[];
}

/** Cursor 0 is the origin, before the first record. */
export interface StreamRequest {
  readonly stream: StreamKey;
  readonly after: number;
  readonly limit: number;
  readonly filter?: StreamFilter;
  /** `newest` reads backwards: records with cursors below `after` (0: from the head), newest first. */
  readonly order?: 'oldest' | 'newest';
}

/** One consistent look: `records` and `head` belong to the same moment. */
export interface StreamPage {
  readonly head: number;
  readonly records: readonly StreamRecord[];
}

export interface StreamReader {
  readStream(request: StreamRequest): Promise<StreamPage>;
  /**
   * Calls `listener` after each commit of this store, and soon after commits that other processes make. A call says
   * only "look again": calls may be merged, and one that is lost is made up for within `wakeMs` of the store.
   */
  onCommit(listener: () => void): () => void;
}
