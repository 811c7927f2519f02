/** Stores that break one promise each, and the case that catches each of them. Those about streams stand beside. */
import {
  createInMemoryStore,
  type AppliedUnit,
  type CommitOutcome,
  type DurableStore,
  type ParsedWrite,
  type StreamRequest,
  type WriteReceipt,
} from '@reborn/host-api';
import { answering, keeping, LyingTables, storeOver, storing, type Liar } from './lying-tables.ts';

const TIME = 'filters by time, from the first moment up to before the last';
const LISTENER = 'calls those whom a commit concerns, and only them';

const reading = (lie: (request: StreamRequest) => StreamRequest): Liar =>
  answering((store) => ({ readStream: (request) => store.readStream(lie(request)) }));

/** Stores that break one promise each, and a case that catches it: what the contract is worth. */
export const liars: Readonly<Record<string, readonly [Liar, string]>> = {
  // Units
  'writes one by one': [
    answering((store) => ({ commit: (writes) => oneByOne(store, writes) })),
    'undoes a whole unit when one guard refuses',
  ],
  'forgets why a unit was refused': [
    answering((store) => ({
      commit: async (writes) => {
        const outcome = await store.commit(writes);
        return outcome.kind === 'conflict' ? { ...outcome, row: undefined } : outcome;
      },
    })),
    'undoes a whole unit when one guard refuses',
  ],
  'takes nothing back': [
    keeping(
      class extends LyingTables {
        override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
          return this.applied(unit, nowMs);
        }
      },
    ),
    'takes a cut or a removal back when its unit is refused',
  ],
  'takes one millisecond for another': [
    (opening) => createInMemoryStore({ ...opening, clock: { nowMs: () => opening.clock.nowMs() + 1 } }),
    'gives a receipt for each write, in order',
  ],
  'reads its clock once': [
    (opening) => {
      const nowMs = opening.clock.nowMs();
      return createInMemoryStore({ ...opening, clock: { nowMs: () => nowMs } });
    },
    'gives an announced effect up only past its time or under a newer lease',
  ],
  'never closes': [answering(() => ({ close: async () => undefined })), 'refuses everything after it was closed'],
  'bends bad limits': [
    reading((request) => ({ ...request, limit: Math.min(1000, Math.max(1, request.limit)) })),
    'refuses malformed requests',
  ],

  // Lists of records
  'lists everybody’s records': [
    answering((store) => ({ list: (machine, { limit }) => store.list(machine, { limit }) })),
    'lists by owner and status',
  ],
  'lists forwards only': [
    answering((store) => ({ list: (machine, request) => store.list(machine, { ...request, order: 'oldest' }) })),
    'lists by rank, then key by code unit',
  ],
  'sorts keys by code point': [
    answering((store) => ({
      list: async (machine, { limit, ...request }) => {
        const all = await store.list(machine, { ...request, limit: 1000 });
        const rankOf = (row: (typeof all)[number]['row']): number => Number(row['rank'] ?? 0);
        const sign = request.order === 'newest' ? -1 : 1;
        const sorted = all.toSorted(
          (left, right) =>
            sign *
            (rankOf(left.row) - rankOf(right.row) || Buffer.compare(Buffer.from(left.key), Buffer.from(right.key))),
        );
        return sorted.slice(0, limit);
      },
    })),
    'lists by rank, then key by code unit',
  ],

  // Streams
  'reads forwards only': [
    reading((request) => ({ ...request, order: 'oldest' })),
    'pages forwards and backwards without loss',
  ],
  'ignores filters': [
    reading((request) => ({ ...request, filter: {} })),
    'filters by labels and kinds, all of which have to fit',
  ],
  'begins after the first moment': [reading((request) => shifted(request, 'fromMs')), TIME],
  'ends with the last moment': [reading((request) => shifted(request, 'toMs')), TIME],
  'ignores the end of a time': [
    reading((request) => ({ ...request, filter: without(request.filter ?? {}, 'toMs') })),
    TIME,
  ],
  'loses the labels that came later': [
    storing((content) => ({
      ...content,
      labels: without(content.labels, 'capabilityId', 'provider', 'actorId'),
    })),
    'filters by every label that there is',
  ],
  'gives a known record a new cursor': [
    keeping(
      class extends LyingTables {
        override cursorOf(): undefined {
          return undefined;
        }
      },
    ),
    'keeps the cursor of an event that is appended again, whatever it says now',
  ],

  // Listeners
  'keeps calling': [
    answering((store) => ({
      onCommit: (listener) => {
        store.onCommit(listener);
        return () => undefined;
      },
    })),
    'calls listeners after each commit, until they are disposed',
  ],
  'calls those whom a commit does not concern': [
    answering((store) => ({ onCommit: (listener) => store.onCommit(listener) })),
    LISTENER,
  ],
  'calls nobody who named a stream': [
    answering((store) => ({
      onCommit: (listener, interest) =>
        interest?.family === undefined ? store.onCommit(listener, interest) : () => undefined,
    })),
    LISTENER,
  ],
  'does not look at kinds': [
    answering((store) => ({
      onCommit: (listener, interest = {}) => store.onCommit(listener, without(interest, 'kinds')),
    })),
    LISTENER,
  ],
  'calls nobody about imports and cuts': [
    (opening) =>
      storeOver(
        class extends LyingTables {
          override apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
            const applied = super.apply(unit, nowMs);
            const appends = unit.some(({ kind }) => kind === 'append');
            return { ...applied, streams: appends ? applied.streams : [] };
          }
        },
        opening,
      ),
    'calls those whom an import or a cut concerns',
  ],

  // Flags
  'says that it survives a loss of power': [
    answering((store) => ({ durability: { ...store.durability, survives: 'power_loss' } })),
    'says that nothing survives exactly where nothing does',
  ],
  'has an anchor and says that it has none': [
    answering(() => ({
      anchor: async () => ({
        stream: { family: 'audit', tenantId: 'acme' as never },
        cursor: 1,
        chain: 'a'.repeat(64),
      }),
    })),
    'keeps an anchor exactly where it says so',
  ],
};

async function oneByOne(store: DurableStore, writes: Parameters<DurableStore['commit']>[0]): Promise<CommitOutcome> {
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of writes.entries()) {
    const outcome = await store.commit([write]);
    if (outcome.kind === 'conflict') return { ...outcome, at };
    receipts.push(...outcome.receipts);
  }
  return { kind: 'committed', receipts };
}

/** The same request, with one end of its time a millisecond later. */
function shifted({ filter, ...request }: StreamRequest, end: 'fromMs' | 'toMs'): StreamRequest {
  if (filter === undefined) return request;
  const ms = filter[end];
  return { ...request, filter: ms === undefined ? filter : { ...filter, [end]: ms + 1 } };
}

function without<T extends object>(value: T, ...names: readonly (keyof T)[]): T {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name as keyof T))) as T;
}
