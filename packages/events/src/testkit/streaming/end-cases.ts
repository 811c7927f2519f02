/**
 * How event streams end: always with a word, and with everything given back.
 *
 * Not here: what they give before (`delivery-cases.ts`).
 */
import { HostApiError, parseTenantId } from '@reborn/host-api';
import { createSentinel, equals, findLeaks, holds, wrapStore } from '@reborn/host-api/testkit';
import { EVENT_STREAM_ACCESS_CHECK_MS, EVENT_STREAM_KEEP_ALIVE_MS, EVENT_STREAM_STALL_MS } from '../../limits.ts';
import type { EventStream } from '../../streaming/event-stream.ts';
import { eventually, logCase, settle, type OpenedLog } from '../harness.ts';
import { ALICE, happen, projectionOf } from '../projection/happenings.ts';
import { observe, openOne, pass, REQUEST, streamsOf, take, takeAll, told, type Observed } from './watching.ts';

const RUNTIME = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const secret = createSentinel('/home/alice/.netrc');

/** One place for one stream. */
const narrow = (opened: OpenedLog): Observed => observe(opened, { global: 1 });

/** After its end a stream holds no place, no listener and no timer, and gives nothing. */
async function isOver(at: Observed, stream: EventStream): Promise<void> {
  equals(await stream.next(), { done: true, value: undefined }, 'nothing comes behind the end');
  equals([at.listening(), at.timers()], [0, 0], 'nothing listens or waits');
  await (await openOne(at.streams)).return();
}

