/**
 * What a run leaves behind: checkpoints, the transcript, the outbox.
 *
 * Not here: where the run stands (`claim-cases.ts`, `end-cases.ts`).
 * Source: specification 3, f 42–45.
 */
import { approveGate, parseEventId, parseCapabilityId, type GateId, type JsonObject } from '@reborn/host-api';
import { buildScope, createSentinel, equals, findLeaks, fixedUuid, rejects } from '@reborn/host-api/testkit';
import { announceResume } from '../../lifecycle-event.ts';
import { CHECKPOINT_BYTES_MAX, MESSAGE_BYTES_MAX } from '../../limits.ts';
import { queueRunAfterGate } from '../../run.ts';
import type { TranscriptEntry } from '../../transcript/entry.ts';
import { buildAssistantMessage, buildCheckpoint, buildToolResult, buildTurn } from '../builder.ts';
import { claim, openGates, readOutbox, submit, turnCase } from '../harness.ts';

export const recordCases = [
  turnCase('keeps the newest checkpoint of a run, up to the last byte', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    equals(await opened.runner.readCheckpoint(runId), undefined, 'there is none at first');
    const room = CHECKPOINT_BYTES_MAX - JSON.stringify({ text: '' }).length;
    for (const state of [{}, { text: 'x'.repeat(room) }, { text: 'ä'.repeat(Math.floor(room / 2)) }, { step: 2 }]) {
      const checkpoint = buildCheckpoint({ state });
      equals(await opened.runner.writeStep(claimed, { checkpoint, entries: [] }), { kind: 'written' }, 'it is written');
      equals(await opened.runner.readCheckpoint(runId), checkpoint, 'and read back whole');
    }
    const secret = createSentinel('state');
    const cyclic: Record<string, unknown> = { secret };
    cyclic['self'] = cyclic;
    const bad: readonly unknown[] = [
      { ...buildCheckpoint(), state: { text: secret.padEnd(room + 1, 'x') } },
      { ...buildCheckpoint(), state: { text: `${'ä'.repeat(room / 2)}xx` } },
      { ...buildCheckpoint(), state: cyclic },
      { ...buildCheckpoint(), state: [secret] },
      { ...buildCheckpoint(), state: { at: Number.NaN } },
      { ...buildCheckpoint(), kind: secret },
      { ...buildCheckpoint(), schema: `${secret}/../A` },
      { ...buildCheckpoint(), more: secret },
      undefined,
    ];
    for (const checkpoint of bad) {
      const error = await reasonOf(opened.runner.writeStep(claimed, { checkpoint: checkpoint as never, entries: [] }));
      equals(
        [codeOf(error), findLeaks(error, [secret])],
        ['host-api/invalid_value', []],
        'refused, and nothing of it shown',
      );
    }
    equals((await opened.runner.readCheckpoint(runId))?.state, { step: 2 }, 'the last good one stands');
    equals(await opened.runner.readCheckpoint(fixedUuid(77) as never), undefined, 'another run has none');
  }),
  turnCase('appends entries in order, each once, together with the checkpoint', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const calls = [{ callId: 'call-1', capabilityId: parseCapabilityId('notes.write'), input: { path: 'a' } }];
    const said = [
      buildAssistantMessage(runId, 801, { text: '', calls }),
      buildToolResult(runId, 802),
      buildAssistantMessage(runId, 803),
    ];
    await opened.runner.writeStep(claimed, { checkpoint: buildCheckpoint(), entries: said.slice(0, 2) });
    await opened.runner.writeStep(claimed, { checkpoint: buildCheckpoint(), entries: said });
    const thread = await opened.coordinator.readThread(buildScope());
    equals(thread.slice(1), said, 'what was said, in order, once');
    equals(await opened.runner.readThread(claimed.run), thread, 'for the worker and for the reader alike');
  }),
  turnCase('keeps threads apart, and lets a thread outlive its runs', async (opened) => {
    const scopes = [
      buildScope(),
      buildScope({ threadId: 'thread-2' }),
      buildScope({ agentId: 'other' }),
      buildScope({ agentId: undefined }),
      buildScope({ projectId: 'p' }),
    ];
    for (const [at, scope] of scopes.entries()) {
      const runId = await submit(opened, { scope: scope as never, text: `word ${at}` });
      await opened.coordinator.cancelRun({ scope, actor: { kind: 'host' }, runId, reason: 'user_requested' });
    }
    for (const [at, scope] of scopes.entries()) {
      const words = (await opened.coordinator.readThread(scope)).map((entry) => 'text' in entry && entry.text);
      equals(words, [`word ${at}`], 'each thread holds its own words');
    }
    await submit(opened, { text: 'later' });
    const words = (await opened.coordinator.readThread(buildScope())).map((entry) => 'text' in entry && entry.text);
    equals(words, ['word 0', 'later'], 'and those of its earlier runs');
  }),
  turnCase('reads a long thread whole and in order', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    for (let at = 0; at < 1_200; at += 200) {
      const entries = Array.from({ length: 200 }, (_, index) => buildAssistantMessage(runId, 10_000 + at + index));
      await opened.runner.writeStep(claimed, { checkpoint: buildCheckpoint(), entries });
    }
    const ids = (await opened.coordinator.readThread(buildScope())).slice(1).map(({ entryId }) => entryId);
    equals(
      ids,
      Array.from({ length: 1_200 }, (_, at) => fixedUuid(10_000 + at)),
      'twelve hundred entries',
    );
  }),
  turnCase('takes from a loop only entries of its own run and of its own voice', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const secret = createSentinel('words');
    const user: TranscriptEntry = { kind: 'user_message', entryId: parseEventId(fixedUuid(900)), runId, text: secret };
    const bad: readonly (readonly [string, unknown])[] = [
      ['turns/invalid_request', buildAssistantMessage(fixedUuid(1) as never, 901, { text: secret })],
      ['turns/invalid_request', user],
      [
        'host-api/invalid_value',
        buildAssistantMessage(runId, 902, { text: secret.padEnd(MESSAGE_BYTES_MAX + 1, 'x') }),
      ],
      ['host-api/invalid_value', { ...buildAssistantMessage(runId, 903), secret }],
      [
        'host-api/invalid_value',
        buildAssistantMessage(runId, 904, {
          calls: Array.from({ length: 33 }, () => ({
            callId: secret,
            capabilityId: parseCapabilityId('notes.write'),
            input: null,
          })),
        }),
      ],
      ['host-api/invalid_value', buildToolResult(runId, 905, { callId: '' })],
      ['host-api/invalid_value', buildToolResult(runId, 906, { result: { kind: 'completed', output: Number.NaN } })],
      [
        'host-api/invalid_value',
        buildToolResult(runId, 907, { result: { kind: 'completed', output: secret.repeat(120_000) } }),
      ],
    ];
    for (const [code, entry] of bad) {
      const error = await reasonOf(
        opened.runner.writeStep(claimed, { checkpoint: buildCheckpoint(), entries: [entry as never] }),
      );
      equals([codeOf(error), findLeaks(error, [secret])], [code, []], 'refused, and nothing of it shown');
    }
    equals(
      [(await opened.coordinator.readThread(buildScope())).length, await opened.runner.readCheckpoint(runId)],
      [1, undefined],
      'nothing was written',
    );
  }),
  turnCase('does not guess at an entry that it cannot read', async (opened) => {
    const { tenantId, ...labels } = buildScope();
    const body: JsonObject = { kind: 'dance', entryId: fixedUuid(1) };
    const records = [{ eventId: parseEventId(fixedUuid(1)), kind: 'dance', atMs: 0, labels, body }];
    await opened.store.commit([{ kind: 'append', stream: { family: 'transcript', tenantId }, records }]);
    await rejects(opened.coordinator.readThread(buildScope()), ['host-api/store_corrupt'], 'a gap would mislead');
  }),
  turnCase('says in the outbox what happened to a run, with the change and without its content', async (opened) => {
    const secret = createSentinel('content');
    const runId = await submit(opened, { text: secret });
    const claimed = await claim(opened);
    const gates = await openGates(opened, claimed.run, 1);
    const checkpoint = buildCheckpoint({ state: { secret } });
    await opened.runner.endSitting(claimed, { kind: 'parked', gates, checkpoint });
    const gateId = gates[0] as GateId;
    const event = { eventId: parseEventId(fixedUuid(5)), atMs: opened.platform.clock.nowMs() };
    const resume = [
      approveGate(gateId, { by: { kind: 'host' }, reason: secret }),
      queueRunAfterGate(runId, gateId),
      announceResume(claimed.run, event),
    ];
    await opened.store.commit(resume);
    equals((await opened.store.commit(resume)).kind, 'conflict', 'a second answer is refused');
    const again = await claim(opened);
    const entries = [buildAssistantMessage(runId, 803, { text: secret })];
    await opened.runner.writeStep(again, { checkpoint, entries });
    await opened.runner.endSitting(again, { kind: 'failed', failure: { kind: 'driver_failed', explanation: secret } });
    const outbox = await readOutbox(opened);
    equals(
      outbox.map(({ kind, count, reason }) => ({ kind, count, reason })),
      [
        { kind: 'run_submitted' },
        { kind: 'run_claimed', count: 1 },
        { kind: 'run_parked', count: 1 },
        { kind: 'run_resumed' },
        { kind: 'run_claimed', count: 2 },
        { kind: 'run_failed', reason: 'driver_failed' },
      ],
      'each step once, in order',
    );
    const { correlationId } = claimed.run;
    equals(
      outbox.every((said) => said.runId === runId && said.correlationId === correlationId),
      true,
      'about this run',
    );
    equals(
      findLeaks(
        await opened.store.readStream({
          stream: { family: 'turn', tenantId: buildScope().tenantId },
          after: 0,
          limit: 100,
        }),
        [secret],
      ),
      [],
      'and none of its content',
    );
    equals(findLeaks(outbox, [buildTurn().text, 'notes.md']), [], 'nor of anybody else’s');
  }),
  turnCase('still has thread and checkpoint after a restart', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    await opened.runner.writeStep(claimed, {
      checkpoint: buildCheckpoint(),
      entries: [buildAssistantMessage(runId, 803)],
    });
    const before = await opened.coordinator.readThread(buildScope());
    const again = await opened.restart();
    if (again === undefined) return;
    equals(await again.coordinator.readThread(buildScope()), before, 'the thread');
    equals(await again.runner.readCheckpoint(runId), buildCheckpoint(), 'the checkpoint');
  }),
];

function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
}
