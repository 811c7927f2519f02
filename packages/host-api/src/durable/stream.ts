/**
 * Streams of records with gapless cursors: what a store keeps for the log.
 *
 * Not here: what the records mean, who may read them, following a stream (`@reborn/events`).
 * Source: rulings, section 8.
 */
import { z } from 'zod';
import { boundedLine } from '../bounded-text.ts';
import { eventIdSchema, tenantIdSchema, type TenantId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { LABEL_BYTES_MAX, NAME_ID_BYTES_MAX } from '../limits.ts';

/**
 * What a stream is for. `runtime`: payload-free facts; `journal`: intents, results and decisions; `audit`: who decided
 * what; `security`: decisions at security boundaries; `turn`: the outbox of the turn store; `transcript`: what was said.
 */
export const streamFamilySchema = z.enum(['runtime', 'journal', 'audit', 'security', 'turn', 'transcript']);
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
  'capabilityId',
  'provider',
  'actorId',
] as const;
export type Label = (typeof LABELS)[number];
const label = boundedLine(LABEL_BYTES_MAX).optional();
export const labelsSchema = z.strictObject({
  userId: label,
  agentId: label,
  projectId: label,
  missionId: label,
  threadId: label,
  runId: label,
  invocationId: label,
  correlationId: label,
  capabilityId: label,
  provider: label,
  actorId: label,
});
export type Labels = Readonly<Partial<Record<Label, string | undefined>>>;

/** A record before it has a cursor, its body unseen. Units: `atMs` milliseconds since 1970. */
export const draftEnvelopeSchema = z.strictObject({
  eventId: eventIdSchema,
  kind: boundedLine(NAME_ID_BYTES_MAX),
  atMs: z.int().nonnegative(),
  labels: labelsSchema,
  body: z.unknown(),
});

/** One record before it has a cursor. */
export type RecordDraft = Omit<z.infer<typeof draftEnvelopeSchema>, 'body'> & { readonly body: JsonObject };

export interface StreamRecord {
  readonly cursor: number;
  readonly eventId: string;
  readonly kind: string;
  readonly atMs: number;
  readonly labels: Labels;
  readonly body: JsonObject;
}

/**
 * Set fields match only records that carry exactly that value. Units: milliseconds since 1970; `fromMs` is included,
 * `toMs` is not.
 */
export interface StreamFilter {
  readonly labels?: Labels;
  readonly kinds?: readonly string[];
  readonly fromMs?: number;
  readonly toMs?: number;
}

/**
 * Cursor 0 is the origin, before the first record. `limit` bounds a page, and so do its bodies: it ends behind the record
 * with which they come to more than `PAGE_BYTES_MAX`.
 */
export interface StreamRequest {
  readonly stream: StreamKey;
  readonly after: number;
  readonly limit: number;
  readonly filter?: StreamFilter;
  /** `newest` reads backwards: records with cursors below `after` (0: from the head), newest first. */
  readonly order?: 'oldest' | 'newest';
}

/**
 * One consistent look: all fields belong to the same moment. `earliest` is the lowest cursor that was not cut off: 1 at
 * first, `head + 1` when everything was. Records that were removed one by one are passed by. `brokenOff`: there was no room
 * for more bodies, and behind the last record there may be further ones, though the page holds fewer than were asked for.
 */
export interface StreamPage {
  readonly head: number;
  readonly earliest: number;
  readonly records: readonly StreamRecord[];
  readonly brokenOff?: true;
}

/** A record exactly as it is kept. `chain` links it to the one before (`chain.ts`). */
export interface RawRecord {
  readonly cursor: number;
  readonly eventId: string;
  readonly chain: string;
  /** Absent when retention has removed the content; cursor, event id and link stay. */
  readonly content?: RawContent;
}

/** `bodyText` is the JSON text that was digested, byte for byte. */
export interface RawContent {
  readonly kind: string;
  readonly atMs: number;
  readonly labels: Labels;
  readonly bodyText: string;
}

/**
 * `baseChain` is the link of the record before `earliest`; `headChain` the one of the newest. Ends early as a `StreamPage`
 * does; there is more as long as the last record is not the head.
 */
export interface RawPage {
  readonly head: number;
  readonly headChain: string;
  readonly earliest: number;
  readonly baseChain: string;
  readonly records: readonly RawRecord[];
}

export interface RawRequest {
  readonly stream: StreamKey;
  readonly after: number;
  readonly limit: number;
}

/** `removed` counts the records between `earliest` and `head` whose content is gone. */
export interface StreamInfo {
  readonly stream: StreamKey;
  readonly head: number;
  readonly earliest: number;
  readonly removed: number;
}

/** Order: family, then tenant, by code unit. `after` is excluded. */
export interface StreamListRequest {
  readonly family?: StreamFamily;
  readonly after?: StreamKey;
  readonly limit: number;
}

/** Which commits a listener cares for. Set fields narrow; without any, also commits that append nothing. */
export interface CommitInterest {
  readonly family?: StreamFamily;
  readonly tenantId?: TenantId;
  readonly kinds?: readonly string[];
}

export interface StreamReader {
  readStream(request: StreamRequest): Promise<StreamPage>;
  /** What verifying and exporting read: everything in cursor order, removed records included. */
  readRaw(request: RawRequest): Promise<RawPage>;
  listStreams(request: StreamListRequest): Promise<readonly StreamInfo[]>;
  /**
   * Calls `listener` after each commit of this store that meets the interest, and soon after such commits of others who
   * share it. A call says only "look again": calls may be merged, may come without need, and one that is lost is made up
   * for by the store itself, more slowly.
   */
  onCommit(listener: () => void, interest?: CommitInterest): () => void;
}
