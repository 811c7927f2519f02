/**
 * What happens to a stream, decided without storing it: cursors, links, cuts and imports. Every store asks this module
 * inside its transaction, so all backends agree by construction.
 *
 * Not here: storage (the adapters, `in-memory-tables.ts`), the form of writes (`parse-unit.ts`).
 */
import { chainLink, chainOrigin, type Sha256Hex } from './chain.ts';
import type { ParsedDraft } from './parse-unit.ts';
import type { RawRecord, StreamKey } from './stream.ts';
import type { ImportWrite, StreamRefusal } from './unit-of-work.ts';

/** What a store keeps of a stream besides its records. `removed` counts records without content from `earliest` on. */
export interface StreamState {
  readonly head: number;
  readonly headChain: string;
  readonly earliest: number;
  readonly baseChain: string;
  readonly removed: number;
}

/** `records` are to be stored, in order; `state` is the stream after them. */
export interface LedgerEntries {
  readonly kind: 'entries';
  readonly state: StreamState;
  readonly records: readonly RawRecord[];
}

interface Refused {
  readonly kind: 'refused';
  readonly reason: StreamRefusal;
}
export type ImportPlan = LedgerEntries | Refused;

/** A stream before its first record. */
export function emptyStream(sha256Hex: Sha256Hex, stream: StreamKey): StreamState {
  const origin = chainOrigin(sha256Hex, stream);
  return { head: 0, headChain: origin, earliest: 1, baseChain: origin, removed: 0 };
}

/** `cursorOf` knows the records that the stream has already. `cursors` stand in the order of the drafts. */
export function planAppend(
  sha256Hex: Sha256Hex,
  state: StreamState,
  drafts: readonly ParsedDraft[],
  cursorOf: (eventId: string) => number | undefined,
): LedgerEntries & { readonly cursors: readonly number[] } {
  const records: RawRecord[] = [];
  const added = new Map<string, number>();
  let { head, headChain } = state;
  const cursors = drafts.map(({ eventId, ...content }) => {
    const known = cursorOf(eventId) ?? added.get(eventId);
    if (known !== undefined) return known;
    head += 1;
    headChain = chainLink(sha256Hex, headChain, { cursor: head, eventId, ...content });
    records.push({ cursor: head, eventId, chain: headChain, content });
    added.set(eventId, head);
    return head;
  });
  return { kind: 'entries', state: { ...state, head, headChain }, records, cursors };
}

/** Whether a stream can be cut there. The link of `through` becomes its base. */
export function planTruncate(
  state: StreamState,
  through: number,
): { readonly kind: 'nothing' } | { readonly kind: 'cut' } | Refused {
  if (state.head === 0) return { kind: 'nothing' };
  if (through > state.head) return { kind: 'refused', reason: 'beyond_head' };
  return through < state.earliest ? { kind: 'nothing' } : { kind: 'cut' };
}

/** Which records may lose their content: each once, in order, none that was cut off. Some may have lost it already. */
export function planRemove(
  state: StreamState,
  cursors: readonly number[],
): { readonly kind: 'remove'; readonly cursors: readonly number[] } | Refused {
  if (cursors.some((cursor) => cursor > state.head)) return { kind: 'refused', reason: 'beyond_head' };
  const kept = [...new Set(cursors)].filter((cursor) => cursor >= state.earliest);
  return { kind: 'remove', cursors: kept.toSorted((left, right) => left - right) };
}

/** What a stream has already, by cursor and by event id. */
export interface ExistingRecords {
  readonly record: (cursor: number) => Pick<RawRecord, 'eventId' | 'chain'> | undefined;
  readonly cursorOf: (eventId: string) => number | undefined;
}

/**
 * A stream that was not begun takes the base of the import as its own. Refused as `chain_broken` is a base that is not
 * this stream's, and as `differs` an event id that the stream has under another cursor.
 */
export function planImport(
  sha256Hex: Sha256Hex,
  state: StreamState,
  { base, records }: ImportWrite,
  existing: ExistingRecords,
): ImportPlan {
  const begins = state.head === 0 && base.cursor > 0;
  const refusal = begins ? undefined : baseRefusal(state, base, existing);
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  let after: StreamState = begins
    ? { head: base.cursor, headChain: base.chain, earliest: base.cursor + 1, baseChain: base.chain, removed: 0 }
    : state;
  const added: RawRecord[] = [];
  const ids = new Set<string>();
  for (const record of records) {
    if (record.cursor <= after.head) {
      const known = existing.record(record.cursor) ?? added[record.cursor - (added[0]?.cursor ?? 0)];
      if (record.cursor >= after.earliest && !isSame(record, known)) return { kind: 'refused', reason: 'differs' };
      continue;
    }
    if (record.cursor !== after.head + 1) return { kind: 'refused', reason: 'not_adjacent' };
    if (!linkHolds(sha256Hex, after.headChain, record)) return { kind: 'refused', reason: 'chain_broken' };
    if (ids.has(record.eventId) || existing.cursorOf(record.eventId) !== undefined) {
      return { kind: 'refused', reason: 'differs' };
    }
    const removed = after.removed + (record.content === undefined ? 1 : 0);
    after = { ...after, head: record.cursor, headChain: record.chain, removed };
    added.push(record);
    ids.add(record.eventId);
  }
  return { kind: 'entries', state: after, records: added };
}

/** Whether a record's link follows from the one before. A removed record's link can only be believed. */
export function linkHolds(sha256Hex: Sha256Hex, before: string, { content, chain, ...record }: RawRecord): boolean {
  return content === undefined || chainLink(sha256Hex, before, { ...record, ...content }) === chain;
}

/** Whether an import begins where it says, as far as that is still known. */
function baseRefusal(
  state: StreamState,
  base: ImportWrite['base'],
  existing: ExistingRecords,
): StreamRefusal | undefined {
  if (base.cursor > state.head) return 'not_adjacent';
  if (base.cursor < state.earliest - 1) return undefined;
  const known = base.cursor === state.earliest - 1 ? state.baseChain : existing.record(base.cursor)?.chain;
  return known === base.chain ? undefined : 'chain_broken';
}

function isSame(record: RawRecord, known: Pick<RawRecord, 'eventId' | 'chain'> | undefined): boolean {
  return known?.eventId === record.eventId && known.chain === record.chain;
}
