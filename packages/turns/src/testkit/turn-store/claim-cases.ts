/**
 * Taking a run, keeping it, and taking back what a dead worker held.
 *
 * Not here: how a sitting ends (`end-cases.ts`).
 * Source: specification 3, f 23–26 and c.5.
 */
import { leaseMachine, parseRunId, parseTenantId, type LeaseProof, type Write } from '@reborn/host-api';
import { buildScope, equals, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import { CRASHES_MAX, RUN_LEASE_MS } from '../../limits.ts';
import { moveRun } from '../../run.ts';
import { runLeaseKey } from '../../worker/claim.ts';
import { createRunner } from '../../worker/runner.ts';
import { buildAssistantMessage, buildCheckpoint, buildRun, buildTurn } from '../builder.ts';
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

const { tenantId } = buildScope();

export const claimCases = [
  turnCase('hands out the run that has waited longest, once', async (opened) => {
    const runs: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      runs.push(await submit(opened, { scope: { ...buildTurn().scope, threadId: `t${at}` } }));
      opened.platform.advance(10);
    }
    const first = await claim(opened);
    equals(first.lease, { key: runLeaseKey(first.run.runId), holder: 'worker-1', fence: 1 }, 'under a lease');
    equals([first.run.status, first.run.claims], ['running', 1], 'it runs');
    equals(await look(opened, first.run.runId), first.run, 'as the store says');
    const rest = [await claim(opened), await claim(opened)];
    equals(
      [first, ...rest].map(({ run }) => run.runId),
      runs,
      'in the order in which they were queued',
    );
    equals(await opened.runner.claimNext({ tenantId }), undefined, 'then there is none left');
  }),
  turnCase('gives a run to one of many workers', async (opened) => {
    await submit(opened);
    const workers = Array.from({ length: 10 }, (_, at) => opened.runnerOf(`worker-${at}`));
    const claims = await Promise.all(workers.map((worker) => worker.claimNext({ tenantId })));
    equals(claims.filter((claimed) => claimed !== undefined).length, 1, 'one of ten');
  }),
  turnCase('claims exactly the run that is asked for, and none of another tenant', async (opened) => {
    await submit(opened);
    const wanted = await submit(opened, { scope: { ...buildTurn().scope, threadId: 'thread-2' } });
    const other = await submit(opened, { scope: { ...buildTurn().scope, tenantId: 'globex' } });
    equals((await claim(opened, wanted)).run.runId, wanted, 'the one');
    equals(await opened.runner.claimNext({ tenantId, only: wanted }), undefined, 'not twice');
    equals(await opened.runner.claimNext({ tenantId, only: other }), undefined, 'not of another tenant');
    equals(await opened.runner.claimNext({ tenantId: parseTenantId('initech') }), undefined, 'a tenant without runs');
  }),
  turnCase('extends the lease of a run at work, and not that of a run that somebody cancelled', async (opened) => {
    const runId = await submit(opened);
    const { lease } = await claim(opened);
    opened.platform.advance(RUN_LEASE_MS - 1);
    equals(await opened.runner.heartbeat(lease), true, 'a heartbeat in time');
    opened.platform.advance(RUN_LEASE_MS - 1);
    await opened.coordinator.cancelRun({ scope: buildScope(), actor: { kind: 'host' }, runId, reason: 'policy' });
    equals(await opened.runner.heartbeat(lease), true, 'the worker may settle the cancelled run');
    opened.platform.advance(1);
    equals(await opened.runner.heartbeat(lease), false, 'within the lease that it has');
    equals((await look(opened, runId)).status, 'running', 'heartbeats move nothing');
    await rejects(opened.runner.heartbeat({ ...lease, key: 'lease:other' }), ['host-api/invalid_id'], 'only for runs');
  }),
  turnCase('lets a worker whose lease ran out write nothing, even before it is taken back', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    opened.platform.advance(RUN_LEASE_MS);
    const before = await everything(opened);
    await refusesAll(opened, claimed);
    equals(await everything(opened), before, 'nothing has changed');
    equals((await look(opened, runId)).status, 'running', 'the run waits to be taken back');
  }),
  turnCase('lets nobody write under a lease that is not theirs', async (opened) => {
    await submit(opened);
    const claimed = await claim(opened);
    const before = await everything(opened);
    const { lease } = claimed;
    for (const forged of [
      { ...lease, holder: 'thief' },
      { ...lease, fence: lease.fence + 1 },
    ]) {
      await refusesAll(opened, { ...claimed, lease: forged });
    }
    equals(await everything(opened), before, 'nothing has changed');
  }),
  turnCase('queues the run of a dead worker again and fences that worker off', async (opened) => {
    const runId = await submit(opened);
    const dead = await claim(opened);
    equals(await opened.runner.recoverExpired({ tenantId }), [], 'not while its lease lives');
    equals(await opened.runner.recoverExpired({ tenantId, only: runId }), [], 'not when it is named either');
    opened.platform.advance(RUN_LEASE_MS);
    const sweepers = [opened.runnerOf('sweep-1'), opened.runnerOf('sweep-2')];
    const moved = await Promise.all(sweepers.map((sweeper) => sweeper.recoverExpired({ tenantId })));
    equals(moved.flat(), [runId], 'one of two sweeps takes it back');
    const { status, crashes, claims } = await look(opened, runId);
    equals(
      { status, crashes, claims },
      { status: 'queued', crashes: 1, claims: 1 },
      'it is queued and the crash is counted',
    );
    await refusesAll(opened, dead);
    const again = await claim({ runner: opened.runnerOf('worker-2') });
    holds(again.lease.fence > dead.lease.fence, 'the next worker has it at once, under a newer token');
    equals(await lockOf(opened), { status: 'busy', runId }, 'the thread stays its own');
  }),
  turnCase('gives a run up after too many crashes and frees its thread', async (opened) => {
    const runId = await submit(opened);
    for (let crash = 1; crash <= CRASHES_MAX; crash += 1) await crashOnce(opened);
    const run = await look(opened, runId);
    equals(
      [run.status, run.crashes, run.failure?.kind],
      ['failed', CRASHES_MAX, 'crash_retry_exhausted'],
      'it has failed',
    );
    equals((await lockOf(opened))?.status, 'free', 'the thread is free');
    equals((await opened.coordinator.submitTurn(buildTurn())).kind, 'accepted', 'and takes the next turn');
    const said = (await readOutbox(opened)).filter(({ kind }) => kind === 'run_recovered' || kind === 'run_failed');
    equals(
      said.map(({ kind, reason }) => [kind, reason]),
      [
        ...Array.from({ length: CRASHES_MAX - 1 }, () => ['run_recovered', undefined]),
        ['run_failed', 'crash_retry_exhausted'],
      ],
      'each step was said',
    );
  }),
  turnCase('settles a cancelled run whose worker died', async (opened) => {
    const runId = await submit(opened);
    await claim(opened);
    await opened.coordinator.cancelRun({ scope: buildScope(), actor: { kind: 'host' }, runId, reason: 'timeout' });
    opened.platform.advance(RUN_LEASE_MS);
    equals(await opened.runner.recoverExpired({ tenantId }), [runId], 'it is taken back');
    equals([(await look(opened, runId)).status, (await lockOf(opened))?.status], ['cancelled', 'free'], 'and over');
    const [said] = (await readOutbox(opened)).filter(({ kind }) => kind === 'run_cancelled');
    equals(said?.reason, 'timeout', 'with the reason that was given');
  }),
  turnCase('frees the thread of a run that is cancelled in the moment it is taken back', async (opened) => {
    const runId = await submit(opened);
    await claim(opened);
    opened.platform.advance(RUN_LEASE_MS);
    const store = meanwhile(opened.store, () =>
      opened.coordinator.cancelRun({ scope: buildScope(), actor: { kind: 'host' }, runId, reason: 'policy' }),
    );
    equals(await opened.over(store).runner.recoverExpired({ tenantId }), [runId], 'it is taken back');
    equals(
      [(await look(opened, runId)).status, (await lockOf(opened))?.status],
      ['cancelled', 'free'],
      'as a cancelled one',
    );
  }),
  turnCase('leaves alone what ended, parked or was taken back by somebody else meanwhile', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const gates = await openGates(opened, claimed.run, 50);
    await opened.runner.endSitting(claimed, { kind: 'parked', gates, checkpoint: buildCheckpoint() });
    opened.platform.advance(RUN_LEASE_MS * 10);
    equals(await opened.runner.recoverExpired({ tenantId }), [], 'a parked run is nobody’s crash');
    equals((await look(opened, runId)).status, 'parked', 'it waits');
    await submit(opened, { scope: { ...buildTurn().scope, threadId: 'thread-2' } });
    const late = await claim(opened);
    opened.platform.advance(RUN_LEASE_MS);
    const store = meanwhile(opened.store, () => opened.runnerOf('sweep-2').recoverExpired({ tenantId }));
    equals(await opened.over(store).runner.recoverExpired({ tenantId }), [], 'the other sweep was first');
    equals((await look(opened, late.run.runId)).crashes, 1, 'the crash is counted once');
    holds(
      (await opened.runner.claimNext({ tenantId })) !== undefined,
      'and the lease is not in the way of the next worker',
    );
  }),
  turnCase('takes back a run however many runs other tenants have', async (opened) => {
    for (let at = 0; at < 1_100; at += 100) {
      await opened.store.commit(Array.from({ length: 100 }, (_, index) => strangersRun(10_000 + at + index)).flat());
    }
    opened.platform.advance(1_000);
    const runId = await submit(opened);
    await claim(opened);
    opened.platform.advance(RUN_LEASE_MS);
    equals(await opened.runner.recoverExpired({ tenantId }), [runId], 'its own, and only its own');
  }),
  turnCase('still has a claimed run after a restart, and recovers it', async (opened) => {
    const runId = await submit(opened);
    const claimed = await claim(opened);
    const again = await opened.restart();
    if (again === undefined) return;
    equals(await again.runner.look(runId), claimed.run, 'the run');
    again.platform.advance(RUN_LEASE_MS);
    equals(await again.runner.recoverExpired({ tenantId }), [runId], 'is taken back');
  }),
  turnCase('refuses to be a worker without a name or with a lease that no store takes', async ({ store, platform }) => {
    const good = { store, clock: platform.clock, ids: platform.ids, holder: 'worker', leaseMs: RUN_LEASE_MS };
    const bad = [
      { holder: '' },
      { holder: 'a\nb' },
      { leaseMs: 0 },
      { leaseMs: 49 },
      { leaseMs: 1e9 },
      { leaseMs: 100.5 },
    ];
    for (const part of bad) {
      const made = async () => createRunner({ ...good, ...part });
      await rejects(made(), ['turns/invalid_request'], 'it is said at once');
    }
  }),
];

