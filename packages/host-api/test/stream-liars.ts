/** Stores that lie about the chain, cuts, imports and streams, and the case that catches each of them. */
import {
  chainLink,
  type AppliedUnit,
  type ImportWrite,
  type InMemoryTables,
  type ParsedWrite,
  type RawRecord,
  type RecordMark,
  type StreamKey,
} from '@reborn/host-api';
import { answering, keeping, LyingTables, rewriting, sha256Hex, standing, storing, type Liar } from './lying-tables.ts';

const CUT = 'cuts a stream off and says where it begins now';
const REMOVAL = 'removes the content of single records and nothing else';
const IMPORT = 'refuses an import that does not fit';
const STREAMS = 'lists streams by family and tenant';

export const streamLiars: Readonly<Record<string, readonly [Liar, string]>> = {
  // The chain
  'links from a stale head': [
    standing(({ stream }, tables) => ({ headChain: tables.readRaw({ stream, after: 0, limit: 1 }).headChain })),
    'links each record to the one before, from an origin that names the stream',
  ],
  'writes bodies anew': [
    storing((content) => ({ ...content, bodyText: JSON.stringify(JSON.parse(content.bodyText)) })),
    'keeps an imported body byte for byte, and digests what it keeps',
  ],
  'starts raw pages at the beginning': [
    answering((store) => ({ readRaw: (request) => store.readRaw({ ...request, after: 0 }) })),
    'reads raw records by pages, from any cursor',
  ],
  'hides raw records that were removed': [
    answering((store) => ({
      readRaw: async (request) => {
        const page = await store.readRaw(request);
        return { ...page, records: page.records.filter(({ content }) => content !== undefined) };
      },
    })),
    REMOVAL,
  ],

  // Cuts and removals
  'keeps the old beginning': [standing(() => ({ earliest: 1 })), CUT],
  'keeps the old base': [
    standing(({ stream }, tables) => ({ baseChain: tables.readRaw({ stream, after: 0, limit: 1 }).baseChain })),
    CUT,
  ],
  'hides what it should cut off': [keeping(rewriting((change) => (change.kind === 'drop' ? [] : [change]))), CUT],
  'cuts beyond the head': [
    keeping(
      class extends LyingTables {
        override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
          const within = unit.map((write) => {
            if (write.kind !== 'truncate') return write;
            return { ...write, through: Math.min(write.through, this.stream(write.stream)?.head ?? 0) };
          });
          return super.apply(within, nowMs);
        }
      },
    ),
    'refuses to cut or remove beyond the head, and goes on',
  ],
  'keeps content that was removed': [
    keeping(rewriting((change) => (change.kind === 'strip' ? [] : [change]))),
    REMOVAL,
  ],
  'counts no removals': [standing(() => ({ removed: 0 })), REMOVAL],
  'forgets the ids of what was removed': [
    keeping(
      class extends LyingTables {
        override cursorOf(stream: StreamKey, eventId: string): number | undefined {
          const cursor = super.cursorOf(stream, eventId);
          return cursor !== undefined && this.record(stream, cursor)?.removed === true ? undefined : cursor;
        }
      },
    ),
    REMOVAL,
  ],
  'remembers the ids of what was cut off': [
    keeping(
      class extends LyingTables {
        readonly #known = new Map<string, number>();
        override cursorOf(stream: StreamKey, eventId: string): number | undefined {
          const name = `${stream.family}|${stream.tenantId}|${eventId}`;
          const cursor = super.cursorOf(stream, eventId) ?? this.#known.get(name);
          if (cursor !== undefined) this.#known.set(name, cursor);
          return cursor;
        }
      },
    ),
    'forgets the ids of what was cut off, and only those',
  ],

  // Imports
  'imports without looking at the chain': [
    keeping(
      class extends LyingTables {
        override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
          const [write] = unit;
          if (write?.kind !== 'import' || unit.length > 1) return super.apply(unit, nowMs);
          return super.apply([{ ...write, records: relinked(write, this) }], nowMs);
        }
      },
    ),
    IMPORT,
  ],
  'takes one id for two records': [
    keeping(
      class extends LyingTables {
        #imports = false;
        override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
          this.#imports = unit[0]?.kind === 'import';
          return super.apply(unit, nowMs);
        }
        override cursorOf(stream: StreamKey, eventId: string): number | undefined {
          return this.#imports ? undefined : super.cursorOf(stream, eventId);
        }
      },
    ),
    IMPORT,
  ],
  'takes another record for the same': [
    keeping(
      class extends LyingTables {
        #imported: ReadonlyMap<number, RecordMark> = new Map();
        override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
          const records = unit.flatMap((write) => (write.kind === 'import' ? write.records : []));
          this.#imported = new Map(records.map((record) => [record.cursor, { ...record, removed: false }]));
          return super.apply(unit, nowMs);
        }
        override record(stream: StreamKey, cursor: number): RecordMark | undefined {
          return this.#imported.get(cursor) ?? super.record(stream, cursor);
        }
      },
    ),
    IMPORT,
  ],

  // Which streams there are
  'lists streams in the order of their beginning': [
    answering((store) => {
      const begun: string[] = [];
      return {
        commit: async (writes) => {
          for (const write of writes) if (write.kind === 'append') begun.push(nameOf(write.stream));
          return store.commit(writes);
        },
        listStreams: async (request) =>
          (await store.listStreams(request)).toSorted(
            (left, right) => begun.indexOf(nameOf(left.stream)) - begun.indexOf(nameOf(right.stream)),
          ),
      };
    }),
    STREAMS,
  ],
  'lists streams by code point': [
    answering((store) => ({
      listStreams: async ({ limit, ...request }) => {
        const all = await store.listStreams({ ...request, limit: 1000 });
        const bytes = ({ stream }: (typeof all)[number]) => Buffer.from(nameOf(stream));
        return all.toSorted((left, right) => Buffer.compare(bytes(left), bytes(right))).slice(0, limit);
      },
    })),
    STREAMS,
  ],
  'lists a stream again that was the last of a page': [
    answering((store) => ({
      listStreams: async (request) => {
        const [last] =
          request.after === undefined
            ? []
            : (await store.listStreams({ limit: 1000 })).filter(
                ({ stream }) => nameOf(stream) === nameOf(request.after ?? stream),
              );
        return [...(last === undefined ? [] : [last]), ...(await store.listStreams(request))].slice(0, request.limit);
      },
    })),
    STREAMS,
  ],
};

/** The records of an import with the links that they should have had. */
function relinked({ stream, records }: ImportWrite, tables: InMemoryTables): readonly RawRecord[] {
  let before = tables.readRaw({ stream, after: 0, limit: 1 }).headChain;
  return records.map(({ content, ...record }) => {
    if (content === undefined || tables.record(stream, record.cursor) !== undefined)
      return { content, ...record } as RawRecord;
    before = chainLink(sha256Hex, before, { ...record, ...content });
    return { ...record, chain: before, content };
  });
}

function nameOf(stream: StreamKey): string {
  return `${stream.family}|${stream.tenantId}`;
}
