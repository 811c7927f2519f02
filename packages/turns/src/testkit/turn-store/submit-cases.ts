/**
 * Submitting a turn: the run, the lock, the message and the answer to a repeated request, together or not at all.
 *
 * Not here: working on runs (`claim-cases.ts`, `end-cases.ts`).
 * Source: specification 3, f 1–15.
 */
import { idempotencyKeySchema, parseIdempotencyKey, userIdSchema } from '@reborn/host-api';
import {
  buildScope,
  createFaultyStore,
  createSentinel,
  equals,
  findLeaks,
  holds,
  rejects,
} from '@reborn/host-api/testkit';
import { MESSAGE_BYTES_MAX } from '../../limits.ts';
import { INTERACTIVE_PROFILE } from '../../profile.ts';
import { buildTurn } from '../builder.ts';
import { claim, lockOf, look, readOutbox, submit, turnCase } from '../harness.ts';

const key = parseIdempotencyKey('request-1');
const secret = createSentinel('secret/path');

/** Requests that have no proper form, and the field that is named. */
export const BAD_TURNS: readonly (readonly [string, unknown])[] = [
  ['turn', undefined],
  ['turn', 'text'],
  ['turn', { ...buildTurn(), extra: secret }],
  ['turn.scope.threadId', { ...buildTurn(), scope: withoutThread() }],
  ['turn.scope.tenantId', { ...buildTurn(), scope: { ...buildTurn().scope, tenantId: `../${secret}` } }],
  ['turn.scope', { ...buildTurn(), scope: { ...buildTurn().scope, secret } }],
  ['turn.actor.kind', { ...buildTurn(), actor: { kind: secret } }],
  ['turn.text', { ...buildTurn(), text: '' }],
  ['turn.text', { ...buildTurn(), text: `${secret}\u0000` }],
  ['turn.text', { ...buildTurn(), text: `${secret}\uD800` }],
  ['turn.text', { ...buildTurn(), text: secret.padEnd(MESSAGE_BYTES_MAX + 1, 'x') }],
  ['turn.text', { ...buildTurn(), text: `${'ä'.repeat(MESSAGE_BYTES_MAX / 2)}x` }],
  ['turn.idempotencyKey', { ...buildTurn(), idempotencyKey: '' }],
  ['turn.idempotencyKey', { ...buildTurn(), idempotencyKey: `${secret}\n` }],
  ['turn.profile.id', { ...buildTurn(), profile: { ...INTERACTIVE_PROFILE, id: secret.toUpperCase() } }],
  ['turn.profile.modelCallsMax', { ...buildTurn(), profile: { ...INTERACTIVE_PROFILE, modelCallsMax: 0 } }],
  ['turn.profile.capabilityCallsMax', { ...buildTurn(), profile: { ...INTERACTIVE_PROFILE, capabilityCallsMax: 1.5 } }],
  [
    'turn.profile.wallClockMs',
    { ...buildTurn(), profile: { ...INTERACTIVE_PROFILE, wallClockMs: Number.POSITIVE_INFINITY } },
  ],
  ['turn.profile', { ...buildTurn(), profile: { ...INTERACTIVE_PROFILE, trust: 'system' } }],
];

