/**
 * What the log promises to those who append.
 *
 * Not here: reading (`read-cases.ts`), following (`tail-cases.ts`).
 */
import type { JsonObject } from '@reborn/host-api';
import { buildScope, createSentinel, equals, findLeaks, holds, rejects } from '@reborn/host-api/testkit';
import { readScopeFor } from '../../read-scope.ts';
import { LOG_FAMILIES, toAppends, toLogEntry, type LogRecord } from '../../record/log-record.ts';
import { toErrorKind } from '../../redaction.ts';
import { buildForeignAppend, buildLogRecord, LOG_RECORD_KINDS } from '../builder.ts';
import { logCase, type OpenedLog } from '../harness.ts';

/** What stands on the left becomes what stands on the right. */
export const ERROR_KIND_TABLE: readonly (readonly [unknown, string])[] = [
  ['timed_out', 'timed_out'],
  ['store.unavailable', 'store.unavailable'],
  ['a:b.c_d', 'a:b.c_d'],
  ['a'.repeat(24), 'a'.repeat(24)],
  [`${'a'.repeat(24)}.${'b'.repeat(24)}.${'c'.repeat(14)}`, `${'a'.repeat(24)}.${'b'.repeat(24)}.${'c'.repeat(14)}`],
  [`${'a'.repeat(24)}.${'b'.repeat(24)}.${'c'.repeat(15)}`, 'unclassified'],
  ['a'.repeat(25), 'unclassified'],
  ['', 'unclassified'],
  ['.', 'unclassified'],
  ['a..b', 'unclassified'],
  ['a.', 'unclassified'],
  ['Timed_out', 'unclassified'],
  ['1st', 'unclassified'],
  ['_private', 'unclassified'],
  ['timed out', 'unclassified'],
  ['timed-out', 'unclassified'],
  ['timed_out\n', 'unclassified'],
  ['/home/alice/.ssh/id_rsa', 'unclassified'],
  ['https://example.org/?token=1', 'unclassified'],
  ['sk-live-4242424242424242', 'unclassified'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'unclassified'],
  ['sk_live_4242424242424242', 'unclassified'],
  ['ghp_abcdefghijklmnop', 'unclassified'],
  ['failed:sk_abcdefghijklmn', 'unclassified'],
  ['eyjhbgcioijiuzi1nij9.eyjzdwiioiixin0.c2ln', 'unclassified'],
  ['a1b2c3d4e5f6', 'unclassified'],
  ['http_503', 'http_503'],
  ['fehler_ä', 'unclassified'],
  [undefined, 'unclassified'],
  [null, 'unclassified'],
  [42, 'unclassified'],
  [{ toString: () => 'timed_out' }, 'unclassified'],
];

