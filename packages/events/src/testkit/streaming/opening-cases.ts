/**
 * Who may open an event stream, and how many.
 *
 * Not here: what it then gives (`delivery-cases.ts`).
 */
import { parseTenantId, parseUserId, type Principal } from '@reborn/host-api';
import { buildGrant, buildScope, equals, rejects, wrapStore } from '@reborn/host-api/testkit';
import { EVENT_STREAM_ACCESS_DEADLINE_MS } from '../../limits.ts';
import { LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor } from '../../read-scope.ts';
import type { AccessCheck, AccessQuestion } from '../../streaming/access.ts';
import type { EventStreamRequest } from '../../streaming/event-stream.ts';
import { logCase, settle } from '../harness.ts';
import { ALICE, happen, projectionOf } from '../projection/happenings.ts';
import { alice, observe, openOne, REQUEST, streamIn, streamsOf, take, told } from './watching.ts';

const never = new Promise<never>(() => undefined);
const REFUSALS: readonly AccessCheck[] = [
  () => 'denied',
  () => Promise.resolve('denied'),
  () => {
    throw new Error('the directory is away');
  },
  () => Promise.reject(new Error('the directory is away')),
  () => 'yes' as never,
  () => true as never,
];

export const openingCases = [
  logCase('asks in this order: the user, the cursor, access, a place, and only then looks', async (opened) => {
    const asked: string[] = [];
    const store = wrapStore(opened.store, {
      onCommit: (listener, interest) => {
        asked.push('live');
        return opened.store.onCommit(listener, interest);
      },
    });
    const log = {
      ...opened.log,
      bounds: (request: Parameters<typeof opened.log.bounds>[0]) => {
        asked.push('look');
        return opened.log.bounds(request);
      },
    };
    const access = ({ actor, scope }: AccessQuestion): 'allowed' => {
      asked.push(`access ${'id' in actor ? actor.id : ''} ${scope.tenantId}`);
      return 'allowed';
    };
    const streams = streamsOf({ ...opened, store, log }, { global: 1 });
    const eve: Principal = { kind: 'user', id: parseUserId('eve') };
    const other = await projectionOf(opened).snapshot({ scope: readScopeFor(buildScope()) });
    equals(await streams.open({ ...REQUEST, actor: eve, access }), { kind: 'refused', reason: 'not_the_user' }, 'Eve');
    const foreign = await streams.open({ ...REQUEST, after: other.next, access });
    equals(foreign, { kind: 'refused', reason: 'foreign_cursor' }, 'a cursor of something else');
    equals(asked, [], 'nobody was asked');
    const stream = await openOne(streams, { access });
    await take(stream);
    equals(asked, ['access alice acme', 'live', 'look', 'access alice acme'], 'the live source stands before the look');
    asked.length = 0;
    equals(await streams.open({ ...REQUEST, access }), { kind: 'full', bound: 'global', limit: 1 }, 'no place is left');
    equals(asked, ['access alice acme'], 'whoever finds no place looks at nothing');
    await stream.return();
  }),
  logCase('opens for a clear yes only', async (opened) => {
    const { streams, timers } = observe(opened, { global: 1 });
    for (const access of REFUSALS) {
      equals(await streams.open({ ...REQUEST, access }), { kind: 'refused', reason: 'access_denied' }, 'not a yes');
    }
    const late = streams.open({ ...REQUEST, access: () => never });
    await settle(opened);
    opened.platform.advance(EVENT_STREAM_ACCESS_DEADLINE_MS);
    equals(await late, { kind: 'refused', reason: 'access_denied' }, 'no answer');
    const actors: readonly Principal[] = [{ kind: 'host' }, { kind: 'tenant', id: parseTenantId('acme') }];
    for (const actor of actors) {
      equals(await streams.open({ ...REQUEST, actor }), { kind: 'refused', reason: 'not_the_user' }, 'nobody else');
    }
    await (await openOne(streams)).return();
    equals(timers(), 0, 'no refusal leaves anything behind');
  }),
  logCase('opens a whole tenant to whom its grant and access let', async (opened) => {
    const grant = buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: 'acme' } });
    const scope = readScopeByGrant(parseTenantId('acme'), grant, 0);
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1, scope: { userId: 'bob' } }]);
    const actor: Principal = { kind: 'user', id: parseUserId('operator') };
    const stream = await openOne(streamsOf(opened), { scope, actor });
    equals(told(await take(stream)), 'snapshot: run_submitted (run-1 queued)', 'of Bob');
    await stream.return();
  }),
  logCase('says which bound keeps a stream from opening', async (opened) => {
    const streams = streamsOf(opened, { global: 6, tenant: 5, actor: 3, scope: 2 });
    const thread = (threadId: string): EventStreamRequest => ({
      ...REQUEST,
      scope: readScopeFor(buildScope({ threadId })),
    });
    const bob: EventStreamRequest = {
      ...REQUEST,
      actor: { kind: 'user', id: parseUserId('bob') },
      scope: readScopeFor(buildScope({ userId: 'bob' })),
    };
    const globex = (threadId: string): EventStreamRequest => ({
      ...REQUEST,
      scope: readScopeFor(buildScope({ tenantId: 'globex', threadId })),
    });
    const outcomes: string[] = [];
    const open: (() => Promise<unknown>)[] = [];
    for (const request of [
      thread('1'),
      thread('1'),
      thread('1'),
      thread('2'),
      thread('3'),
      bob,
      bob,
      bob,
      globex('1'),
    ]) {
      const outcome = await streams.open(request);
      outcomes.push(outcome.kind === 'full' ? `${outcome.bound} ${outcome.limit}` : outcome.kind);
      if (outcome.kind === 'opened') open.push(() => outcome.stream.return());
    }
    const expected = ['opened', 'opened', 'scope 2', 'opened', 'actor 3', 'opened', 'opened', 'tenant 5', 'opened'];
    equals(outcomes, expected, 'an actor counts within its tenant');
    equals(await streams.open(globex('2')), { kind: 'full', bound: 'global', limit: 6 }, 'and all of them together');
    for (const close of open) await close();
    await streamIn(await streams.open(thread('1'))).return();
  }),
  logCase('refuses a request without form', async (opened) => {
    const streams = streamsOf(opened);
    const bad: readonly Partial<Record<keyof EventStreamRequest, unknown>>[] = [
      { scope: {} },
      { limit: 0 },
      { buffer: 129 },
      { buffer: 1.5 },
      { kinds: [] },
      { kinds: ['verdict_given'] },
      { access: undefined },
    ];
    for (const more of bad) {
      await rejects(streams.open({ ...REQUEST, ...more } as EventStreamRequest), ['events/invalid_request'], 'no form');
    }
    await rejects(streams.open({ ...REQUEST, after: 'x' }), ['events/invalid_cursor'], 'no cursor');
    await rejects(streams.open({ ...REQUEST, actor: 'alice' as never }), ['host-api/invalid_value'], 'no principal');
    for (const buffer of [-5, 0, 128]) await (await openOne(streams, { buffer, actor: alice, scope: ALICE })).return();
  }),
];
