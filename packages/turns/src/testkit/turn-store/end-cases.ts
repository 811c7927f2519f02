/**
 * How a sitting ends: at a gate, or for good, and how a run is cancelled.
 *
 * Not here: crashes (`claim-cases.ts`).
 * Source: specification 3, f 27–31 and g-2.
 */
import {
  approveGate,
  consumeGate,
  denyGate,
  gateMachine,
  getRecord,
  parseEventId,
  supersedeGate,
  type GateId,
  type RunId,
} from '@reborn/host-api';
import { buildScope, equals, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import { GATES_PER_RUN_MAX } from '../../limits.ts';
import { queueRunAfterGate, type CancelReason } from '../../run.ts';
import { buildCheckpoint, buildTurn } from '../builder.ts';
import { answer, claim, lockOf, look, meanwhile, openGates, submit, turnCase, type OpenedTurns } from '../harness.ts';

const replyEntryId = parseEventId(fixedUuid(600));
const failure = { kind: 'no_progress', explanation: 'It went round in circles.' } as const;
const checkpoint = buildCheckpoint({ kind: 'before_block' });

export const endCases = [
  turnCase('completes or fails a run, frees its thread once and takes no second end', async (opened) => {
    for (const end of [
      { kind: 'completed', replyEntryId },
      { kind: 'failed', failure },
    ] as const) {
      const runId = await submit(opened);
      const claimed = await claim(opened);
      equals(await opened.runner.endSitting(claimed, end), { kind: 'written' }, 'it ends');
      const run = await look(opened, runId);
      equals(
        [run.status, run.replyEntryId ?? run.failure],
        [end.kind, end.kind === 'completed' ? replyEntryId : failure],
        'as it was said',
      );
      equals(await lockOf(opened), { status: 'free', runId }, 'the thread is free');
      const next = await submit(opened);
      equals(await opened.runner.endSitting(claimed, end), { kind: 'lost' }, 'the end is said once');
      equals(
        await lockOf(opened),
        { status: 'busy', runId: next },
        'and a second word does not free the next run’s thread',
      );
      equals(await cancel(opened, next), { kind: 'cancelled' }, 'clear the thread');
    }
  }),
  turnCase('closes the gates that were opened in its last sitting, though it never waited for them', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const gates = await twoGates(opened, runId);
    equals(
      await opened.runner.endSitting(claimed, { kind: 'failed', failure }, gates),
      { kind: 'written' },
      'it fails',
    );
    for (const gateId of gates) {
      const gate = await getRecord(opened.store, gateMachine, gateId);
      equals(gate?.status, 'superseded', 'nobody is asked in vain');
    }
  }),
  turnCase('gives a run back at once, and another worker goes on without waiting', async (opened) => {
    const runId = await submit(opened);
    const first = await claim(opened);
    equals(await opened.runner.yieldRun(first), { kind: 'written' }, 'it is given back');
    const queued = await look(opened, runId);
    equals([queued.status, queued.crashes], ['queued', 0], 'and that is no crash');
    const second = await opened.runnerOf('second').claimNext({ tenantId: queued.scope.tenantId });
    equals(second?.run.runId, runId, 'another worker takes it up');
    equals(await opened.runner.yieldRun(first), { kind: 'lost' }, 'a stale worker gives nothing back');
  }),
  turnCase('parks on a set of gates and goes on with each answer', async (opened) => {
    const runId = await submit(opened);
    const first = await claim(opened);
    const [one, two] = await twoGates(opened, runId);
    equals(
      await opened.runner.endSitting(first, { kind: 'parked', gates: [one, two], checkpoint }),
      { kind: 'written' },
      'it parks',
    );
    equals([(await look(opened, runId)).status, (await look(opened, runId)).gates], ['parked', [one, two]], 'on both');
    equals(
      [await opened.runner.readCheckpoint(runId), (await lockOf(opened))?.status],
      [checkpoint, 'busy'],
      'with its checkpoint; the thread stays its own',
    );
    equals(await opened.runner.claimNext({ tenantId: buildScope().tenantId }), undefined, 'nobody works on it');
    await answer(opened, runId, one);
    equals(
      [(await look(opened, runId)).status, (await look(opened, runId)).gates],
      ['queued', [two]],
      'one answer queues it',
    );
    const second = await claim(opened);
    equals(second.run.gates, [two], 'and the rest is known');
    equals(
      await opened.runner.endSitting(second, { kind: 'parked', gates: [two], checkpoint }),
      { kind: 'written' },
      'it parks on the rest',
    );
    await answer(opened, runId, two);
    const third = await claim(opened);
    equals([third.run.gates, third.run.claims], [[], 3], 'and goes on with the second');
  }),
  turnCase('notices an answer that comes while it parks', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const [one, two] = await twoGates(opened, runId);
    const store = meanwhile(opened.store, () => answer(opened, runId, one));
    const parked = await opened
      .over(store)
      .runner.endSitting(claimed, { kind: 'parked', gates: [one, two], checkpoint });
    equals(parked, { kind: 'gate_answered' }, 'it looks again instead of sleeping');
    equals((await look(opened, runId)).status, 'running', 'and is still at work');
    equals(
      await opened.runner.endSitting(claimed, { kind: 'parked', gates: [two], checkpoint }),
      { kind: 'written' },
      'then it parks on the other',
    );
    equals((await look(opened, runId)).gates, [two], 'which is all it waits for');
  }),
  turnCase('does not park on a gate that is unknown or closed', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const [one, two] = await twoGates(opened, runId);
    await opened.store.commit([supersedeGate(one), denyGate(two, { by: { kind: 'host' }, reason: undefined })]);
    const [unknown] = [fixedUuid(99) as GateId];
    for (const gate of [one, two, unknown]) {
      equals(
        await opened.runner.endSitting(claimed, { kind: 'parked', gates: [gate], checkpoint }),
        { kind: 'gate_answered' },
        'it looks again',
      );
    }
  }),
  turnCase('ends whatever became of its gates, and closes those that are still open', async (opened) => {
    const ends = [{ kind: 'completed', replyEntryId }, { kind: 'failed', failure }, { kind: 'cancelled' }] as const;
    for (const [at, end] of ends.entries()) {
      const runId = await submit(opened);
      const first = await claim(opened);
      const numbers = [1, 2, 3, 4, 5].map((number) => 100 * (at + 1) + number);
      const gates = await openGates(opened, first.run, ...numbers);
      await opened.runner.endSitting(first, { kind: 'parked', gates, checkpoint });
      const [answered, consumed, superseded, approved, open] = gates as [GateId, GateId, GateId, GateId, GateId];
      await answer(opened, runId, answered);
      const second = await claim(opened);
      const digests = (await getRecord(opened.store, gateMachine, consumed))?.receipt;
      holds(digests !== undefined, 'the gate is there');
      await opened.store.commit([
        approveGate(consumed, { by: { kind: 'host' }, reason: undefined }),
        consumeGate(consumed, digests),
      ]);
      await opened.store.commit([supersedeGate(superseded)]);
      if (end.kind === 'cancelled') await cancel(opened, runId);
      const store = meanwhile(opened.store, () =>
        opened.store.commit([approveGate(approved, { by: { kind: 'host' }, reason: undefined })]),
      );
      equals(await opened.over(store).runner.endSitting(second, end), { kind: 'written' }, 'it ends');
      const statuses = await Promise.all(gates.map((gate) => statusOf(opened, gate)));
      equals(statuses, ['approved', 'consumed', 'superseded', 'superseded', 'superseded'], 'nobody is asked in vain');
      equals([open === gates[4], (await lockOf(opened))?.status], [true, 'free'], 'and the thread is free');
    }
  }),
  turnCase('wakes no run that is over', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const gates = await openGates(opened, claimed.run, 500);
    await opened.runner.endSitting(claimed, { kind: 'failed', failure });
    const gate = gates[0] as GateId;
    const outcome = await opened.store.commit([
      approveGate(gate, { by: { kind: 'host' }, reason: undefined }),
      queueRunAfterGate(runId, gate),
    ]);
    equals(
      [outcome.kind, outcome.kind === 'conflict' && outcome.reason],
      ['conflict', 'gate_resolved_from_failed'],
      'the answer is refused whole',
    );
    equals(await statusOf(opened, gate), 'open', 'and the gate is as it was');
  }),
  turnCase('refuses ends that have no proper form', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const gates = await openGates(opened, claimed.run, 1);
    const many = Array.from({ length: GATES_PER_RUN_MAX + 1 }, (_, at) => fixedUuid(at + 1));
    const bad: readonly unknown[] = [
      undefined,
      { kind: 'recovered' },
      { kind: 'completed' },
      { kind: 'completed', replyEntryId, text: 'raw' },
      { kind: 'parked', gates: [], checkpoint },
      { kind: 'parked', gates: [gates[0], gates[0]], checkpoint },
      { kind: 'parked', gates: many, checkpoint },
      { kind: 'parked', gates },
      { kind: 'failed', failure: { kind: 'because', explanation: '' } },
      { kind: 'failed', failure: { ...failure, explanation: 'x'.repeat(1025) } },
    ];
    for (const end of bad)
      await rejects(opened.runner.endSitting(claimed, end as never), ['host-api/invalid_value'], 'it is refused');
    equals((await look(opened, runId)).status, 'running', 'and nothing moved');
  }),
];

function cancel(
  { coordinator }: Pick<OpenedTurns, 'coordinator'>,
  runId: RunId,
  reason: CancelReason = 'user_requested',
) {
  return coordinator.cancelRun({ scope: buildTurn().scope, actor: { kind: 'host' }, runId, reason });
}

async function twoGates(opened: OpenedTurns, runId: RunId): Promise<readonly [GateId, GateId]> {
  const [one, two] = await openGates(opened, await look(opened, runId), 11, 12);
  holds(one !== undefined && two !== undefined, 'there are two gates');
  return [one, two];
}

async function statusOf({ store }: OpenedTurns, gateId: GateId): Promise<string | undefined> {
  return (await getRecord(store, gateMachine, gateId))?.status;
}