type Claimed = Awaited<ReturnType<typeof claim>>;

/** Nothing that a worker can write goes through under this lease. */
async function refusesAll({ runner }: OpenedTurns, claimed: Claimed): Promise<void> {
  const { runId } = claimed.run;
  const entries = [buildAssistantMessage(runId, 700)];
  const checkpoint = buildCheckpoint();
  equals(await runner.heartbeat(claimed.lease), false, 'no heartbeat');
  equals(await runner.writeStep(claimed, { checkpoint, entries }), { kind: 'lost' }, 'no step');
  const failure = { kind: 'no_progress', explanation: '' } as const;
  for (const end of [
    { kind: 'completed', replyEntryId: entries[0]?.entryId } as never,
    { kind: 'failed', failure } as const,
  ]) {
    equals(await runner.endSitting(claimed, end), { kind: 'lost' }, 'no end');
  }
}

async function everything({ store }: OpenedTurns): Promise<unknown> {
  const streams = ['turn', 'transcript'] as const;
  return {
    runs: await store.list('run', { limit: 100 }),
    locks: await store.list('thread_lock', { limit: 100 }),
    leases: await store.list(leaseMachine.name, { limit: 100 }),
    checkpoints: await store.list('checkpoint', { limit: 100 }),
    streams: await Promise.all(
      streams.map((family) => store.readStream({ stream: { family, tenantId }, after: 0, limit: 100 })),
    ),
  };
}

async function crashOnce(opened: OpenedTurns): Promise<LeaseProof> {
  const { lease } = await claim(opened);
  opened.platform.advance(RUN_LEASE_MS);
  equals((await opened.runner.recoverExpired({ tenantId })).length, 1, 'the run is taken back');
  return lease;
}

/** A run of another tenant that has been running for ever. */
function strangersRun(number: number): readonly Write[] {
  const { runId, turnId, correlationId, actor, profile } = buildRun({ runId: parseRunId(fixedUuid(number)) });
  const run = { runId, turnId, correlationId, actor, profile, scope: buildScope({ tenantId: 'globex' }) };
  return [moveRun(runId, { trigger: 'submit', run }), moveRun(runId, { trigger: 'claim', claims: 1 })];
}
