/** Streams: gapless cursors, one per event id, batches whole or not at all, retention that leaves marks. */
import { checkTallyFull, tallyMachine } from '@reborn/simulator';
import { parseEventId, parseTenantId, type RecordDraft, type StreamKey, type Write } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { seenOf } from './seen.ts';
import type { Asked, Seen, StoreModel } from './store-model.ts';

interface ModelRecord {
  readonly id: number;
  /** Undefined when its content was taken away. */
  readonly kind: string | undefined;
}
interface ModelStream {
  readonly cut: number;
  /** Behind the cut, in order. */
  readonly records: readonly ModelRecord[];
}
type Streams = Readonly<Record<string, ModelStream>>;

interface Draft {
  readonly id: number;
  readonly kind: string;
}
type LogOp =
  | {
      readonly does: 'append';
      readonly to: readonly string[];
      readonly drafts: readonly Draft[];
      readonly refused: boolean;
    }
  | { readonly does: 'truncate'; readonly stream: string; readonly through: number }
  | { readonly does: 'remove'; readonly stream: string; readonly cursors: readonly number[] }
  | {
      readonly does: 'read';
      readonly stream: string;
      readonly after: number;
      readonly limit: number;
      readonly kind: string | undefined;
      readonly order: 'oldest' | 'newest';
    };

const stream = fc.constantFrom('a', 'b');
const cursor = fc.integer({ min: 0, max: 8 });
const kind = fc.constantFrom('noted', 'seen');
const drafts = fc.array(fc.record({ id: fc.integer({ min: 1, max: 15 }), kind }), { maxLength: 4 });
const NOTHING: ModelStream = { cut: 0, records: [] };

export const logModel: StoreModel<Streams, LogOp> = {
  name: 'streams',
  machines: [tallyMachine],
  initial: {},
  op: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant('append' as const),
        to: fc.array(stream, { minLength: 1, maxLength: 2 }),
        drafts,
        refused: fc.constantFrom(false, false, false, true),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('truncate' as const), stream, through: cursor }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('remove' as const),
        stream,
        cursors: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant('read' as const),
        stream,
        after: cursor,
        limit: fc.integer({ min: 1, max: 5 }),
        kind: fc.option(kind, { nil: undefined }),
        order: fc.constantFrom('oldest', 'newest'),
      }),
    },
  ),
  step: (streams, op) => {
    if (op.does === 'append') return append(streams, op);
    const before = streams[op.stream] ?? NOTHING;
    const head = before.cut + before.records.length;
    switch (op.does) {
      case 'read':
        return { state: streams, seen: read(before, op) };
      case 'truncate': {
        if (head > 0 && op.through > head) return { state: streams, seen: { refused: 'beyond_head', at: 0 } };
        const count = head === 0 ? 0 : Math.max(0, op.through - before.cut);
        const after = { cut: before.cut + count, records: before.records.slice(count) };
        return { state: { ...streams, [op.stream]: after }, seen: [count] };
      }
      case 'remove': {
        if (op.cursors.some((at) => at > head)) return { state: streams, seen: { refused: 'beyond_head', at: 0 } };
        const places = new Set(op.cursors.map((at) => at - before.cut - 1));
        const count = before.records.filter((record, place) => places.has(place) && record.kind !== undefined).length;
        const records = before.records.map((record, place) =>
          places.has(place) ? { ...record, kind: undefined } : record,
        );
        return { state: { ...streams, [op.stream]: { ...before, records } }, seen: [count] };
      }
    }
  },
  ask: async (op, asked) => {
    if (op.does !== 'read') return seenOf(await asked.store.commit(writesOf(op, asked)));
    const { stream: name, after, limit, order } = op;
    const filter = op.kind === undefined ? {} : { filter: { kinds: [op.kind] } };
    const page = await asked.store.readStream({ stream: keyOf(name, asked), after, limit, order, ...filter });
    return {
      ...page,
      records: page.records.map((record) => ({ cursor: record.cursor, ...record.body, kind: record.kind })),
    };
  },
};

function append(streams: Streams, { to, drafts: sent, refused }: Extract<LogOp, { does: 'append' }>) {
  if (refused) return { state: streams, seen: { refused: 'check_full_from_none', at: to.length } };
  let state = streams;
  const seen = to.map((name) => {
    const cursors: number[] = [];
    for (const draft of sent) {
      const { cut, records } = state[name] ?? NOTHING;
      const known = records.findIndex(({ id }) => id === draft.id);
      if (known < 0) state = { ...state, [name]: { cut, records: [...records, draft] } };
      cursors.push(cut + (known < 0 ? records.length : known) + 1);
    }
    return cursors;
  });
  return { state, seen };
}

function read(
  { cut, records }: ModelStream,
  { after, limit, order, kind: wanted }: Extract<LogOp, { does: 'read' }>,
): Seen {
  const all = records.map((record, place) => ({ cursor: cut + place + 1, ...record }));
  const found = all.filter((record) => record.kind !== undefined && (wanted ?? record.kind) === record.kind);
  const isBehind = ({ cursor: at }: { readonly cursor: number }): boolean =>
    order === 'oldest' ? at > after : after === 0 || at < after;
  const ordered = order === 'oldest' ? found : found.toReversed();
  return { head: cut + records.length, earliest: cut + 1, records: ordered.filter(isBehind).slice(0, limit) };
}

function writesOf(op: Exclude<LogOp, { does: 'read' }>, asked: Asked): readonly Write[] {
  switch (op.does) {
    case 'append': {
      const records = op.drafts.map(draftOf);
      const appends = op.to.map((name): Write => ({ kind: 'append', stream: keyOf(name, asked), records }));
      return op.refused ? [...appends, checkTallyFull(asked.scope)] : appends;
    }
    case 'truncate':
      return [{ kind: 'truncate', stream: keyOf(op.stream, asked), through: op.through }];
    case 'remove':
      return [{ kind: 'remove', stream: keyOf(op.stream, asked), cursors: op.cursors }];
  }
}

function draftOf({ id, kind: named }: Draft): RecordDraft {
  return { eventId: parseEventId(fixedUuid(id)), kind: named, atMs: 1, labels: {}, body: { id } };
}

function keyOf(name: string, { scope }: Asked): StreamKey {
  return { family: 'journal', tenantId: parseTenantId(`${scope}-${name}`) };
}
