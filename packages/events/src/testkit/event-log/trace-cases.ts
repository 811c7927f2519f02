/**
 * What the log promises to those who follow one correlation through it.
 *
 * Not here: queries of one family (`query-cases.ts`).
 */
import { parseCorrelationId } from '@reborn/host-api';
import { buildScope, equals, FAKE_START_MS, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import type { EventLog, TraceRequest } from '../../event-log.ts';
import { readScopeFor } from '../../read-scope.ts';
import { buildLogRecord } from '../builder.ts';
import { logCase } from '../harness.ts';

const correlationId = parseCorrelationId(fixedUuid(7));
const request: TraceRequest = { scope: readScopeFor(buildScope()), correlationId, limit: 100 };
const at = (ms: number) => ({ correlationId, atMs: FAKE_START_MS + ms });

export const traceCases = [
  logCase('tells one correlation over all families in the order of time', async ({ log }) => {
    await log.append([
      buildLogRecord('run_submitted', 1, at(0)),
      buildLogRecord('run_completed', 2, at(50)),
      buildLogRecord('run_submitted', 3),
      buildLogRecord('effect_intended', 4, at(20)),
      buildLogRecord('effect_settled', 5, at(30)),
      buildLogRecord('call_denied', 6, at(30)),
      buildLogRecord('boundary_decided', 7, at(10)),
    ]);
    equals(
      await told(log, {}),
      ['runtime 1', 'security 1', 'journal 1', 'journal 2', 'audit 1', 'runtime 2'],
      'by time, then family, then cursor',
    );
    equals(
      await told(log, { families: ['audit', 'journal', 'audit'] }),
      ['journal 1', 'journal 2', 'audit 1'],
      'of some',
    );
    equals(await told(log, { correlationId: parseCorrelationId(fixedUuid(8)) }), [], 'nothing of another correlation');
  }),
  logCase('never lets entries of one family change places, whatever their clocks said', async ({ log }) => {
    await log.append([
      buildLogRecord('run_submitted', 1, at(100)),
      buildLogRecord('run_claimed', 2, at(10)),
      buildLogRecord('run_completed', 3, at(20)),
      buildLogRecord('call_denied', 4, at(50)),
    ]);
    const expected = ['audit 1', 'runtime 1', 'runtime 2', 'runtime 3'];
    equals(await told(log, {}), expected, 'the cursor decides within a family');
    equals(await byPages(log, 1), expected, 'and page by page as well');
  }),
  logCase('pages without repeating or skipping while others append', async ({ log }) => {
    const expected: string[] = [];
    for (let number = 1; number <= 9; number += 1) {
      await log.append([
        buildLogRecord('run_submitted', number, at(number * 10)),
        buildLogRecord('call_denied', number, at(number * 10 + 5)),
      ]);
      expected.push(`runtime ${number}`, `audit ${number}`);
    }
    for (const limit of [1, 2, 5, 18, 19]) {
      const more = { number: 1_000 * limit };
      const found = await byPages(log, limit, async () => {
        more.number += 1;
        await log.append([buildLogRecord('hook_note', more.number, at(1_000))]);
      });
      const old = found.filter((entry) => !entry.startsWith('journal'));
      equals(old, expected, 'each entry that was there at the first page, once, in order');
    }
  }),
  logCase('shows an owner nothing of others who share the correlation', async ({ log }) => {
    const bob = buildScope({ userId: 'bob' });
    await log.append([
      buildLogRecord('run_submitted', 1, at(0)),
      buildLogRecord('run_submitted', 2, { ...at(1), scope: bob }),
      buildLogRecord('run_submitted', 3, { ...at(2), scope: buildScope({ tenantId: 'globex' }) }),
    ]);
    equals(await told(log, {}), ['runtime 1'], 'their own');
    equals(await told(log, { scope: readScopeFor(bob) }), ['runtime 2'], 'and theirs');
    const narrowed = readScopeFor(buildScope(), { correlationId: parseCorrelationId(fixedUuid(9)) });
    equals(await told(log, { scope: narrowed }), [], 'a scope that is narrowed to another correlation sees nothing');
  }),
  logCase('refuses traces that have no proper form, and tokens of others', async ({ log }) => {
    await log.append([1, 2, 3].map((number) => buildLogRecord('run_submitted', number, at(number))));
    const { page } = await log.trace({ ...request, limit: 1 });
    holds(page !== undefined, 'there is a token');
    const bad: readonly Partial<Record<keyof TraceRequest, unknown>>[] = [
      { scope: {} },
      { limit: 0 },
      { correlationId: 'no uuid' },
      { families: [] },
      { families: ['turn'] },
      { page: `${page}0` },
      { page, families: ['runtime'] },
      { page, correlationId: fixedUuid(8) },
      { page, scope: readScopeFor(buildScope({ userId: 'bob' })) },
    ];
    for (const part of bad) {
      const asked = { ...request, ...part } as TraceRequest;
      await rejects(log.trace(asked), ['events/invalid_request'], `refuses ${Object.keys(part).join()}`);
    }
  }),
];

async function told(log: EventLog, part: Partial<TraceRequest>): Promise<readonly string[]> {
  const { entries } = await log.trace({ ...request, ...part });
  return entries.map(({ family, cursor }) => `${family} ${cursor}`);
}

async function byPages(log: EventLog, limit: number, between = async (): Promise<void> => undefined) {
  const found: string[] = [];
  let page: string | undefined;
  do {
    const answer = await log.trace({ ...request, limit, ...(page === undefined ? {} : { page }) });
    found.push(...answer.entries.map(({ family, cursor }) => `${family} ${cursor}`));
    page = answer.page;
    await between();
  } while (page !== undefined);
  return found;
}
