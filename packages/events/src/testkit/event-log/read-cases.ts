/**
 * What the log promises to those who read.
 *
 * Not here: appending (`append-cases.ts`), following (`tail-cases.ts`).
 */
import { parseCorrelationId, parseInvocationId, parseRunId, type ResourceScope } from '@reborn/host-api';
import { buildGrant, buildScope, equals, FAKE_START_MS, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import { before, type Cursor } from '../../cursor.ts';
import type { EventLog, ReadRequest } from '../../event-log.ts';
import { LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor, type ReadNarrowing } from '../../read-scope.ts';
import { buildForeignAppend, buildLogRecord } from '../builder.ts';
import { cutOff, logCase } from '../harness.ts';

const alice = readScopeFor(buildScope());

export const readCases = [
  logCase('reads an empty stream as an empty page at the origin', async ({ log }) => {
    equals(await read(log), { kind: 'page', entries: [], next: 0, head: 0 }, 'without a cursor');
    equals(await read(log, { after: 0 as Cursor }), { kind: 'page', entries: [], next: 0, head: 0 }, 'from the origin');
    equals(await log.head('runtime', alice), 0, 'its head is the origin');
  }),
  logCase('reads on from where it stopped, page by page', async ({ log }) => {
    await appendRuns(log, 5);
    equals(await readCursors(log, { limit: 2 }), { cursors: [1, 2], next: 2, head: 5 }, 'the first page');
    equals(
      await readCursors(log, { limit: 2, after: 2 as Cursor }),
      { cursors: [3, 4], next: 4, head: 5 },
      'the second',
    );
    equals(await readCursors(log, { limit: 2, after: 4 as Cursor }), { cursors: [5], next: 5, head: 5 }, 'the last');
    equals(
      await readCursors(log, { limit: 2, after: 5 as Cursor }),
      { cursors: [], next: 5, head: 5 },
      'then nothing, and it stays',
    );
  }),
  logCase('says that a cursor lies ahead, of an empty stream and of the head', async ({ log }) => {
    equals(await read(log, { after: 1 as Cursor }), { kind: 'cursor_ahead', head: 0 }, 'an empty stream');
    await appendRuns(log, 2);
    equals((await read(log, { after: 2 as Cursor })).kind, 'page', 'the head itself is no cursor ahead');
    equals(await read(log, { after: 3 as Cursor }), { kind: 'cursor_ahead', head: 2 }, 'behind the head');
  }),
  logCase('says that a cursor is too old when records behind it were cut off', async ({ log, store }) => {
    await appendRuns(log, 5);
    await cutOff(store, 3);
    const tooOld = { kind: 'cursor_too_old', earliest: 4 };
    for (const after of [undefined, 0, 1, 2]) {
      const request = after === undefined ? {} : { after: after as Cursor };
      equals(await read(log, request), tooOld, 'no cursor is the origin');
    }
    equals(
      await readCursors(log, { after: before(4 as Cursor) }),
      { cursors: [4, 5], next: 5, head: 5 },
      'the cursor before the earliest record is not too old',
    );
    await cutOff(store, 5);
    equals(await read(log, { after: 4 as Cursor }), { kind: 'cursor_too_old', earliest: 6 }, 'all of it was cut off');
    equals(await readCursors(log, { after: 5 as Cursor }), { cursors: [], next: 5, head: 5 }, 'caught up is no gap');
    equals(await read(log, { after: 6 as Cursor }), { kind: 'cursor_ahead', head: 5 }, 'and the head stays the head');
    equals(await log.append([buildLogRecord('run_submitted', 9)]), [6], 'cursors go on');
  }),
  logCase(
    'tells where a stream begins and ends in one look, and whether one can go on from a cursor',
    async (opened) => {
      const { log, store } = opened;
      const bounds = (after?: number) =>
        log.bounds({ family: 'runtime', scope: alice, ...(after === undefined ? {} : { after: after as Cursor }) });
      equals(await bounds(), { kind: 'bounds', earliest: 1, head: 0 }, 'an empty stream');
      equals(await bounds(1), { kind: 'cursor_ahead', head: 0 }, 'any cursor lies ahead of it');
      await appendRuns(log, 5);
      await cutOff(store, 2);
      equals(await bounds(), { kind: 'bounds', earliest: 3, head: 5 }, 'what is left');
      equals(await bounds(2), { kind: 'bounds', earliest: 3, head: 5 }, 'one can go on before the earliest');
      equals(await bounds(1), { kind: 'cursor_too_old', earliest: 3 }, 'and not further back');
      equals(await bounds(6), { kind: 'cursor_ahead', head: 5 }, 'nor ahead');
    },
  ),
  logCase('is not bricked by a cut beyond its head', async ({ log, store }) => {
    await appendRuns(log, 2);
    const stream = { family: 'runtime', tenantId: buildScope().tenantId } as const;
    const outcome = await store.commit([{ kind: 'truncate', stream, through: 3 }]);
    equals(outcome.kind === 'conflict' && outcome.reason, 'beyond_head', 'the cut is refused');
    equals((await readCursors(log, {})).cursors, [1, 2], 'and everything is there');
    equals(await log.append([buildLogRecord('run_submitted', 3)]), [3], 'and it goes on');
  }),
  logCase('shows each owner only their own records', async ({ log }) => {
    const owners: readonly ResourceScope[] = [
      buildScope(),
      buildScope({ userId: 'bob' }),
      buildScope({ agentId: 'other' }),
      buildScope({ agentId: undefined }),
    ];
    for (const [at, scope] of owners.entries()) await log.append([buildLogRecord('run_submitted', at + 1, { scope })]);
    await log.append([buildLogRecord('run_submitted', 9, { scope: buildScope({ tenantId: 'globex' }) })]);
    for (const [at, scope] of owners.entries()) {
      const seen = await readCursors(log, { scope: readScopeFor(scope) });
      equals(
        seen,
        { cursors: [at + 1], next: 4, head: 4 },
        'an owner sees one of four; an absent agent is an owner too',
      );
    }
  }),
  logCase('does not match a record that lacks what a scope names', async ({ log }) => {
    const inProject = buildScope({ projectId: 'p1', missionId: 'm1' });
    await log.append([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('run_submitted', 2, { scope: inProject }),
      buildLogRecord('run_submitted', 3, { scope: buildScope({ projectId: 'p2', threadId: 'thread-2' }) }),
    ]);
    const seenBy = async (scope: ResourceScope) => (await readCursors(log, { scope: readScopeFor(scope) })).cursors;
    equals(await seenBy(inProject), [2], 'project and mission');
    equals(await seenBy(buildScope({ projectId: 'p2', threadId: undefined })), [3], 'one project, any thread');
    equals(
      await seenBy(buildScope({ threadId: undefined })),
      [1, 2, 3],
      'what a scope does not name, it does not narrow',
    );
  }),
  logCase('narrows to one run, one call or one correlation', async ({ log }) => {
    const marks = {
      runId: parseRunId(fixedUuid(101)),
      invocationId: parseInvocationId(fixedUuid(102)),
      correlationId: parseCorrelationId(fixedUuid(103)),
    };
    await log.append([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('run_submitted', 2, marks),
      buildLogRecord('run_submitted', 3, { runId: parseRunId(fixedUuid(201)) }),
    ]);
    for (const [name, value] of Object.entries(marks)) {
      const narrowing: ReadNarrowing = { [name]: value };
      const seen = await readCursors(log, { scope: readScopeFor(buildScope(), narrowing) });
      equals(seen, { cursors: [2], next: 3, head: 3 }, 'only the record that carries it');
    }
  }),
  logCase('passes by trailing records that do not match', async ({ log }) => {
    await appendRuns(log, 2);
    await log.append(
      [3, 4, 5].map((number) => buildLogRecord('run_submitted', number, { scope: buildScope({ userId: 'bob' }) })),
    );
    equals(
      await readCursors(log, { limit: 2 }),
      { cursors: [1, 2], next: 2, head: 5 },
      'a full page ends at its last record',
    );
    equals(
      await readCursors(log, { after: 2 as Cursor }),
      { cursors: [], next: 5, head: 5 },
      'an empty one at the head',
    );
    equals(await readCursors(log, {}), { cursors: [1, 2], next: 5, head: 5 }, 'and so does one with room left');
  }),
  logCase('reads only the kinds that were asked for', async ({ log }) => {
    await log.append([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('run_completed', 2),
      buildLogRecord('run_submitted', 3),
    ]);
    equals(await readCursors(log, { kinds: ['run_completed'] }), { cursors: [2], next: 3, head: 3 }, 'one kind');
    equals((await readCursors(log, { kinds: ['run_completed', 'run_submitted'] })).cursors, [1, 2, 3], 'two kinds');
  }),
  logCase('opens a whole tenant to a grant, and nothing else to it', async ({ log }) => {
    await log.append([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('run_submitted', 2, { scope: buildScope({ userId: 'bob', agentId: undefined }) }),
    ]);
    await log.append([buildLogRecord('run_submitted', 3, { scope: buildScope({ tenantId: 'globex' }) })]);
    const { tenantId } = buildScope();
    const grant = buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: tenantId } });
    const scope = readScopeByGrant(tenantId, grant, FAKE_START_MS);
    equals(await readCursors(log, { scope }), { cursors: [1, 2], next: 2, head: 2 }, 'every owner of the tenant');
  }),
  logCase('refuses requests that have no proper form', async ({ log }) => {
    await appendRuns(log, 1);
    const bad: readonly Partial<Record<keyof ReadRequest, unknown>>[] = [
      ...[0, -1, 1.5, 1001, Number.NaN, Number.MAX_SAFE_INTEGER, '10'].map((limit) => ({ limit })),
      ...[-1, 0.5, Number.NaN, '1', null].map((after) => ({ after })),
      ...['transcript', 'turn', '', undefined].map((family) => ({ family })),
      ...[[], ['call_denied'], ['no_such_kind'], ['run_submitted', 'toString'], 'run_submitted', {}, 7].map(
        (kinds) => ({ kinds }),
      ),
      ...[undefined, null, {}, { tenantId: 'acme', labels: {}, admits: () => true }].map((scope) => ({ scope })),
    ];
    for (const part of bad) {
      const request = { family: 'runtime', scope: alice, limit: 10, ...part } as ReadRequest;
      await rejects(log.read(request), ['events/invalid_request'], `refuses ${Object.keys(part).join()}`);
    }
    await rejects(log.head('runtime', {} as never), ['events/invalid_request'], 'the head takes a read scope too');
  }),
  logCase('passes what a newer version wrote without failing on it', async ({ log, store }) => {
    const newer = { v: 2, anything: true };
    await store.commit([buildForeignAppend('runtime', 1, { body: newer })]);
    await store.commit([
      buildForeignAppend('runtime', 2, { kind: 'run_teleported', body: { v: 1, kind: 'run_teleported' } }),
    ]);
    await store.commit([buildForeignAppend('runtime', 3, { body: {} })]);
    await log.append([buildLogRecord('run_submitted', 4)]);
    const page = await read(log);
    holds(page.kind === 'page', 'the page is read');
    const unknown = (number: number, kind: string) => ({
      known: false,
      family: 'runtime',
      cursor: number,
      eventId: fixedUuid(number),
      kind,
      atMs: FAKE_START_MS,
    });
    equals(
      page.entries,
      [
        unknown(1, 'run_submitted'),
        unknown(2, 'run_teleported'),
        unknown(3, 'run_submitted'),
        { known: true, family: 'runtime', cursor: 4, record: buildLogRecord('run_submitted', 4) },
      ],
      'unknown entries say what they are called and nothing else',
    );
  }),
  logCase('does not believe a body that speaks of another record', async ({ log, store }) => {
    const body = JSON.parse(JSON.stringify({ v: 1, ...buildLogRecord('run_completed', 77) }));
    await store.commit([buildForeignAppend('runtime', 1, { body })]);
    const page = await read(log);
    equals(
      page.kind === 'page' && page.entries.map((entry) => entry.known),
      [false],
      'kind and event id are those of the row',
    );
  }),
  logCase('says where the head is, whoever owns the newest record', async ({ log }) => {
    await appendRuns(log, 2);
    await log.append([buildLogRecord('run_submitted', 3, { scope: buildScope({ userId: 'bob' }) })]);
    equals(await log.head('runtime', alice), 3, 'the head is unfiltered');
    await appendRuns(log, 1, 4);
    equals(await log.head('runtime', alice), 4, 'a later append lies beyond it');
  }),
  logCase('still has everything after a restart', async ({ log, restart }) => {
    await appendRuns(log, 3);
    const before = await read(log);
    const again = await restart();
    if (again === undefined) return;
    equals(await read(again.log), before, 'the same page');
    equals(
      await again.log.append([buildLogRecord('run_submitted', 2), buildLogRecord('run_submitted', 4)]),
      [2, 4],
      'cursors and identities go on',
    );
  }),
];

function read(log: EventLog, request: Partial<ReadRequest> = {}) {
  return log.read({ family: 'runtime', scope: alice, limit: 10, ...request });
}

async function readCursors(log: EventLog, request: Partial<ReadRequest>) {
  const page = await read(log, request);
  holds(page.kind === 'page', 'there is a page');
  return { cursors: page.entries.map(({ cursor }) => cursor), next: page.next, head: page.head };
}

async function appendRuns(log: EventLog, count: number, first = 1): Promise<void> {
  await log.append(Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at)));
}
