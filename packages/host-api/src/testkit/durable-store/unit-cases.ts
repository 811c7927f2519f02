/** Units: all or nothing, guards, concurrency, what a closed store does. Not here: streams and lists. */
import { leaseMachine, acquireLease, checkLease, renewLease } from '../../durable/lease.ts';
import { getRecord } from '../../durable/unit-of-work.ts';
import { equals, holds, rejects } from '../contract-case.ts';
import {
  append,
  checkTicket,
  closeTicket,
  cursorsOf,
  draft,
  putTicket,
  receiptsOf,
  storeCase,
  streamOf,
  ticketMachine,
} from './ticket.ts';

const page = { stream: streamOf(), after: 0, limit: 10 };

export const unitCases = [
  storeCase('gives a receipt for each write, in order', async ({ store }) => {
    const outcome = await store.commit([putTicket('a', 1), append(streamOf(), draft(1), draft(2)), checkTicket('a')]);
    const row = { status: 'open', owner: 'owner', rank: 0, note: 1, atMs: 1_000_000 };
    equals(
      receiptsOf(outcome),
      [
        { kind: 'record', row },
        { kind: 'appended', cursors: [1, 2] },
        { kind: 'record', row },
      ],
      'receipts stand in the order of the writes',
    );
    equals(await store.get('ticket', 'a'), row, 'the record can be read');
    equals(await store.get('ticket', 'b'), undefined, 'a record that was not written is absent');
    equals(await store.get('lease', 'a'), undefined, 'machines do not share records');
  }),

  storeCase('lets a later write see the earlier ones of its unit', async ({ store }) => {
    receiptsOf(await store.commit([putTicket('a'), checkTicket('a'), closeTicket('a')]));
    equals((await getRecord(store, ticketMachine, 'a'))?.status, 'closed', 'all three writes happened');
    const outcome = await store.commit([putTicket('b'), closeTicket('b'), checkTicket('b')]);
    equals([outcome.kind, await store.get('ticket', 'b')], ['conflict', undefined], 'a closed ticket is not open');
  }),

  storeCase('undoes a whole unit when one guard refuses', async ({ store }) => {
    receiptsOf(await store.commit([putTicket('a', 1), closeTicket('a'), append(streamOf(), draft(1))]));
    const outcome = await store.commit([
      putTicket('b'),
      append(streamOf(), draft(2)),
      append(streamOf('new-tenant'), draft(3)),
      checkTicket('a'),
      append(streamOf(), draft(4)),
    ]);
    const row = { status: 'closed', owner: 'owner', rank: 0, note: 1, atMs: 1_000_000 };
    const conflict = { kind: 'conflict', at: 3, machine: 'ticket', key: 'a', reason: 'check_open_from_closed', row };
    equals(outcome, conflict, 'the conflict names the write, the reason and the record');
    equals(await store.get('ticket', 'b'), undefined, 'no record of the unit was written');
    equals((await store.readStream(page)).head, 1, 'no event of the unit was appended');
    equals((await store.readStream({ ...page, stream: streamOf('new-tenant') })).head, 0, 'no stream was begun');
    equals(cursorsOf(await store.commit([append(streamOf(), draft(2))])), [2], 'a refused unit leaves no gap');
  }),

  storeCase('undoes a whole unit when a write turns out to be malformed', async ({ store }) => {
    const malformed = { kind: 'transition', machine: 'ticket', key: 'b', command: { trigger: 'explode' } } as const;
    const unit = store.commit([putTicket('a'), append(streamOf(), draft(1)), malformed]);
    await rejects(unit, ['host-api/invalid_value'], 'an unknown trigger is refused');
    equals(await store.get('ticket', 'a'), undefined, 'no record of the unit was written');
    equals((await store.readStream(page)).head, 0, 'no event of the unit was appended');
  }),

  storeCase('names a missing record in a conflict as absent', async ({ store }) => {
    const outcome = await store.commit([checkTicket('a')]);
    const conflict = { kind: 'conflict', at: 0, machine: 'ticket', key: 'a', reason: 'check_open_from_none' };
    equals(outcome, conflict, 'there is no row');
  }),

  storeCase('gives a contended lease to exactly one', async ({ store }) => {
    const holders = Array.from({ length: 20 }, (_none, at) => `holder-${at}`);
    const outcomes = await Promise.all(holders.map((holder) => store.commit([acquireLease('run', holder, 1000)])));
    const winners = outcomes.filter((outcome) => outcome.kind === 'committed');
    equals(winners.length, 1, 'one of twenty acquires');
    const losers = outcomes.filter((outcome) => outcome.kind === 'conflict' && outcome.reason === 'lease_held');
    equals(losers.length, 19, 'the others are told that it is held');
  }),

  storeCase('fences a holder whose lease was taken over', async ({ store, setNowMs }) => {
    setNowMs(0);
    receiptsOf(await store.commit([acquireLease('run', 'first', 1000)]));
    const first = { key: 'run', holder: 'first', fence: 1 };
    setNowMs(999);
    receiptsOf(await store.commit([checkLease(first)]));
    setNowMs(1000);
    const late = await store.commit([checkLease(first), putTicket('a')]);
    equals(late.kind === 'conflict' && late.reason, 'lease_expired', 'the lease ends at its time exactly');
    receiptsOf(await store.commit([acquireLease('run', 'second', 1000)]));
    equals((await getRecord(store, leaseMachine, 'run'))?.fence, 2, 'the token grows');
    const fenced = await store.commit([putTicket('a'), checkLease(first)]);
    equals(fenced.kind === 'conflict' && fenced.reason, 'lease_lost', 'the old token counts no more');
    const forged = await store.commit([renewLease({ ...first, fence: 2 }, 1000)]);
    equals(forged.kind === 'conflict' && forged.reason, 'lease_lost', 'another holder cannot use the token');
    equals(await store.get('ticket', 'a'), undefined, 'nothing was written under a lost lease');
  }),

  storeCase('shares nothing with what goes in or comes out', async ({ store }) => {
    const body = { list: [1] };
    const writes = [putTicket('a', { list: [1] }), append(streamOf(), draft(1, { body }))];
    const committing = store.commit(writes);
    body.list.push(2);
    const [receipt] = receiptsOf(await committing);
    holds(receipt?.kind === 'record', 'the first write is a record');
    spoil(receipt.row);
    spoil(await store.get('ticket', 'a'));
    spoil((await store.list('ticket', { limit: 1 }))[0]?.row);
    spoil((await store.readStream(page)).records[0]);
    const raw = await store.readRaw({ stream: streamOf(), after: 0, limit: 1 });
    const kept = structuredClone(raw);
    spoil(raw);
    spoil(await store.listStreams({ limit: 1 }));
    equals(await store.readRaw({ stream: streamOf(), after: 0, limit: 1 }), kept, 'the raw record is as it was');
    equals((await store.listStreams({ limit: 1 }))[0]?.stream, streamOf(), 'the stream has its name');
    equals((await getRecord(store, ticketMachine, 'a'))?.note, { list: [1] }, 'the record is as it was committed');
    equals((await store.readStream(page)).records[0]?.body, { list: [1] }, 'the event is as it was committed');
  }),

  storeCase('keeps every JSON value as it is', async ({ store }) => {
    const note = {
      '': 'empty key',
      text: 'NUL \u0000, quote \' " \\, tab \t, line \n, separator \u2028, é, 😀',
      numbers: [0, -1, 0.1, 1e300, 5e-324, 9_007_199_254_740_991],
      nothing: [null, false, [], {}],
      constructor: 'a name like any other',
    };
    receiptsOf(await store.commit([putTicket('k\'e"y-é😀', note), append(streamOf(), draft(1, { body: note }))]));
    equals((await getRecord(store, ticketMachine, 'k\'e"y-é😀'))?.note, note, 'a record keeps its values');
    equals((await store.readStream(page)).records[0]?.body, note, 'an event keeps its values');
  }),

  storeCase('calls listeners after each commit, until they are disposed', async ({ store }) => {
    let disposedCalls = 0;
    const dispose = store.onCommit(() => (disposedCalls += 1));
    dispose();
    dispose();
    for (const key of ['a', 'b']) {
      let seen = Promise.resolve<unknown>(undefined);
      const called = new Promise<void>((resolve) => {
        const stop = store.onCommit(() => {
          seen = store.get('ticket', key);
          stop();
          resolve();
        });
      });
      receiptsOf(await store.commit([putTicket(key)]));
      await called;
      holds((await seen) !== undefined, 'the commit is visible when its listener is called');
    }
    equals(disposedCalls, 0, 'a disposed listener is not called');
  }),

  storeCase('refuses everything after it was closed', async ({ store }) => {
    await store.close();
    await store.close();
    const closed = ['host-api/store_closed'];
    await rejects(store.commit([putTicket('a')]), closed, 'no commit');
    await rejects(store.get('ticket', 'a'), closed, 'no read');
    await rejects(store.list('ticket', { limit: 1 }), closed, 'no list');
    await rejects(store.readStream(page), closed, 'no stream');
    await rejects(store.readRaw({ stream: streamOf(), after: 0, limit: 1 }), closed, 'no raw record');
    await rejects(store.listStreams({ limit: 1 }), closed, 'no list of streams');
    await rejects(store.anchor(), closed, 'no anchor');
    await rejects((async () => store.onCommit(() => undefined))(), closed, 'no listener');
  }),
];

/** Does what nobody should do to an answer. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key));
    Reflect.set(value, key, 'spoilt');
  }
}
