/**
 * What the log promises about batches: the prefix that goes well stays.
 *
 * Not here: appends that are all or none (`append-cases.ts`).
 */
import { HostApiError } from '@reborn/host-api';
import { buildScope, equals, rejects, wrapStore } from '@reborn/host-api/testkit';
import type { BatchResult } from '../../event-log.ts';
import { BATCH_RECORDS } from '../../limits.ts';
import { readScopeFor } from '../../read-scope.ts';
import type { LogRecord } from '../../record/log-record.ts';
import { createEventLog } from '../../stored-event-log.ts';
import { buildLogRecord } from '../builder.ts';
import { logCase } from '../harness.ts';

const scope = readScopeFor(buildScope());

export const batchCases = [
  logCase('takes what it was given when it was called, whatever becomes of the list', async ({ log }) => {
    const whole: LogRecord[] = [buildLogRecord('run_submitted', 1), buildLogRecord('run_submitted', 2)];
    const appended = log.append(whole);
    whole.pop();
    whole.push(buildLogRecord('call_denied', 9));
    equals(await appended, [1, 2], 'an append');
    const batch = Array.from({ length: BATCH_RECORDS + 1 }, (_, at) => buildLogRecord('run_submitted', at + 1));
    const answered = log.appendBatch(batch);
    batch.length = 0;
    equals((await answered).length, BATCH_RECORDS + 1, 'a batch');
  }),
  logCase('refuses what is no list', async ({ log }) => {
    for (const bad of [undefined, null, 'records', {}, { length: 1 }]) {
      await rejects(log.append(bad as never), ['events/invalid_request'], 'an append');
      await rejects(log.appendBatch(bad as never), ['events/invalid_request'], 'a batch');
    }
  }),
  logCase('answers a batch with one cursor for each record, in their order, over all streams', async ({ log }) => {
    const other = buildScope({ tenantId: 'globex' });
    const batch = [
      buildLogRecord('run_submitted', 1),
      buildLogRecord('call_denied', 2),
      buildLogRecord('run_completed', 3),
      buildLogRecord('run_submitted', 4, { scope: other }),
    ];
    equals((await log.appendBatch(batch)).map(told), [1, 1, 2, 1], 'each stream counts for itself');
    equals((await log.appendBatch(batch)).map(told), [1, 1, 2, 1], 'and a batch that is sent again adds nothing');
    equals([await log.head('runtime', scope), await log.appendBatch([])], [2, []], 'an empty batch is nothing');
  }),
  logCase('takes a batch longer than one commit', async ({ log }) => {
    const count = BATCH_RECORDS * 2 + 7;
    const results = await log.appendBatch(runs(1, count));
    equals(results.map(told), range(1, count), 'all of it');
    equals(await log.head('runtime', scope), count, 'and all of it is there');
  }),
  logCase('keeps the prefix before a malformed record and goes no further', async ({ log }) => {
    for (const at of [0, 3, BATCH_RECORDS + 2]) {
      const first = 10_000 * (at + 1);
      const before = await log.head('runtime', scope);
      const bad = { ...buildLogRecord('run_submitted', first + 900), prompt: 'no' } as never;
      const results = await log.appendBatch([...runs(first, at), bad, ...runs(first + 1_000, 3)]);
      equals(
        results.map(told),
        [...range(before + 1, before + at), 'events/invalid_record', 'not_reached', 'not_reached', 'not_reached'],
        'good ones before it, and nothing behind it',
      );
      equals(await log.head('runtime', scope), before + at, 'the good ones are durable, and nothing else is');
    }
  }),
  logCase('says which records may not be there when the store fails half way, and takes them again', async (opened) => {
    let commits = 0;
    const store = wrapStore(opened.store, {
      commit: async (writes) => {
        commits += 1;
        if (commits === 2) throw new HostApiError('host-api/store_unavailable');
        return opened.store.commit(writes);
      },
    });
    const log = createEventLog(store);
    const batch = runs(1, BATCH_RECORDS * 2 + 1);
    const expected = [
      ...range(1, BATCH_RECORDS),
      ...Array<string>(BATCH_RECORDS).fill('host-api/store_unavailable'),
      'not_reached',
    ];
    equals((await log.appendBatch(batch)).map(told), expected, 'a prefix, what failed, and what was not tried');
    equals(await log.head('runtime', scope), BATCH_RECORDS, 'the prefix is durable');
    equals((await log.appendBatch(batch)).map(told), range(1, batch.length), 'the same batch again completes it');
  }),
  logCase('refuses to append more at once than one unit holds, and writes nothing', async ({ log }) => {
    const refusal = await log.append(runs(1, 1_001)).then(
      () => 'appended',
      (reason: unknown) => (reason as HostApiError).toJSON(),
    );
    equals((refusal as { code?: string }).code, 'events/invalid_request', 'too many records');
    const tenants = range(1, 257).map((number) =>
      buildLogRecord('run_submitted', number, { scope: buildScope({ tenantId: `tenant-${number}` }) }),
    );
    const other = await log.append(tenants).then(
      () => 'appended',
      (reason: unknown) => (reason as HostApiError).code,
    );
    equals(other, 'events/invalid_request', 'too many streams');
    equals(await log.head('runtime', scope), 0, 'nothing was written');
  }),
];

function told(result: BatchResult): number | string {
  switch (result.kind) {
    case 'appended':
      return result.cursor;
    case 'failed':
      return result.fault.code;
    case 'not_reached':
      return 'not_reached';
  }
}

function runs(first: number, count: number): readonly LogRecord[] {
  return Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
