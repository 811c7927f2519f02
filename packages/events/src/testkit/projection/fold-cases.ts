/**
 * What a projection says about the things that happened.
 *
 * Not here: cursors and scopes (`place-cases.ts`).
 */
import { FAKE_START_MS, equals, fixedUuid, holds } from '@reborn/host-api/testkit';
import { PROJECTION_PAGE_DEFAULT } from '../../limits.ts';
import type { RuntimeEventKind } from '../../record/runtime-event.ts';
import { buildForeignAppend } from '../builder.ts';
import { logCase } from '../harness.ts';
import {
  ALICE,
  callOf,
  catchUp,
  happen,
  kindsIn,
  projectionOf,
  runOf,
  standings,
  type Happening,
} from './happenings.ts';

const LIVES: readonly (readonly [kinds: readonly RuntimeEventKind[], status: string])[] = [
  [['run_submitted'], 'queued'],
  [['run_submitted', 'run_claimed'], 'running'],
  [['run_submitted', 'run_claimed', 'model_failed'], 'running'],
  [['run_submitted', 'run_claimed', 'dispatch_requested', 'dispatch_failed'], 'running'],
  [['run_submitted', 'run_claimed', 'run_parked'], 'parked'],
  [['run_submitted', 'run_claimed', 'run_parked', 'dispatch_succeeded'], 'parked'],
  [['run_submitted', 'run_claimed', 'run_parked', 'hook_failed'], 'parked'],
  [['run_submitted', 'run_claimed', 'run_parked', 'run_resumed'], 'queued'],
  [['run_submitted', 'run_claimed', 'run_yielded'], 'queued'],
  [['run_submitted', 'run_claimed', 'run_recovered'], 'queued'],
  [['run_submitted', 'run_claimed', 'run_cancel_requested'], 'running'],
  [['run_submitted', 'run_claimed', 'assistant_reply_finalized', 'run_completed'], 'completed'],
  [['run_submitted', 'run_claimed', 'run_completed', 'dispatch_succeeded', 'model_completed'], 'completed'],
  [['run_submitted', 'run_claimed', 'run_failed', 'dispatch_succeeded'], 'failed model_unavailable'],
  [['run_submitted', 'run_cancelled', 'run_claimed', 'dispatch_requested'], 'cancelled user_requested'],
  [['model_started', 'run_submitted'], 'running'],
  [['hook_dispatched'], 'running'],
];

const CALLS: readonly (readonly [kinds: readonly RuntimeEventKind[], status: string])[] = [
  [['dispatch_requested'], 'running'],
  [['dispatch_requested', 'dispatch_succeeded'], 'completed'],
  [['dispatch_requested', 'dispatch_failed'], 'failed timed_out'],
  [['dispatch_requested', 'dispatch_failed', 'dispatch_requested'], 'running'],
  [['dispatch_requested', 'dispatch_failed', 'dispatch_succeeded'], 'failed timed_out'],
  [['dispatch_requested', 'dispatch_succeeded', 'dispatch_failed', 'hook_failed'], 'completed'],
];

