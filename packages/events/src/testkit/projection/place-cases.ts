/**
 * Which cursors lead on, and what a scope lets through.
 *
 * Not here: what is said about it (`fold-cases.ts`).
 */
import { parseAgentId, parseTenantId } from '@reborn/host-api';
import { buildGrant, buildScope, createSentinel, equals, findLeaks, holds, rejects } from '@reborn/host-api/testkit';
import { LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor, type ReadScope } from '../../read-scope.ts';
import { logCase, type OpenedLog } from '../harness.ts';
import { ALICE, happen, kindsIn, projectionOf, runOf, standings, updateOf, type Happening } from './happenings.ts';

const RUNTIME = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const scopeOf = (axes: Parameters<typeof buildScope>[0]): ReadScope => readScopeFor(buildScope(axes));

/** The same stream, seen by others. */
const OTHERS: readonly (readonly [who: string, scope: ReadScope])[] = [
  ['another user', scopeOf({ userId: 'bob', threadId: undefined })],
  ['another agent', scopeOf({ agentId: 'other', threadId: undefined })],
  ['no agent', scopeOf({ agentId: undefined, threadId: undefined })],
  ['one project', scopeOf({ projectId: 'p', threadId: undefined })],
  ['one mission', scopeOf({ missionId: 'm', threadId: undefined })],
  ['one thread', scopeOf({})],
  ['one run', readScopeFor(buildScope({ threadId: undefined }), { runId: runOf(1) })],
  ['another tenant', scopeOf({ tenantId: 'globex', threadId: undefined })],
  [
    'a whole tenant',
    readScopeByGrant(
      RUNTIME.tenantId,
      buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: 'acme' } }),
      0,
    ),
  ],
];

