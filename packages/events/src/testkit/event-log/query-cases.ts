/**
 * What the log promises to those who ask by what records carry.
 *
 * Not here: everything of one correlation (`trace-cases.ts`).
 * Source: specification 5, R-08.
 */
import {
  SCOPE_ID_BYTES_MAX,
  parseCapabilityId,
  parseCorrelationId,
  parseInvocationId,
  parseRunId,
  parseUserId,
} from '@reborn/host-api';
import {
  buildGrant,
  buildScope,
  createSentinel,
  equals,
  FAKE_START_MS,
  findLeaks,
  fixedUuid,
  holds,
  rejects,
  wrapStore,
} from '@reborn/host-api/testkit';
import type { EventLog, QueryRequest } from '../../event-log.ts';
import { LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor } from '../../read-scope.ts';
import { toActorId } from '../../record/labels.ts';
import { createEventLog } from '../../stored-event-log.ts';
import { buildForeignAppend, buildLogRecord } from '../builder.ts';
import { cutOff, logCase } from '../harness.ts';

const { tenantId } = buildScope();
const alice = readScopeFor(buildScope());
const everything = readScopeByGrant(
  tenantId,
  buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: tenantId } }),
  FAKE_START_MS,
);

export const queryCases = [
  logCase('finds records by kind, actor, capability, run, call, correlation and time', async ({ log }) => {
    const marks = {
      runId: parseRunId(fixedUuid(101)),
      invocationId: parseInvocationId(fixedUuid(102)),
      correlationId: parseCorrelationId(fixedUuid(103)),
    };
    const capabilityId = parseCapabilityId('mail.send');
    const by = { kind: 'user', id: parseUserId('bob') } as const;
    await log.append([
      buildLogRecord('approval_refused', 1),
      buildLogRecord('approval_refused', 2, marks),
      buildLogRecord('approval_refused', 3, { capabilityId }),
      buildLogRecord('approval_refused', 4, { by }),
      buildLogRecord('approval_refused', 5, { atMs: FAKE_START_MS + 50 }),
      buildLogRecord('call_denied', 6),
    ]);
    const found = (part: Partial<QueryRequest>) => cursorsOf(log, { family: 'audit', ...part });
    const { runId, invocationId, correlationId } = marks;
    equals(await found({ runId }), [2], 'the run');
    equals(await found({ invocationId }), [2], 'the call');
    equals(await found({ correlationId }), [2], 'the correlation');
    equals(await found({ capabilityId }), [3], 'the capability');
    equals(await found({ actor: 'user:bob' }), [4], 'the actor');
    equals(await found({ kinds: ['call_denied'] }), [6], 'the kind');
    equals(await found({ fromMs: FAKE_START_MS + 50 }), [5], 'from a time on, that time included');
    equals(await found({ toMs: FAKE_START_MS + 50 }), [1, 2, 3, 4, 6], 'up to a time, that time excluded');
    equals(await found({ runId, actor: 'user:bob' }), [], 'what carries only one of two does not match');
  }),
  logCase('finds records by the extension that answers for them', async ({ log }) => {
    const { provider: named } = buildLogRecord('dispatch_requested', 1) as { readonly provider?: string };
    holds(named !== undefined, 'builders name a provider');
    await log.append([buildLogRecord('run_submitted', 1), buildLogRecord('dispatch_requested', 2)]);
    equals(await cursorsOf(log, { provider: named }), [2], 'by its provider');
    equals(await cursorsOf(log, { provider: `${named}-other` }), [], 'and by no other');
  }),
  logCase('finds what the longest of names has done', async ({ log }) => {
    const by = { kind: 'user', id: parseUserId('u'.repeat(SCOPE_ID_BYTES_MAX)) } as const;
    await log.append([buildLogRecord('approval_resolved', 1, { by })]);
    equals(await cursorsOf(log, { family: 'audit', actor: toActorId(by) }), [1], 'a kind and an id of 256 bytes');
  }),
  logCase('takes patterns of kinds, and tells the nearest kind for one that there is not', async ({ log, store }) => {
    await log.append([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('dispatch_requested', 2),
      buildLogRecord('dispatch_failed', 3),
      buildLogRecord('model_failed', 4),
    ]);
    await store.commit([buildForeignAppend('runtime', 5, { kind: 'run_teleported', body: { v: 1 } })]);
    equals(await cursorsOf(log, { kinds: ['dispatch_*'] }), [2, 3], 'a beginning');
    equals(await cursorsOf(log, { kinds: ['*_failed', 'run_submitted'] }), [1, 3, 4], 'an end, and a name');
    equals(await cursorsOf(log, { kinds: ['*'] }), [1, 2, 3, 4, 5], 'anything, of newer versions too');
    const secret = createSentinel('kind');
    for (const kinds of [['dispatch_fialed'], ['zzz_*'], ['call_denied'], [secret]]) {
      const reason = await log.query({ ...request, kinds }).catch((refused: unknown) => refused);
      const { code, detail } = reason as { code?: string; detail?: { field?: string; rule?: string } };
      equals([code, detail?.field], ['events/invalid_request', 'kinds'], 'it is refused');
      equals(findLeaks(reason, [secret]), [], 'without repeating what was sent');
      if (kinds[0] === 'dispatch_fialed') {
        equals(detail?.rule, 'must be kinds of the runtime family; the nearest is dispatch_failed', 'with help');
      }
    }
  }),
  logCase('pages in both directions without repeating or skipping while others append', async ({ log }) => {
    await appendRuns(log, 1, 7);
    for (const order of ['oldest', 'newest'] as const) {
      const head = await log.head('runtime', alice);
      const found: number[] = [];
      let page: string | undefined;
      let pages = 0;
      do {
        const answer = await log.query({ ...request, order, limit: 3, ...(page === undefined ? {} : { page }) });
        found.push(...answer.entries.map(({ cursor }) => cursor));
        page = answer.page;
        pages += 1;
        await appendRuns(log, 100 * pages + (order === 'oldest' ? 0 : 50), 2);
      } while (page !== undefined);
      const all = Array.from({ length: head }, (_, at) => at + 1);
      equals(found, order === 'oldest' ? all : all.toReversed(), 'what was there at the first page, each once');
      equals(pages, Math.ceil(head / 3), 'and no empty page');
    }
  }),
  logCase('leaves out what is appended while one page is put together', async (opened) => {
    const sharedByAll = buildScope({ agentId: undefined });
    await opened.log.append([buildLogRecord('run_submitted', 1, { scope: sharedByAll })]);
    await appendRuns(opened.log, 2, 5);
    let looks = 0;
    const store = wrapStore(opened.store, {
      readStream: async (asked) => {
        const page = await opened.store.readStream(asked);
        looks += 1;
        await opened.log.append([buildLogRecord('run_submitted', 100 + looks, { scope: sharedByAll })]);
        return page;
      },
    });
    const scope = readScopeFor(sharedByAll);
    const answer = await createEventLog(store).query({ ...request, scope, limit: 2 });
    holds(looks > 1, 'it had to look more than once');
    equals([answer.entries.map(({ cursor }) => cursor), answer.page], [[1], undefined], 'only what was there at first');
  }),
  logCase('says when a page was the last one, also when it is full', async ({ log }) => {
    await appendRuns(log, 1, 4);
    const first = await log.query({ ...request, limit: 2 });
    holds(first.page !== undefined, 'there are more');
    const second = await log.query({ ...request, limit: 2, page: first.page });
    equals([second.entries.length, second.page], [2, undefined], 'a full last page leads nowhere');
    const empty = await log.query({ ...request, kinds: ['run_failed'] });
    equals(empty, { entries: [], earliest: 1 }, 'nothing matches, and nothing follows');
  }),
  logCase('takes a token only for the request and the scope that it was given for', async ({ log }) => {
    await appendRuns(log, 1, 6);
    const { page } = await log.query({ ...request, limit: 2 });
    holds(page !== undefined, 'there is a token');
    equals((await log.query({ ...request, limit: 4, page })).entries.length, 4, 'another limit is no other request');
    const others: readonly Partial<QueryRequest>[] = [
      { order: 'newest' },
      { kinds: ['run_submitted'] },
      { family: 'journal' },
      { runId: parseRunId(fixedUuid(1)) },
      { fromMs: 1 },
      { scope: everything },
      { scope: readScopeFor(buildScope({ userId: 'bob' })) },
      { scope: readScopeFor(buildScope({ tenantId: 'globex' })) },
      { scope: readScopeFor(buildScope({ agentId: undefined })) },
    ];
    for (const other of others) await refusesPage(log, { ...other, page });
    const [places = '', seal = ''] = page.split('.');
    const mangled = [
      '',
      '.',
      'x',
      places,
      `${places}.`,
      `.${seal}`,
      `${page}0`,
      page.toUpperCase(),
      `0-${page}`,
      page.slice(1),
    ];
    for (let at = 0; at < page.length; at += 1) {
      mangled.push(`${page.slice(0, at)}${page[at] === '0' ? '1' : '0'}${page.slice(at + 1)}`);
    }
    for (const bad of mangled) await refusesPage(log, { page: bad });
    for (const bad of [7, null, {}, 'é'.repeat(10), 'a'.repeat(10_000)]) await refusesPage(log, { page: bad as never });
  }),
  logCase('shows each owner only their own records, whatever is asked', async ({ log }) => {
    const owners = [buildScope(), buildScope({ userId: 'bob' }), buildScope({ agentId: undefined })];
    const runId = parseRunId(fixedUuid(101));
    for (const [at, scope] of owners.entries())
      await log.append([buildLogRecord('run_submitted', at + 1, { scope, runId })]);
    for (const [at, scope] of owners.entries()) {
      equals(await cursorsOf(log, { scope: readScopeFor(scope), runId }), [at + 1], 'an owner sees one of three');
    }
    equals(await cursorsOf(log, { scope: everything, runId }), [1, 2, 3], 'a grant sees all');
    const narrowed = readScopeFor(buildScope(), { runId: parseRunId(fixedUuid(202)) });
    equals(await cursorsOf(log, { scope: narrowed, runId }), [], 'what contradicts the scope finds nothing');
  }),
  logCase('says from where on it knows anything', async ({ log, store }) => {
    await appendRuns(log, 1, 5);
    await cutOff(store, 3);
    const answer = await log.query(request);
    equals(
      [answer.entries.map(({ cursor }) => cursor), answer.earliest],
      [[4, 5], 4],
      'what was cut off is no part of the answer, and it says so',
    );
  }),
  logCase('refuses queries that have no proper form', async ({ log }) => {
    const bad: readonly Partial<Record<keyof QueryRequest, unknown>>[] = [
      ...[0, -1, 1.5, 1001, '10'].map((limit) => ({ limit })),
      ...['sideways', undefined].map((order) => ({ order })),
      ...['', 'a\nb', 'ä'.repeat(137), 7].flatMap((text) => [{ actor: text }, { provider: text }]),
      ...['no uuid', 1].flatMap((id) => [{ runId: id }, { invocationId: id }, { correlationId: id }]),
      ...[-1, 0.5, '1'].flatMap((ms) => [{ fromMs: ms }, { toMs: ms }]),
      { fromMs: 2, toMs: 1 },
      ...[[], 'run_submitted', [''], [7], Array(257).fill('*')].map((kinds) => ({ kinds })),
      ...['turn', 'transcript', ''].map((family) => ({ family })),
      ...[null, {}].map((scope) => ({ scope })),
    ];
    for (const part of bad) {
      const asked = { ...request, ...part } as QueryRequest;
      await rejects(log.query(asked), ['events/invalid_request'], `refuses ${JSON.stringify(part).slice(0, 40)}`);
    }
  }),
];

const request: QueryRequest = { family: 'runtime', scope: alice, order: 'oldest', limit: 100 };

async function cursorsOf(log: EventLog, part: Partial<QueryRequest>): Promise<readonly number[]> {
  return (await log.query({ ...request, ...part })).entries.map(({ cursor }) => cursor);
}

async function refusesPage(log: EventLog, part: Partial<QueryRequest>): Promise<void> {
  const reason = await log.query({ ...request, ...part }).catch((refused: unknown) => refused);
  const { code, detail } = reason as { code?: string; detail?: { field?: string } };
  equals([code, detail?.field], ['events/invalid_request', 'page'], `no token of ours: ${JSON.stringify(part.page)}`);
}

async function appendRuns(log: EventLog, first: number, count: number): Promise<void> {
  await log.append(Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at)));
}