export const foldCases = [
  logCase('says nothing about nothing', async (opened) => {
    const { next, ...snapshot } = await projectionOf(opened).snapshot({ scope: ALICE });
    const nothing = {
      kind: 'snapshot',
      entries: [],
      runs: [],
      earlier: { entries: false, runs: false },
      truncated: false,
    };
    equals(snapshot, nothing, 'a stream that has not begun');
    holds(next.length > 0 && next.length <= 128, 'there is a cursor to go on from');
  }),
  logCase('shows each run where its lifecycle has brought it, and what is over stays over', async (opened) => {
    await happen(
      opened,
      1,
      LIVES.flatMap(([kinds], run) => kinds.map((kind) => ({ kind, run }))),
    );
    const { runs } = await projectionOf(opened).snapshot({ scope: ALICE });
    const expected = LIVES.map(([, status], run) => `run-${run} ${status}`).toReversed();
    equals(standings(runs), expected, 'the latest comes first');
  }),
  logCase('shows calls that no run made, which may be tried again until they succeed', async (opened) => {
    await happen(
      opened,
      1,
      CALLS.flatMap(([kinds], call) => kinds.map((kind) => ({ kind, call }))),
    );
    const { runs } = await projectionOf(opened).snapshot({ scope: ALICE });
    equals(standings(runs), CALLS.map(([, status], call) => `call-${call} ${status}`).toReversed(), 'the latest first');
  }),
  logCase('puts whatever was active last first', async (opened) => {
    const moves: readonly Happening[] = [
      { kind: 'run_submitted', run: 1 },
      { kind: 'run_submitted', run: 2 },
      { kind: 'run_submitted', run: 3 },
      { kind: 'run_claimed', run: 1 },
      { kind: 'hook_dispatched', run: 2 },
    ];
    await happen(opened, 1, moves);
    const { runs } = await projectionOf(opened).snapshot({ scope: ALICE });
    equals(standings(runs), ['run-2 queued', 'run-1 running', 'run-3 queued'], 'hooks are activity and no status');
    const [first] = runs;
    const times = { firstAtMs: FAKE_START_MS + 2, latestAtMs: FAKE_START_MS + 5 };
    equals(
      first,
      { subject: { kind: 'run', runId: runOf(2) }, status: 'queued', threadId: 'thread-1', ...times },
      'whole',
    );
  }),
  logCase('writes a timeline of kinds, ids and closed tokens', async (opened) => {
    await happen(opened, 1, [{ kind: 'dispatch_failed', run: 1, call: 2 }]);
    const { entries } = await projectionOf(opened).snapshot({ scope: ALICE });
    const entry = {
      eventId: fixedUuid(1),
      kind: 'dispatch_failed',
      atMs: FAKE_START_MS + 1,
      threadId: 'thread-1',
      runId: runOf(1),
      invocationId: callOf(2),
      capabilityId: 'notes.write',
      facts: { errorKind: 'timed_out', effect: 'uncertain', durationMs: 5000 },
    };
    equals(entries, [entry], 'one entry');
  }),
  logCase('passes kinds of newer versions by: they show that they are there, and change nothing', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    await opened.store.commit([
      buildForeignAppend('runtime', 2, { kind: 'run_teleported', body: { v: 9, where: 'moon' } }),
    ]);
    const projection = projectionOf(opened);
    const { entries, runs, next } = await projection.snapshot({ scope: ALICE });
    equals(standings(runs), ['run-1 queued'], 'the run stands where it stood');
    const unknown = { eventId: fixedUuid(2), kind: 'unclassified', atMs: FAKE_START_MS, facts: {} };
    equals(entries[1], unknown, 'nothing but its id and its time');
    const update = await projection.updates({ scope: ALICE, after: next });
    equals(
      update,
      { ...update, kind: 'update', entries: [], runs: [], next, more: false, truncated: false },
      'behind it',
    );
  }),
  logCase('gives the newest of what it has, and says that there is more', async (opened) => {
    await happen(
      opened,
      1,
      Array.from({ length: 5 }, (_, run) => ({ kind: 'run_submitted', run })),
    );
    const projection = projectionOf(opened);
    const some = await projection.snapshot({ scope: ALICE, limit: 2 });
    equals(standings(some.runs), ['run-4 queued', 'run-3 queued'], 'the newest runs');
    equals(
      some.entries.map(({ runId }) => runId),
      [runOf(3), runOf(4)],
      'the newest entries, oldest first',
    );
    equals(some.earlier, { entries: true, runs: true }, 'there is more of both');
    const all = await projection.snapshot({ scope: ALICE, limit: 5 });
    equals([all.earlier, all.next], [{ entries: false, runs: false }, some.next], 'all of it, up to the same place');
  }),
  logCase('says after each update what a new snapshot would say', async (opened) => {
    const happenings = Array.from({ length: 3 * PROJECTION_PAGE_DEFAULT }, (_, at): Happening => {
      const kinds = [
        'run_submitted',
        'run_claimed',
        'model_started',
        'run_parked',
        'run_resumed',
        'run_completed',
      ] as const;
      return { kind: kinds[Math.floor(at / 7) % kinds.length] ?? 'run_claimed', run: at % 7 };
    });
    const projection = projectionOf(opened);
    let live = await projection.snapshot({ scope: ALICE, limit: 50 });
    for (let at = 0; at < happenings.length; at += 60) {
      await happen(opened, 1 + at, happenings.slice(at, at + 60));
      live = await catchUp(projection, ALICE, live, { page: 7 + (at % 11), kept: 50 });
      equals(live, await projection.snapshot({ scope: ALICE, limit: 50 }), 'replay and live agree');
    }
    equals(kindsIn(live).length, 50, 'and something was seen');
  }),
];
