/**
 * How a run is cancelled: at once when nobody works on it, by its worker otherwise.
 *
 * Not here: other ends (`end-cases.ts`).
 * Source: specification 3, f 29 and g-2.
 */
import { expireGate, gateMachine, getRecord, parseEventId, type GateId, type RunId } from '@reborn/host-api';
import { equals, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import type { CancelReason } from '../../run.ts';
import { buildCheckpoint, buildTurn } from '../builder.ts';
import {
  claim,
  lockOf,
  look,
  meanwhile,
  openGates,
  readOutbox,
  submit,
  turnCase,
  type OpenedTurns,
} from '../harness.ts';

const replyEntryId = parseEventId(fixedUuid(600));
const checkpoint = buildCheckpoint({ kind: 'before_block' });

export const cancelCases = [
  turnCase('cancels a waiting run at once, with its gates', async (opened) => {
    const queued = await submit(opened);
    equals(await cancel(opened, queued, 'superseded'), { kind: 'cancelled' }, 'a queued one');
    equals(
      [(await look(opened, queued)).status, (await look(opened, queued)).cancel],
      ['cancelled', 'superseded'],
      'is over',
    );
    const parked = await submit(opened);
    const claimed = await claim(opened);
    const [one, two] = await twoGates(opened, parked);
    await opened.runner.endSitting(claimed, { kind: 'parked', gates: [one, two], checkpoint });
    opened.platform.advance(3_600_000);
    await opened.store.commit([expireGate(one)]);
    equals(await cancel(opened, parked), { kind: 'cancelled' }, 'a parked one, though one of its gates has expired');
    equals(
      [await statusOf(opened, one), await statusOf(opened, two)],
      ['expired', 'superseded'],
      'the other is closed',
    );
    equals((await lockOf(opened))?.status, 'free', 'the thread is free');
    equals(
      await cancel(opened, parked),
      { kind: 'already_over', status: 'cancelled' },
      'a second word changes nothing',
    );
    equals(await cancel(opened, fixedUuid(42) as RunId), { kind: 'unknown_run' }, 'nor one about no run');
  }),
  turnCase('tells a running run and lets its worker settle it', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    equals(await cancel(opened, runId, 'timeout'), { kind: 'cancel_requested' }, 'it is told');
    equals(await cancel(opened, runId, 'policy'), { kind: 'cancel_requested' }, 'once');
    const run = await look(opened, runId);
    equals(
      [run.status, run.cancel, (await lockOf(opened))?.status],
      ['running', 'timeout', 'busy'],
      'the first reason stands',
    );
    equals(
      await opened.runner.endSitting(claimed, { kind: 'cancelled' }),
      { kind: 'written' },
      'its worker settles it',
    );
    equals(
      [(await look(opened, runId)).status, (await lockOf(opened))?.status],
      ['cancelled', 'free'],
      'and it is over',
    );
    const said = (await readOutbox(opened)).slice(-2).map(({ kind, reason }) => [kind, reason]);
    equals(
      said,
      [
        ['run_cancel_requested', 'timeout'],
        ['run_cancelled', 'timeout'],
      ],
      'each was said once, with the reason',
    );
  }),
  turnCase('does not settle as cancelled what nobody cancelled, and lets a finished run finish', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    await rejects(opened.runner.endSitting(claimed, { kind: 'cancelled' }), ['turns/invalid_request'], 'nobody asked');
    equals((await look(opened, runId)).status, 'running', 'it is still at work');
    await cancel(opened, runId);
    equals(
      await opened.runner.endSitting(claimed, { kind: 'completed', replyEntryId }),
      { kind: 'written' },
      'what was done is done',
    );
    equals((await look(opened, runId)).status, 'completed', 'and said so');
  }),
  turnCase('settles a cancelled run instead of parking it', async (opened) => {
    for (const when of ['before', 'meanwhile'] as const) {
      const runId = await submit(opened);
      const claimed = await claim(opened);
      const [number] = when === 'before' ? [301] : [302];
      const gates = await openGates(opened, claimed.run, number ?? 0);
      if (when === 'before') await cancel(opened, runId);
      const store = when === 'before' ? opened.store : meanwhile(opened.store, () => cancel(opened, runId));
      equals(
        await opened.over(store).runner.endSitting(claimed, { kind: 'parked', gates, checkpoint }),
        { kind: 'written' },
        'it ends',
      );
      equals(
        [(await look(opened, runId)).status, (await lockOf(opened))?.status],
        ['cancelled', 'free'],
        'a cancelled run never sleeps',
      );
    }
  }),
  turnCase('does the right thing when a run moves while it is cancelled', async (opened) => {
    const queued = await submit(opened);
    let worker = undefined as Awaited<ReturnType<typeof claim>> | undefined;
    const claiming = meanwhile(opened.store, async () => (worker = await claim(opened)));
    equals(
      await cancel({ ...opened, ...opened.over(claiming) }, queued),
      { kind: 'cancel_requested' },
      'claimed meanwhile: it is told',
    );
    equals(
      [(await look(opened, queued)).status, (await lockOf(opened))?.status],
      ['running', 'busy'],
      'its thread stays its own',
    );
    holds(worker !== undefined, 'a worker has it');
    await opened.runner.endSitting(worker, { kind: 'cancelled' });
    const running = await submit(opened);
    const claimed = await claim(opened);
    const gates = await openGates(opened, claimed.run, 400);
    const parking = meanwhile(opened.store, () =>
      opened.runner.endSitting(claimed, { kind: 'parked', gates, checkpoint }),
    );
    equals(
      await cancel({ ...opened, ...opened.over(parking) }, running),
      { kind: 'cancelled' },
      'parked meanwhile: it is over',
    );
    equals(
      [(await look(opened, running)).status, (await lockOf(opened))?.status],
      ['cancelled', 'free'],
      'and its thread is free',
    );
    equals(await statusOf(opened, gates[0] as GateId), 'superseded', 'and its gate closed');
    const third = await submit(opened);
    const ending = meanwhile(opened.store, () => cancel(opened, third));
    equals(
      await cancel({ ...opened, ...opened.over(ending) }, third),
      { kind: 'already_over', status: 'cancelled' },
      'over meanwhile',
    );
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
