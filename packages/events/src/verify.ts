/**
 * Going through a stream and recomputing its chain: whether anything was changed, swapped, dropped or lost.
 *
 * Not here: the chain itself (`chain.ts` of `@reborn/host-api`), who writes the anchor (the storage adapters).
 * Source: rulings, section 8; specification 1, W-32.
 */
import {
  chainOrigin,
  linkHolds,
  type DigestPort,
  type DurableStore,
  type HeadAnchor,
  type RawPage,
  type Sha256Hex,
  streamFamilySchema,
  streamName,
  type StreamKey,
} from '@reborn/host-api';
import { before, ORIGIN, parseCursor, type Cursor } from './cursor.ts';
import type { BrokenRule, VerifyOutcome, VerifyRequest } from './event-log.ts';
import { VERIFY_PAGE } from './limits.ts';
import { findCursorGap } from './log/cursor-gap.ts';
import { checkAfter, invalid } from './log/request.ts';
import { requireWholeTenant } from './whole-tenant.ts';

export async function verify(store: DurableStore, digest: DigestPort, request: VerifyRequest): Promise<VerifyOutcome> {
  const { family, scope, after, signal } = request;
  requireWholeTenant(scope);
  if (!streamFamilySchema.safeParse(family).success) throw invalid('family', 'must be a family of streams');
  checkAfter(after);
  const stream: StreamKey = { family, tenantId: scope.tenantId };
  // Read before the stream: what was acknowledged by then must be there.
  const anchor = await anchorOf(store, stream);
  const check = new Check(stream, toSha256Hex(digest), anchor);
  const from = after ?? ORIGIN;
  // The record at the cursor is read too: its link is where the chain goes on.
  let place: number = before(from);
  for (let first = true; ; first = false) {
    if (signal?.aborted === true) return { kind: 'stopped', through: parseCursor(Math.max(from, place)) };
    const page = await store.readRaw({ stream, after: place, limit: VERIFY_PAGE });
    const gap = first && after !== undefined && after !== ORIGIN ? findCursorGap(after, page) : undefined;
    const outcome = gap ?? check.page(page, from);
    if (outcome !== undefined) return outcome;
    place = check.place;
  }
}

/** Where a check stands: the cursor and the link of the last record that holds. */
class Check {
  readonly #stream: StreamKey;
  readonly #sha256Hex: Sha256Hex;
  readonly #anchor: HeadAnchor | undefined;
  #chain: string | undefined;
  #first: number | undefined;
  #records = 0;
  #removed = 0;
  place = 0;

  constructor(stream: StreamKey, sha256Hex: Sha256Hex, anchor: HeadAnchor | undefined) {
    this.#stream = stream;
    this.#sha256Hex = sha256Hex;
    this.#anchor = anchor;
  }

  /** `undefined` when there is more to look at. */
  page(page: RawPage, from: number): VerifyOutcome | undefined {
    const { head, headChain, earliest } = page;
    if (this.#anchor !== undefined && head < this.#anchor.cursor) return broken(head, 'below_anchor');
    const begun = this.#begin(page, from);
    if (begun !== undefined) return begun;
    for (const record of page.records) {
      // The record that the caller knows already lends its link and is not checked.
      if (this.#chain === undefined) {
        if (record.cursor !== from) return broken(from, 'cursor_missing');
        this.#move(record.cursor, record.chain);
        continue;
      }
      if (record.cursor !== this.place + 1) return broken(this.place + 1, 'cursor_missing');
      if (!linkHolds(this.#sha256Hex, this.#chain, record)) return broken(record.cursor, 'chain_broken');
      this.#move(record.cursor, record.chain);
      if (this.#differsFromAnchor()) return broken(record.cursor, 'anchor_differs');
      this.#first ??= record.cursor;
      this.#records += 1;
      if (record.content === undefined) this.#removed += 1;
    }
    if (this.place < head) return page.records.length === 0 ? broken(this.place + 1, 'cursor_missing') : undefined;
    if (this.place > head || this.#chain !== headChain) return broken(head, 'head_mismatch');
    const first = parseCursor(this.#first ?? Math.max(earliest, from + 1));
    return { kind: 'intact', first, head: parseCursor(head), records: this.#records, removed: this.#removed };
  }

  /** Takes up the base of the stream where the check begins there, or where retention has cut off what comes next. */
  #begin({ earliest, baseChain }: RawPage, from: number): VerifyOutcome | undefined {
    if (earliest === 1 && baseChain !== chainOrigin(this.#sha256Hex, this.#stream)) return broken(1, 'chain_broken');
    const next = (this.#chain === undefined ? from : this.place) + 1;
    if (next > earliest) return undefined;
    if (next === earliest && this.#chain !== undefined && this.#chain !== baseChain)
      return broken(earliest, 'chain_broken');
    this.#move(earliest - 1, baseChain);
    return this.#differsFromAnchor() ? broken(earliest, 'anchor_differs') : undefined;
  }

  #move(place: number, chain: string): void {
    this.place = place;
    this.#chain = chain;
  }

  #differsFromAnchor(): boolean {
    return this.#anchor?.cursor === this.place && this.#anchor.chain !== this.#chain;
  }
}

async function anchorOf(store: DurableStore, stream: StreamKey): Promise<HeadAnchor | undefined> {
  const anchor = await store.anchor();
  return anchor !== undefined && streamName(anchor.stream) === streamName(stream) ? anchor : undefined;
}

function broken(at: number, rule: BrokenRule): VerifyOutcome {
  return { kind: 'broken', at: parseCursor(at) satisfies Cursor, rule };
}

function toSha256Hex(digest: DigestPort): Sha256Hex {
  const encoder = new TextEncoder();
  return (text) => digest.sha256Hex(encoder.encode(text));
}
