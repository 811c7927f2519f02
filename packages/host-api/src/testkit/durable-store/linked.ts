/** Raw records made by hand, whose links hold. Not here: the cases. */
import { chainLink, chainOrigin, type Sha256Hex } from '../../durable/chain.ts';
import type { RawRecord, StreamKey } from '../../durable/stream.ts';
import type { ImportWrite } from '../../durable/unit-of-work.ts';
import { portableDigest } from '../../portable-digest.ts';

export const sha256Hex: Sha256Hex = (text) => portableDigest.sha256Hex(new TextEncoder().encode(text));

/** Where a stream stands before its first record. */
export function originOf(stream: StreamKey): ImportWrite['base'] {
  return { cursor: 0, chain: chainOrigin(sha256Hex, stream) };
}

/** The record after a place in a stream. */
export function recordAfter(
  { cursor: before, chain: link }: ImportWrite['base'],
  eventId: string,
  bodyText = '{}',
): RawRecord {
  const [cursor, content] = [before + 1, { kind: 'noted', atMs: 1, labels: {}, bodyText }];
  return { cursor, eventId, chain: chainLink(sha256Hex, link, { cursor, eventId, ...content }), content };
}
