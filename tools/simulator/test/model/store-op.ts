/**
 * Anything that may be asked of a store, well-formed and not, as plain data: one vocabulary for all backends.
 *
 * Not here: comparing what they answer (`differential.test.ts`).
 */
import { isFault, leaseMachine, type DurableStore, type RawPage, type StreamKey, type Write } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { tallyMachine } from '@reborn/simulator';
import * as fc from 'fast-check';

export const STORE_OP_MACHINES = [leaseMachine, tallyMachine];

/** Requests and writes are not typed: what a caller without a compiler sends is part of it. */
export type StoreOp =
  | { readonly does: 'commit'; readonly writes: readonly unknown[] }
  | { readonly does: 'read' | 'raw' | 'streams'; readonly request: unknown }
  | { readonly does: 'list'; readonly machine: string; readonly request: unknown }
  | { readonly does: 'get'; readonly machine: string; readonly key: string }
  | { readonly does: 'reimport'; readonly stream: StreamKey; readonly after: number; readonly change: Change };

type Change = 'none' | 'text' | 'chain' | 'gap' | 'base' | 'id' | 'removed';

/** Mostly `good`, now and then something that no store takes. */
function mostly<Good>(good: fc.Arbitrary<Good>, ...bad: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom<unknown>(...bad) });
}

const tenant = fc.constantFrom('acme', 'zürich');
const family = fc.constantFrom('journal', 'audit');
const key = fc.record({ family, tenantId: tenant });
const stream = mostly(key, { family: 'gossip', tenantId: 'acme' }, { family: 'journal', tenantId: '' }, null);
const cursor = mostly(fc.integer({ min: 0, max: 12 }), -1, 1.5, Number.MAX_SAFE_INTEGER, '3');
const limit = mostly(fc.integer({ min: 1, max: 6 }), 0, 1_001, -1);
const kind = fc.constantFrom('noted', 'seen');
const text = fc.constantFrom('', 'é😀\u2028', '\u0000', 'a"b\\c', 'x'.repeat(300));
const body = mostly(
  fc.record({ text, number: fc.constantFrom(0, -0.5, 2 ** 53, 1e-7), list: fc.array(fc.constantFrom(1, null, true)) }),
  { bad: Number.NaN },
  { bad: '\ud800' },
  [1],
  'text',
);
const draft = fc.record({
  eventId: mostly(fc.integer({ min: 1, max: 20 }).map(fixedUuid), 'not-an-id'),
  kind: mostly(kind, '', 'two\nlines'),
  atMs: mostly(fc.integer({ min: 0, max: 5 }), -1),
  labels: mostly(
    fc.record({ userId: fc.constantFrom('ann', 'ben'), runId: fc.constant('run') }, { requiredKeys: [] }),
    { colour: 'red' },
    { userId: '' },
  ),
  body,
});
const holder = fc.constantFrom('x', 'y');
const fence = fc.integer({ min: 1, max: 3 });
const recordKey = mostly(fc.constantFrom('a', 'b', 'ä', '😀', '\uff5e'), '', 'two\nlines');
const leaseCommand = fc.oneof(
  fc.record({ trigger: fc.constant('acquire'), holder, ttlMs: mostly(fc.constantFrom(50, 500), 1) }),
  fc.record({ trigger: fc.constantFrom('check', 'release'), holder, fence }),
);
const write: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('append'), stream, records: fc.array(draft, { maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('transition'),
      machine: mostly(fc.constant('lease'), 'unknown'),
      key: recordKey,
      command: mostly(leaseCommand, { trigger: 'dance' }, null),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('transition'),
      machine: fc.constant('tally'),
      key: recordKey,
      command: fc.record({ trigger: fc.constant('add'), eventId: fc.integer({ min: 1, max: 20 }).map(fixedUuid) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate'), stream, through: cursor }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove'), stream, cursors: fc.array(cursor, { maxLength: 3 }) }),
  },
);
const order = fc.constantFrom('oldest', 'newest');
const filter = fc.record(
  {
    kinds: mostly(fc.array(kind, { minLength: 1, maxLength: 2 }), []),
    labels: fc.record({ userId: fc.constantFrom('ann', 'ben', 'nobody') }, { requiredKeys: [] }),
    fromMs: fc.integer({ min: 0, max: 5 }),
    toMs: mostly(fc.integer({ min: 0, max: 6 }), -1),
  },
  { requiredKeys: [] },
);