export const endCases = [
  logCase('ends when its reader leaves, however it leaves', async (opened) => {
    const at = narrow(opened);
    const control = new AbortController();
    const ways: readonly ((stream: EventStream) => Promise<unknown>)[] = [
      (stream) => stream.return(),
      (stream) => stream.throw(new Error('enough')).catch(() => undefined),
      async (stream) => {
        for await (const item of stream) if (item.kind === 'snapshot') break;
      },
      async (stream) => {
        await take(stream);
        const waiting = stream.next();
        await settle(opened);
        control.abort();
        equals(await waiting, { done: true, value: undefined }, 'a reader that waits is told');
      },
      async () => undefined,
    ];
    for (const leave of ways) {
      const stream = await openOne(at.streams, { signal: control.signal });
      await leave(stream);
      await stream.return();
      await isOver(at, stream);
    }
  }),
  logCase('tells a reader that takes nothing, behind what was already waiting', async (opened) => {
    const at = narrow(opened);
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const stream = await openOne(at.streams);
    await at.hasItem();
    await happen(opened, 2, [{ kind: 'run_claimed', run: 1 }]);
    await at.hasRead(2);
    await pass(opened, EVENT_STREAM_STALL_MS - 1);
    equals(at.listening(), 1, 'there is still time');
    await pass(opened, 1);
    equals([at.listening(), at.timers()], [0, 0], 'its place is free before it comes');
    await happen(opened, 3, [{ kind: 'run_parked', run: 1 }]);
    const expected = [
      'snapshot: run_submitted (run-1 queued)',
      'update: run_claimed (run-1 running)',
      'lagged subscriber_backpressure',
    ];
    equals(await takeAll(stream), expected, 'what waited, and then why there is no more');
    await isOver(at, stream);
  }),
  logCase('does not give up a reader that waits, or that takes in time', async (opened) => {
    const at = narrow(opened);
    const stream = await openOne(at.streams);
    await at.hasItem();
    for (let number = 1; number <= 4; number += 1) {
      await happen(opened, number, [{ kind: 'model_started', run: number }]);
      await at.hasRead(number);
    }
    for (let round = 1; round <= 4; round += 1) {
      await pass(opened, EVENT_STREAM_STALL_MS - 1);
      holds(told(await take(stream)) !== 'lagged subscriber_backpressure', 'it came in time');
    }
    equals(told(await take(stream)), 'update: model_started (run-4 running)', 'all of it');
    const waiting = take(stream);
    await pass(opened, EVENT_STREAM_KEEP_ALIVE_MS);
    equals(await waiting, { kind: 'keep_alive' }, 'silence is nobody`s fault');
    await pass(opened, 2 * (EVENT_STREAM_STALL_MS + EVENT_STREAM_KEEP_ALIVE_MS));
    equals(await takeAll(stream), ['lagged subscriber_backpressure'], 'a reader that is gone is noticed');
  }),
  logCase('hands nothing over once the right to watch is gone', async (opened) => {
    const at = narrow(opened);
    let answer: 'allowed' | 'denied' = 'allowed';
    const stream = await openOne(at.streams, { access: () => answer });
    await take(stream);
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    await settle(opened);
    answer = 'denied';
    equals(await takeAll(stream), ['lagged access_blocked'], 'what was waiting already is kept back');
    await isOver(at, stream);
  }),
  logCase('says nothing more to a reader that left while it was asked about', async (opened) => {
    const at = narrow(opened);
    const answers: (() => void)[] = [];
    let asks = 0;
    const access = (): Promise<'denied'> | 'allowed' => {
      asks += 1;
      return asks === 1 ? 'allowed' : new Promise((resolve) => answers.push(() => resolve('denied')));
    };
    const stream = await openOne(at.streams, { access });
    const pulled = stream.next();
    await eventually(opened, () => answers.length === 1, 'it is asked before the snapshot is handed over');
    await stream.return();
    for (const answer of answers) answer();
    equals(await pulled, { done: true, value: undefined }, 'it has left');
    await isOver(at, stream);
  }),
  logCase('finds out that the right to watch is gone while nothing happens', async (opened) => {
    const at = narrow(opened);
    let access = (): 'allowed' => 'allowed';
    const stream = await openOne(at.streams, { access: () => access() });
    await take(stream);
    const waiting = take(stream);
    access = () => {
      throw new Error(secret);
    };
    await settle(opened);
    opened.platform.advance(EVENT_STREAM_KEEP_ALIVE_MS);
    equals(await waiting, { kind: 'keep_alive' }, 'a sign of life tells nothing');
    const last = take(stream);
    await pass(opened, EVENT_STREAM_ACCESS_CHECK_MS - EVENT_STREAM_KEEP_ALIVE_MS);
    equals(await last, { kind: 'lagged', reason: 'access_blocked' }, 'no answer is a no');
    await isOver(at, stream);
  }),
  logCase('gives nothing out that looks like a secret', async (opened) => {
    const at = narrow(opened);
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const stream = await openOne(at.streams);
    await at.hasItem();
    const threadId = 'sk-live-4242424242424242';
    await happen(opened, 2, [{ kind: 'run_submitted', run: 2, scope: { threadId } }]);
    await at.hasRead(2);
    const expected = ['snapshot: run_submitted (run-1 queued)', 'lagged redaction_blocked'];
    equals(await takeAll(stream), expected, 'what was clean, and then why there is no more');
    equals(await takeAll(await openOne(at.streams)), ['lagged redaction_blocked'], 'a snapshot is looked at too');
    await isOver(at, stream);
  }),
  logCase('asks for a new beginning when retention overtakes it', async (opened) => {
    const at = narrow(opened);
    const { next } = await projectionOf(opened).snapshot({ scope: ALICE });
    const stream = await openOne(at.streams, { limit: 1, buffer: 1 });
    await at.hasItem();
    await happen(
      opened,
      1,
      [1, 2, 3].map((run) => ({ kind: 'run_submitted', run })),
    );
    await opened.store.commit([{ kind: 'truncate', stream: RUNTIME, through: 2 }]);
    equals(
      await takeAll(stream),
      ['snapshot:  ()', 'rebase_required stale'],
      'it does not go on as if nothing were missing',
    );
    equals(
      await takeAll(await openOne(at.streams, { after: next })),
      ['rebase_required stale'],
      'nor from an old cursor',
    );
    const newer = next.replace(/^p1/, 'p7');
    equals(
      await takeAll(await openOne(at.streams, { after: newer })),
      ['rebase_required malformed_version'],
      'nor this',
    );
    await isOver(at, stream);
  }),
  logCase('says that its source failed, and nothing of how', async (opened) => {
    const failing = { ...opened.log, read: () => Promise.reject(new Error(secret)) };
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const stream = await openOne(streamsOf({ ...opened, log: failing }));
    equals(await takeAll(stream), ['lagged source_failed'], 'the reason is a token');
    const { reports } = opened.platform;
    const report = { message: 'An event stream lost its source', facts: { code: 'events/source_failed' } };
    equals([reports.at(-1), findLeaks(reports, [secret])], [report, []], 'the operator hears the code');
    const deaf = wrapStore(opened.store, {
      onCommit: () => {
        throw new HostApiError('host-api/store_closed');
      },
    });
    const streams = streamsOf({ ...opened, store: deaf }, { global: 1 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await streams.open(REQUEST).catch((error: unknown) => (error as { code?: string }).code);
      equals(refused, 'events/source_failed', 'no live source, no stream, and its place is free again');
    }
  }),
];
