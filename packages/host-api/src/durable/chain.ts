/**
 * The chain through the records of a stream: each link is a digest over the link before and over the whole record, so
 * that nobody changes, swaps or drops a record unnoticed.
 *
 * Not here: who computes links (each store, where cursors are given), going through a chain (`verify` of the log).
 * Source: rulings, section 8.
 */
import { z } from 'zod';
import { chainLinkSchema } from '../ids.ts';
import { LABELS, streamKeySchema, type Labels, type RawContent, type StreamKey } from './stream.ts';

/** SHA-256 of the UTF-8 form of a text, as 64 lower-case hex digits. */
export type Sha256Hex = (text: string) => string;

/** What a link is made of besides the link before. */
export interface ChainedRecord extends RawContent {
  readonly cursor: number;
  readonly eventId: string;
}

/** The link before the first record. It names the stream, so that no record passes for one of another stream. */
export function chainOrigin(sha256Hex: Sha256Hex, stream: StreamKey): string {
  return sha256Hex(`reborn-stream\n1\n${stream.family}\n${stream.tenantId}`);
}

/**
 * The link of one record. Shape: fields that hold no line break, one a line, then the digest of the body.
 * Invariant: injective: kinds, labels and ids are single lines, and an absent label differs from every present one.
 */
export function chainLink(sha256Hex: Sha256Hex, before: string, record: ChainedRecord): string {
  const { cursor, eventId, kind, atMs, labels, bodyText } = record;
  return sha256Hex(`${before}\n${cursor}\n${eventId}\n${kind}\n${atMs}\n${labelLines(labels)}${sha256Hex(bodyText)}`);
}

function labelLines(labels: Labels): string {
  let lines = '';
  for (const label of LABELS) {
    const value = labels[label];
    if (value !== undefined) lines += `${label}=${value}\n`;
  }
  return lines;
}

/** Bounds a log from below, kept outside its database: this record was acknowledged, with this link. */
export const headAnchorSchema = z.strictObject({
  stream: streamKeySchema,
  cursor: z.int().positive(),
  chain: chainLinkSchema,
});
export type HeadAnchor = z.infer<typeof headAnchorSchema>;
