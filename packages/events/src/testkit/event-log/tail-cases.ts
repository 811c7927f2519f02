/**
 * What the log promises to those who follow it live.
 *
 * Not here: durable followers (`../consumer-contract.ts`).
 */
import type { CommitInterest } from '@reborn/host-api';
import { buildScope, createRecordingStore, equals, holds, rejects, wrapStore } from '@reborn/host-api/testkit';
import type { Cursor } from '../../cursor.ts';
import { readScopeFor } from '../../read-scope.ts';
import type { LogEntry } from '../../record/log-record.ts';
import { toCursorGap } from '../../log/cursor-gap.ts';
import { createEventLog } from '../../stored-event-log.ts';
import { buildLogRecord } from '../builder.ts';
import { cutOff, logCase, settle, type OpenedLog } from '../harness.ts';

const scope = readScopeFor(buildScope());

export const tailCases = [
  logCase('gives history and then what is appended meanwhile, without gap and without repetition', async (opened) => {
    const { log } = opened;
    await appendMany(opened, 1, 30);
    const reader = follow(opened);
    const appended = Promise.all(Array.from({ length: 70 }, (_, at) => appendMany(opened, 31 + at, 1)));
    const cursors: number[] = [];
    while (cursors.length < 100) cursors.push(await nextCursor(reader));
    await appended;
    equals(
      cursors,
      Array.from({ length: 100 }, (_, at) => at + 1),
      'a hundred records in order',
    );
    await reader.stop();
    equals(await log.head('runtime', scope), 100, 'the head is where the reader stopped');
  }),
  logCase('begins behind the cursor and passes by what is not for it', async (opened) => {
    await appendMany(opened, 1, 3);
    const reader = follow(opened, 2 as Cursor);
    await opened.log.append([buildLogRecord('run_submitted', 90, { scope: buildScope({ userId: 'bob' }) })]);
    equals(await nextCursor(reader), 3, 'the first behind the cursor');
    const next = nextCursor(reader);
    await settle(opened);
    await opened.log.append([buildLogRecord('run_submitted', 91, { scope: buildScope({ userId: 'bob' }) })]);
    await settle(opened);
    await appendMany(opened, 5, 1);
    equals(await next, 6, 'the next of its own owner');
    await reader.stop();
  }),
  logCase('sees a commit that falls between its look and its wait', async (opened) => {
    let looks = 0;
    const store = wrapStore(opened.store, {
      readStream: async (request) => {
        const page = await opened.store.readStream(request);
        looks += 1;
        if (looks === 1) {
          await appendMany(opened, 1, 1);
          await settle(opened);
        }
        return page;
      },
    });
    const reader = follow({ ...opened, log: createEventLog(store) });
    equals(await nextCursor(reader), 1, 'it looks again at once');
    await reader.stop();
  }),
  logCase('holds nobody up when it is slow', async (opened) => {
    const reader = follow(opened);
    await appendMany(opened, 1, 5);
    equals(await nextCursor(reader), 1, 'it takes one');
    await appendMany(opened, 6, 200);
    equals(await opened.log.head('runtime', scope), 205, 'appends go on without it');
    for (let cursor = 2; cursor <= 205; cursor += 1) equals(await nextCursor(reader), cursor, 'and it misses none');
    await reader.stop();
  }),
  logCase('ends when its signal aborts, while it waits and before it began', async (opened) => {
    const waiting = follow(opened);
    const next = waiting.entries.next();
    await settle(opened);
    waiting.abort();
    equals(await next, { done: true, value: undefined }, 'a waiting reader ends');
    const late = follow(opened);
    late.abort();
    equals(await late.entries.next(), { done: true, value: undefined }, 'one that never began ends too');
  }),
  logCase('listens to the store only while somebody follows', async (opened) => {
    const store = createRecordingStore(opened.store);
    await appendMany(opened, 1, 2);
    const log = createEventLog(store);
    const [left, aborted] = [follow({ ...opened, log }), follow({ ...opened, log })];
    await nextCursor(left);
    await nextCursor(aborted);
    equals(store.listening.length, 2, 'two readers listen');
    await left.entries.return(undefined);
    aborted.abort();
    equals(store.listening, [], 'neither one that left nor one that aborted and never came back is listened for');
  }),
  logCase('ends with a fault that says where to go on when its cursor is cut off or lies ahead', async (opened) => {
    await appendMany(opened, 1, 10);
    const ahead = await reasonOf(follow(opened, 11 as Cursor).entries.next());
    equals(toCursorGap(ahead), { kind: 'cursor_ahead', head: 10 }, 'a cursor ahead of the stream');
    await cutOff(opened.store, 4);
    const old = await reasonOf(follow(opened, 3 as Cursor).entries.next());
    equals(toCursorGap(old), { kind: 'cursor_too_old', earliest: 5 }, 'a cursor whose records were cut off');
    const reader = follow(opened, 4 as Cursor);
    equals(await nextCursor(reader), 5, 'the cursor before the earliest record is good enough');
    await reader.stop();
    equals(toCursorGap(new Error('no')), undefined, 'any other reason is no gap');
  }),
  logCase('ends with that fault too when it is cut off while it is slow', async (opened) => {
    await appendMany(opened, 1, 1);
    const reader = follow(opened);
    equals(await nextCursor(reader), 1, 'it takes one');
    await appendMany(opened, 2, 5);
    await cutOff(opened.store, 4);
    equals(
      toCursorGap(await reasonOf(reader.entries.next())),
      { kind: 'cursor_too_old', earliest: 5 },
      'no silent gap',
    );
  }),
  logCase('is woken only by commits that it may have to show', async (opened) => {
    const interests: (CommitInterest | undefined)[] = [];
    const store = wrapStore(opened.store, {
      onCommit: (listener, interest) => {
        interests.push(interest);
        return opened.store.onCommit(listener, interest);
      },
    });
    const log = createEventLog(store);
    const control = new AbortController();
    const about = { family: 'runtime', scope, signal: control.signal } as const;
    const [all, some] = [log.tail(about), log.tail({ ...about, kinds: ['run_failed'] })];
    const waits = [all, some].map((entries) => entries[Symbol.asyncIterator]().next());
    await settle(opened);
    const stream = { family: 'runtime', tenantId: scope.tenantId };
    equals(interests, [stream, { ...stream, kinds: ['run_failed'] }], 'its stream, and its kinds');
    control.abort();
    await Promise.all(waits);
  }),
  logCase('refuses a request without form', async (opened) => {
    const bad = follow({
      ...opened,
      log: { ...opened.log, tail: (request) => opened.log.tail({ ...request, kinds: [] }) },
    });
    await rejects(bad.entries.next(), ['events/invalid_request'], 'no kinds at all');
  }),
];

function follow({ log }: Pick<OpenedLog, 'log'>, after?: Cursor) {
  const control = new AbortController();
  const request = {
    family: 'runtime' as const,
    scope,
    signal: control.signal,
    ...(after === undefined ? {} : { after }),
  };
  const entries = log.tail(request)[Symbol.asyncIterator]() as AsyncGenerator<LogEntry>;
  const stop = async (): Promise<void> => {
    control.abort();
    await entries.return(undefined);
  };
  return { entries, abort: () => control.abort(), stop };
}

function reasonOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function nextCursor(reader: { readonly entries: AsyncGenerator<LogEntry> }): Promise<number> {
  const next = await reader.entries.next();
  holds(next.done !== true, 'there is a next record');
  return next.value.cursor;
}

async function appendMany({ log }: Pick<OpenedLog, 'log'>, first: number, count: number): Promise<void> {
  await log.append(Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at)));
}