export const storeOp: fc.Arbitrary<StoreOp> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant('commit' as const), writes: fc.array(write, { maxLength: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('read' as const),
      request: fc.record(
        { stream, after: cursor, limit, order, filter },
        { requiredKeys: ['stream', 'after', 'limit'] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('raw' as const), request: fc.record({ stream, after: cursor, limit }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('streams' as const),
      request: fc.record({ family, after: key, limit }, { requiredKeys: ['limit'] }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('list' as const),
      machine: fc.constantFrom('lease', 'tally', 'unknown'),
      request: fc.record(
        { owner: fc.constantFrom('x', 'tally'), status: fc.constantFrom('held', 'open'), limit, order },
        { requiredKeys: ['limit'] },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('get' as const),
      machine: fc.constantFrom('lease', 'tally', 'unknown'),
      key: recordKey.map(String),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('reimport' as const),
      stream: key as fc.Arbitrary<StreamKey>,
      after: fc.integer({ min: 0, max: 6 }),
      change: fc.constantFrom<Change[]>('none', 'text', 'chain', 'gap', 'base', 'id', 'removed'),
    }),
  },
);

/** What the store answers, faults included, as data. */
export async function answerOf(store: DurableStore, op: StoreOp): Promise<unknown> {
  try {
    return { answer: await ask(store, op) };
  } catch (error) {
    if (isFault(error)) return { fault: error.toJSON() };
    throw error;
  }
}

function ask(store: DurableStore, op: StoreOp): Promise<unknown> {
  switch (op.does) {
    case 'commit':
      return store.commit(op.writes as readonly Write[]);
    case 'read':
      return store.readStream(op.request as Parameters<DurableStore['readStream']>[0]);
    case 'raw':
      return store.readRaw(op.request as Parameters<DurableStore['readRaw']>[0]);
    case 'streams':
      return store.listStreams(op.request as Parameters<DurableStore['listStreams']>[0]);
    case 'list':
      return store.list(op.machine, op.request as Parameters<DurableStore['list']>[1]);
    case 'get':
      return store.get(op.machine, op.key);
    case 'reimport':
      return reimport(store, op);
  }
}

/** Puts back what was just read, as it was or changed in one place. */
async function reimport(store: DurableStore, op: Extract<StoreOp, { does: 'reimport' }>): Promise<unknown> {
  const page = await store.readRaw({ stream: op.stream, after: op.after, limit: 6 });
  const before = await store.readRaw({ stream: op.stream, after: Math.max(0, op.after - 1), limit: 1 });
  const first = page.records[0]?.cursor ?? page.earliest;
  const base = first === page.earliest ? page.baseChain : (before.records[0]?.chain ?? page.baseChain);
  const write = changed({ cursor: first - 1, chain: base }, page.records, op.change);
  return store.commit([{ kind: 'import', stream: op.stream, ...write }]);
}

function changed(
  base: { readonly cursor: number; readonly chain: string },
  records: RawPage['records'],
  change: Change,
) {
  const last = records.at(-1);
  const others = records.slice(0, -1);
  if (last === undefined) return { base, records };
  switch (change) {
    case 'none':
      return { base, records };
    case 'text': {
      const content = last.content === undefined ? {} : { content: { ...last.content, bodyText: '{"other":1}' } };
      return { base, records: [...others, { ...last, ...content }] };
    }
    case 'chain':
      return { base, records: [...others, { ...last, chain: '0'.repeat(64) }] };
    case 'gap':
      return { base, records: [...others, { ...last, cursor: last.cursor + 2 }] };
    case 'base':
      return { base: { ...base, chain: '1'.repeat(64) }, records };
    case 'id':
      return { base, records: [...others, { ...last, eventId: fixedUuid(99) }] };
    case 'removed': {
      const { content: _, ...removed } = last;
      return { base, records: [...others, removed] };
    }
  }
}