export const appendCases = [
  logCase('gives records the cursors 1 to n in the order in which they were appended', async ({ log }) => {
    const records = [1, 2, 3].map((number) => buildLogRecord('model_started', number, { attempt: number }));
    equals(await log.append(records), [1, 2, 3], 'cursors run from 1');
    equals(await log.append([buildLogRecord('model_completed', 4)]), [4], 'and go on');
    const page = await log.read({ family: 'runtime', scope: readScopeFor(buildScope()), limit: 10 });
    const entries = [...records, buildLogRecord('model_completed', 4)].map((record, at) => ({
      known: true,
      family: 'runtime',
      cursor: at + 1,
      record,
    }));
    equals(page, { kind: 'page', entries, next: 4, head: 4 }, 'what was appended is read back whole');
  }),
  logCase('keeps and gives back records of every kind', async ({ log }) => {
    const records = LOG_RECORD_KINDS.map((kind, at) => buildLogRecord(kind, at + 1));
    await log.append(records);
    const found: LogRecord[] = [];
    for (const family of LOG_FAMILIES) {
      const page = await log.read({ family, scope: readScopeFor(buildScope()), limit: 100 });
      holds(page.kind === 'page', 'there is a page');
      found.push(...page.entries.flatMap((entry) => (entry.known ? [entry.record] : [])));
    }
    equals(found, records, 'each family holds its kinds, unchanged');
  }),
  logCase('leaves a record that is there already where it is', async ({ log }) => {
    const [first, second] = [buildLogRecord('run_submitted', 1), buildLogRecord('run_resumed', 2)];
    equals(await log.append([first]), [1], 'the first append');
    equals(await log.append([second, first, second]), [2, 1, 2], 'a repeated record keeps its cursor');
    equals(await log.append([first]), [1], 'also when it is all that is appended');
    equals(await readKinds({ log }), ['run_submitted', 'run_resumed'], 'and stands there once');
  }),
  logCase('keeps streams apart by family and tenant, also for one event id', async ({ log }) => {
    const other = buildScope({ tenantId: 'globex' });
    const records = [
      buildLogRecord('run_submitted', 1),
      buildLogRecord('call_denied', 1),
      buildLogRecord('run_submitted', 2, { scope: other }),
      buildLogRecord('run_submitted', 1, { scope: other }),
    ];
    equals(await log.append(records), [1, 1, 1, 2], 'each stream counts for itself');
    equals(await log.head('runtime', readScopeFor(buildScope())), 1, 'the head of one stream');
    equals(await log.head('runtime', readScopeFor(other)), 2, 'the head of the other');
  }),
  logCase('gives concurrent appenders distinct cursors without a gap', async ({ log }) => {
    const numbers = Array.from({ length: 40 }, (_, at) => at + 1);
    const cursors = await Promise.all(numbers.map((number) => log.append([buildLogRecord('run_submitted', number)])));
    equals(
      cursors.flat().toSorted((left, right) => left - right),
      numbers,
      'forty appends, forty cursors',
    );
  }),
  logCase('appends all records of one call or none', async ({ log }) => {
    const bad = { ...buildLogRecord('run_submitted', 2), scope: { tenantId: 'acme' } } as never;
    const appended = log.append([buildLogRecord('run_submitted', 1), bad]);
    await rejects(appended, ['events/invalid_record'], 'a record without an owner is refused');
    equals(await log.head('runtime', readScopeFor(buildScope())), 0, 'and nothing was written');
    equals(await log.append([]), [], 'nothing appended is nothing done');
  }),
  logCase('appends nothing when a guard of the same unit refuses', async ({ log, store }) => {
    const refused = {
      kind: 'transition',
      machine: 'lease',
      key: 'none',
      command: { trigger: 'check', holder: 'a', fence: 1 },
    } as const;
    const outcome = await store.commit([...toAppends([buildLogRecord('run_submitted', 1)]), refused]);
    equals(
      [outcome.kind, await log.head('runtime', readScopeFor(buildScope()))],
      ['conflict', 0],
      'the unit is refused whole',
    );
  }),
  logCase(
    'turns unusable tokens into unclassified when they are written and when they are read',
    async ({ log, store }) => {
      for (const [at, [raw, clean]] of ERROR_KIND_TABLE.entries()) {
        equals(toErrorKind(raw), clean, 'when it is built');
        const record = buildLogRecord('dispatch_failed', at + 1);
        Object.assign(record, { errorKind: raw });
        await log.append([record]);
      }
      const kinds = (await readAll({ log })).map((record) => ('errorKind' in record ? record.errorKind : undefined));
      equals(
        kinds,
        ERROR_KIND_TABLE.map(([, clean]) => clean),
        'when it is written',
      );
      const { stored, cursor } = await storeRaw(store, 1_000, {
        ...buildLogRecord('dispatch_failed', 1_000),
        errorKind: '/etc/passwd',
      });
      const entry = toLogEntry('runtime', stored);
      equals(
        entry,
        {
          known: true,
          family: 'runtime',
          cursor,
          record: buildLogRecord('dispatch_failed', 1_000, { errorKind: 'unclassified' }),
        },
        'when it is read',
      );
    },
  ),
  logCase(
    'keeps the owner of a hook as its provider, and turns labels that are none into unclassified',
    async ({ log }) => {
      const named = buildLogRecord('hook_failed', 1);
      const hostile = {
        hookId: 'hook:/etc/passwd',
        point: 'Before',
        category: 'Error: no',
        disposition: 'sk_live_12345678',
      };
      await log.append([named, buildLogRecord('hook_failed', 2, hostile)]);
      const none = 'unclassified';
      const clean = { hookId: none, point: none, category: none, disposition: none };
      equals(
        await readAll({ log }),
        [named, buildLogRecord('hook_failed', 2, clean)],
        'as they were written, but clean',
      );
    },
  ),
  logCase('lets nothing into a record that its kind does not have', async ({ log, store }) => {
    const secret = createSentinel('secret');
    for (const [at, kind] of LOG_RECORD_KINDS.entries()) {
      const record = { ...buildLogRecord(kind, at + 1), prompt: secret };
      const error = await log.append([record as never]).then(
        () => 'appended',
        (refused: unknown) => refused,
      );
      equals((error as { code?: string }).code, 'events/invalid_record', 'a field of no kind is refused');
      equals(findLeaks(error, [secret]), [], 'and the refusal does not repeat it');
    }
    const { stored } = await storeRaw(store, 1_000, { ...buildLogRecord('run_submitted', 1_000), prompt: secret });
    equals(findLeaks(toLogEntry('runtime', stored), [secret]), [], 'nor is it read from a row that holds it');
  }),
];

async function storeRaw(store: OpenedLog['store'], number: number, record: object) {
  const body = JSON.parse(JSON.stringify({ v: 1, ...record })) as JsonObject;
  await store.commit([buildForeignAppend('runtime', number, { kind: String(body['kind']), body })]);
  const page = await store.readStream({
    stream: { family: 'runtime', tenantId: buildScope().tenantId },
    after: 0,
    limit: 1,
    order: 'newest',
  });
  const [stored] = page.records;
  holds(stored !== undefined, 'the row is there');
  return { stored, cursor: page.head };
}

async function readAll({ log }: Pick<OpenedLog, 'log'>): Promise<readonly LogRecord[]> {
  const page = await log.read({ family: 'runtime', scope: readScopeFor(buildScope()), limit: 1000 });
  holds(page.kind === 'page', 'there is a page');
  return page.entries.flatMap((entry) => (entry.known ? [entry.record] : []));
}

async function readKinds(opened: Pick<OpenedLog, 'log'>): Promise<readonly string[]> {
  return (await readAll(opened)).map(({ kind }) => kind);
}