export const submitCases = [
  turnCase('writes run, lock, message and event in one unit', async (opened) => {
    const accepted = await opened.coordinator.submitTurn(buildTurn());
    holds(accepted.kind === 'accepted', 'the turn is accepted');
    const { runId, turnId, correlationId } = accepted;
    const nowMs = opened.platform.clock.nowMs();
    equals(
      await look(opened, runId),
      {
        status: 'queued',
        runId,
        turnId,
        correlationId,
        scope: buildScope(),
        actor: { kind: 'user', id: 'alice' },
        profile: INTERACTIVE_PROFILE,
        gates: [],
        claims: 0,
        crashes: 0,
        queuedAtMs: nowMs,
        updatedAtMs: nowMs,
      },
      'the run is queued with the profile it was given',
    );
    equals(await lockOf(opened), { status: 'busy', runId }, 'the thread is its own');
    const thread = await opened.coordinator.readThread(buildScope());
    equals(
      thread.map((entry) => ({ ...entry, entryId: 0 })),
      [{ kind: 'user_message', entryId: 0, runId, text: 'hello' }],
      'the message is said',
    );
    equals(
      (await readOutbox(opened)).map(({ kind, runId: about }) => [kind, about]),
      [['run_submitted', runId]],
      'the outbox says so',
    );
  }),
  turnCase('gives the same answer to the same request, also when the run is over', async (opened) => {
    const request = buildTurn({ idempotencyKey: key });
    const first = await opened.coordinator.submitTurn(request);
    equals(await opened.coordinator.submitTurn(request), first, 'while the thread is busy with it');
    const claimed = await claim(opened);
    await opened.runner.endSitting(claimed, { kind: 'failed', failure: { kind: 'no_progress', explanation: '' } });
    equals(await opened.coordinator.submitTurn(request), first, 'and after it has failed');
    equals((await opened.coordinator.listRuns(buildScope(), 10)).length, 1, 'there is one run');
    equals((await opened.coordinator.readThread(buildScope())).length, 1, 'and one message');
  }),
  turnCase('refuses another message and another profile under one key', async (opened) => {
    await submit(opened, { idempotencyKey: key });
    for (const other of [{ text: secret }, { profile: { ...INTERACTIVE_PROFILE, id: 'other' } }]) {
      const error = await reasonOf(opened.coordinator.submitTurn(buildTurn({ idempotencyKey: key, ...other })));
      equals(codeOf(error), 'turns/idempotency_conflict', 'the key stands for something else');
      equals(findLeaks(error, [secret]), [], 'and the refusal repeats nothing');
    }
  }),
  turnCase('keeps keys apart by thread', async (opened) => {
    const one = await submit(opened, { idempotencyKey: key });
    const two = await submit(opened, { idempotencyKey: key, scope: { ...buildTurn().scope, threadId: 'thread-2' } });
    holds(one !== two, 'the same key in another thread is another turn');
  }),
  turnCase('says that a thread is busy, leaves no trace of that, and accepts the same key later', async (opened) => {
    const active = await submit(opened);
    const before = await readOutbox(opened);
    const request = buildTurn({ idempotencyKey: key, text: 'again' });
    equals(
      await opened.coordinator.submitTurn(request),
      { kind: 'thread_busy', activeRunId: active, status: 'queued' },
      'busy',
    );
    equals(await readOutbox(opened), before, 'nothing was written');
    await opened.coordinator.cancelRun({ ...about(active), reason: 'user_requested' });
    equals((await opened.coordinator.submitTurn(request)).kind, 'accepted', 'the same key goes through now');
  }),
  turnCase('locks the thread, whoever speaks in it, and no other thread', async (opened) => {
    const active = await submit(opened);
    const { scope } = buildTurn();
    const bob = { scope: { ...scope, userId: 'bob' }, actor: { kind: 'user', id: 'bob' } } as const;
    const busy = await opened.coordinator.submitTurn(buildTurn(bob));
    equals(busy, { kind: 'thread_busy', activeRunId: active, status: 'queued' }, 'another speaker');
    for (const other of [{ threadId: 'thread-2' }, { agentId: 'other' }, { projectId: 'p' }, { tenantId: 'globex' }]) {
      await submit(opened, { scope: { ...scope, ...other } });
    }
  }),
  turnCase('lets one of many concurrent submissions through, and all of one key have its answer', async (opened) => {
    const many = await Promise.all(Array.from({ length: 12 }, () => opened.coordinator.submitTurn(buildTurn())));
    equals(many.filter(({ kind }) => kind === 'accepted').length, 1, 'one run per thread');
    const scope = { ...buildTurn().scope, threadId: 'thread-2' };
    const same = await Promise.all(
      Array.from({ length: 12 }, () => opened.coordinator.submitTurn(buildTurn({ scope, idempotencyKey: key }))),
    );
    equals(same, Array(12).fill(same[0]), 'one answer');
    equals(same[0]?.kind, 'accepted', 'and it is the accepted one');
  }),
  turnCase('answers a repeated request after the store did not say what became of the first', async (opened) => {
    const request = buildTurn({ idempotencyKey: key });
    for (const when of ['before', 'after'] as const) {
      const failing = createFaultyStore(opened.store, [{ call: 1, when, does: 'fails' }]);
      await rejects(
        opened.over(failing).coordinator.submitTurn(request),
        ['host-api/store_unavailable'],
        'the trouble is told',
      );
    }
    const accepted = await opened.coordinator.submitTurn(request);
    const runs = await opened.coordinator.listRuns(buildScope(), 10);
    equals([accepted.kind, runs.length], ['accepted', 1], 'there is exactly one run');
    equals('runId' in accepted && accepted.runId, runs[0]?.runId, 'and it is the one in the answer');
  }),
  turnCase('refuses requests without proper form and repeats nothing of them', async (opened) => {
    for (const [field, request] of BAD_TURNS) {
      const error = await reasonOf(opened.coordinator.submitTurn(request as never));
      equals([codeOf(error), fieldOf(error)], ['host-api/invalid_value', field], `names ${field}`);
      equals(findLeaks(error, [secret, 'x'.repeat(1000)]), [], 'and shows nothing of it');
    }
    equals(await readOutbox(opened), [], 'nothing was written');
  }),
  turnCase('knows a run only in the scope of its owner', async (opened) => {
    const runId = await submit(opened);
    const strangers = [
      buildScope({ tenantId: 'globex' }),
      buildScope({ userId: 'bob' }),
      buildScope({ agentId: 'other' }),
      buildScope({ agentId: undefined }),
      buildScope({ agentId: undefined, threadId: undefined }),
      buildScope({ threadId: 'thread-2' }),
      buildScope({ projectId: 'p' }),
      buildScope({ missionId: 'm' }),
    ];
    for (const scope of strangers) {
      equals(await opened.coordinator.getRun(scope, runId), undefined, 'it cannot be seen');
      equals(await opened.coordinator.listRuns(scope, 10), [], 'nor listed');
      const cancelled = await opened.coordinator.cancelRun({ ...about(runId), scope, reason: 'policy' });
      equals(cancelled, { kind: 'unknown_run' }, 'nor cancelled');
    }
    equals((await look(opened, runId)).status, 'queued', 'it stands where it stood');
    for (const scope of [buildScope(), buildScope({ threadId: undefined })]) {
      equals((await opened.coordinator.getRun(scope, runId))?.runId, runId, 'its owner sees it');
    }
  }),
  turnCase("lists one's own runs, newest first, however many others there are", async (opened) => {
    const mine: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      mine.push(await submit(opened, { scope: { ...buildTurn().scope, threadId: `mine-${at}` } }));
      opened.platform.advance(1_000);
      const bob = userIdSchema.parse('bob');
      for (let other = 0; other < 80; other += 1) {
        await submit(opened, { scope: { ...buildTurn().scope, userId: bob, threadId: `bob-${at}-${other}` } });
      }
    }
    const listed = await opened.coordinator.listRuns(buildScope({ threadId: undefined }), 2);
    equals(
      listed.map(({ runId }) => runId),
      mine.toReversed().slice(0, 2),
      'as many as were asked for',
    );
    const threadOnly = await opened.coordinator.listRuns(buildScope({ threadId: 'mine-0' }), 10);
    equals(
      threadOnly.map(({ runId }) => runId),
      [mine[0]],
      'of one thread',
    );
    for (const limit of [0, 201, 1.5, Number.NaN]) {
      await rejects(opened.coordinator.listRuns(buildScope(), limit), ['turns/invalid_request'], 'bounded');
    }
    await rejects(
      opened.coordinator.readThread(buildScope({ threadId: undefined })),
      ['turns/invalid_request'],
      'a thread is named',
    );
  }),
  turnCase('remembers after a restart', async (opened) => {
    const request = buildTurn({ idempotencyKey: idempotencyKeySchema.parse('k') });
    const accepted = await opened.coordinator.submitTurn(request);
    const again = await opened.restart();
    if (again === undefined) return;
    equals(await again.coordinator.submitTurn(request), accepted, 'the answer');
    equals((await again.coordinator.submitTurn(buildTurn())).kind, 'thread_busy', 'and the lock');
  }),
];

function about(runId: Awaited<ReturnType<typeof submit>>) {
  return { scope: buildScope(), actor: { kind: 'user', id: 'alice' }, runId } as const;
}

function withoutThread(): object {
  const { threadId: _, ...scope } = buildTurn().scope;
  return scope;
}

function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
}

function fieldOf(error: unknown): unknown {
  return (error as { detail?: { field?: unknown } }).detail?.field;
}