export const placeCases = [
  logCase('goes on from its cursor, page by page, until nothing is new', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const projection = projectionOf(opened);
    const { next } = await projection.snapshot({ scope: ALICE });
    await happen(
      opened,
      2,
      (['run_claimed', 'model_started', 'run_completed'] as const).map((kind) => ({ kind, run: 1 })),
    );
    const first = updateOf(await projection.updates({ scope: ALICE, after: next, limit: 2 }));
    equals(kindsIn(first), ['run_claimed', 'model_started'], 'the first page');
    equals([standings(first.runs), first.more], [['run-1 running'], true], 'as it stands there, and there is more');
    const second = updateOf(await projection.updates({ scope: ALICE, after: first.next, limit: 2 }));
    equals([kindsIn(second), standings(second.runs)], [['run_completed'], ['run-1 completed']], 'the second page');
    const third = updateOf(await projection.updates({ scope: ALICE, after: second.next, limit: 2 }));
    equals([kindsIn(third), third.runs, third.more, third.next], [[], [], false, second.next], 'nothing new');
  }),
  logCase('lets an owner see what is theirs along every axis, and nothing else', async (opened) => {
    const axes = [
      { threadId: 'thread-1' },
      { threadId: 'thread-2' },
      { projectId: 'p', threadId: 'thread-3' },
      { missionId: 'm', threadId: 'thread-4' },
      { userId: 'bob' },
      { agentId: 'other' },
      { agentId: undefined },
      { tenantId: 'globex' },
    ];
    await happen(
      opened,
      1,
      axes.map((scope, run): Happening => ({ kind: 'run_submitted', run, scope })),
    );
    const seen = async (scope: ReadScope): Promise<readonly string[]> => {
      const { runs } = await projectionOf(opened).snapshot({ scope });
      return standings(runs).map((text) => text.split(' ')[0] ?? '');
    };
    const found = await Promise.all(OTHERS.map(async ([who, scope]) => [who, await seen(scope)]));
    const expected = [
      ['another user', ['run-4']],
      ['another agent', ['run-5']],
      ['no agent', ['run-6']],
      ['one project', ['run-2']],
      ['one mission', ['run-3']],
      ['one thread', ['run-0']],
      ['one run', ['run-1']],
      ['another tenant', ['run-7']],
      ['a whole tenant', ['run-6', 'run-5', 'run-4', 'run-3', 'run-2', 'run-1', 'run-0']],
    ];
    equals(found, expected, 'each its own');
    equals(await seen(ALICE), ['run-3', 'run-2', 'run-1', 'run-0'], 'all threads of one user and agent');
  }),
  logCase('does not take a cursor into another scope, where it would pass records by', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const projection = projectionOf(opened);
    const { next } = await projection.snapshot({ scope: ALICE });
    const found = await Promise.all(OTHERS.map(([, scope]) => projection.updates({ scope, after: next })));
    equals(
      found,
      OTHERS.map(() => ({ kind: 'rebase_required', reason: 'foreign' })),
      'everybody else begins anew',
    );
    const again = readScopeFor(buildScope({ threadId: undefined }));
    equals((await projection.updates({ scope: again, after: next })).kind, 'update', 'the same scope, made again');
  }),
  logCase('asks for a new beginning behind what retention took', async (opened) => {
    const projection = projectionOf(opened);
    const { next: origin } = await projection.snapshot({ scope: ALICE });
    await happen(
      opened,
      1,
      Array.from({ length: 6 }, (_, run) => ({ kind: 'run_submitted', run })),
    );
    const [first, second] = await twoPages(opened, origin);
    await opened.store.commit([{ kind: 'truncate', stream: RUNTIME, through: 4 }]);
    for (const after of [origin, first]) {
      const answer = await projection.updates({ scope: ALICE, after });
      equals(answer, { kind: 'rebase_required', reason: 'stale' }, 'what lay behind it is gone');
    }
    const kept = updateOf(await projection.updates({ scope: ALICE, after: second }));
    equals(standings(kept.runs), ['run-5 queued', 'run-4 queued'], 'a cursor at the cut still leads on');
    const { runs } = await projection.snapshot({ scope: ALICE });
    equals(standings(runs), ['run-5 queued', 'run-4 queued'], 'a new beginning is what is left');
    await opened.store.commit([{ kind: 'truncate', stream: RUNTIME, through: 6 }]);
    const empty = await projection.snapshot({ scope: ALICE });
    equals([empty.entries, empty.runs], [[], []], 'also when that is nothing');
    await happen(opened, 7, [{ kind: 'run_submitted', run: 9 }]);
    const later = updateOf(await projection.updates({ scope: ALICE, after: empty.next }));
    equals(standings(later.runs), ['run-9 queued'], 'and it goes on from there');
  }),
  logCase('asks for a new beginning with a cursor that lies ahead, or of another version', async (opened) => {
    const projection = projectionOf(opened);
    const { next } = await projection.snapshot({ scope: ALICE });
    const ahead = next.replace('.0.', '.7.');
    holds(ahead !== next, 'the cursor names its place');
    equals(
      await projection.updates({ scope: ALICE, after: ahead }),
      { kind: 'rebase_required', reason: 'stale' },
      'ahead',
    );
    const newer = await projection.updates({ scope: ALICE, after: next.replace(/^p1/, 'p2') });
    equals(newer, { kind: 'rebase_required', reason: 'malformed_version' }, 'of a newer version');
  }),
  logCase('refuses what never was a cursor, and a request without form, without repeating them', async (opened) => {
    const projection = projectionOf(opened);
    const { next } = await projection.snapshot({ scope: ALICE });
    const secret = createSentinel('cursor');
    const bad = ['', '0', 'p1', `p1.0.${secret}`, `${next} `, next.slice(0, -1), next.replace('.0.', '.01.'), 7, null];
    for (const after of bad) {
      const refused = projection.updates({ scope: ALICE, after: after as string });
      await rejects(refused, ['events/invalid_cursor'], 'not a cursor');
      equals(findLeaks(await refused.catch((error: unknown) => error), [secret]), [], 'its text is not repeated');
    }
    for (const limit of [0, 1001, 1.5, Number.NaN]) {
      await rejects(projection.snapshot({ scope: ALICE, limit }), ['events/invalid_request'], 'no such page');
    }
    const forged = { ...ALICE, labels: {}, agentId: parseAgentId('agent') } as unknown as ReadScope;
    await rejects(projection.snapshot({ scope: forged }), ['events/invalid_request'], 'a scope that nobody gave out');
  }),
];

async function twoPages(opened: OpenedLog, origin: string): Promise<readonly [string, string]> {
  const projection = projectionOf(opened);
  const first = updateOf(await projection.updates({ scope: ALICE, after: origin, limit: 2 }));
  const second = updateOf(await projection.updates({ scope: ALICE, after: first.next, limit: 2 }));
  return [first.next, second.next];
}
