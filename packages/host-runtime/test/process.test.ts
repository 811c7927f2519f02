/** Background processes, on every storage: one end each, seen with its result, whoever asks and whatever dies. */
import { buildScope, wrapStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { BACKENDS } from './open-store.ts';
import { about, completed, createProcessWorld, LEASE_MS } from './process-world.ts';

const scope = buildScope();

describe.each(BACKENDS)('A process, on %s,', (backend) => {
  test('is shown as running, and then with its end and its result at once, to every host', async () => {
    const world = await createProcessWorld(backend);
    const [here, there] = [world.desk('here'), world.desk('there')];
    const { processId, work } = await world.begin(here);
    const { startedAtMs } = (await here.status(scope, processId)) ?? {};
    const running = { processId, status: 'running', ...about, startedAtMs };
    expect(await there.status(scope, processId)).toEqual(running);
    expect([await there.list(scope), await there.active(scope)]).toEqual([[running], [running]]);

    const waiting = there.await(scope, processId, { timeoutMs: 60_000 });
    await world.advance(2_000);
    work.finish();
    const ended = { ...running, status: 'completed', endedAtMs: expect.any(Number), result: completed };
    expect(await world.settled(waiting)).toEqual({ kind: 'ended', process: ended });
    expect(await there.status(scope, processId)).toEqual(ended);
    expect([await there.list(scope), await there.active(scope)]).toEqual([[ended], []]);
    expect(work.endings).toEqual([{ status: 'completed', durationMs: 2_000 }]);
    expect(await world.leaseStatus(processId)).toBe('free');
    expect(await world.endRecords()).toEqual(['completed']);
  });

  test('that was told to stop stays cancelled, whatever its work comes to', async () => {
    const world = await createProcessWorld(backend);
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    expect(await here.end(scope, processId, 'user_requested')).toEqual({ kind: 'ending' });
    expect(work.terms.signal.aborted).toBe(true);
    work.finish();
    await world.tick();
    const process = await here.status(scope, processId);
    expect(process).toMatchObject({ status: 'cancelled', cancelReason: 'user_requested', result: completed });
    expect(await here.end(scope, processId, 'shutdown')).toEqual({ kind: 'already_terminal', status: 'cancelled' });
    expect(await world.endRecords()).toEqual(['cancelled']);
  });

  test('is ended from another host with its next heartbeat', async () => {
    const world = await createProcessWorld(backend);
    const [here, there] = [world.desk('here'), world.desk('there')];
    const { processId, work } = await world.begin(here);
    expect(await there.end(scope, processId, 'timeout')).toEqual({ kind: 'ending' });
    expect(work.terms.signal.aborted).toBe(false);
    await world.advance(LEASE_MS / 4);
    expect(work.terms.signal.aborted).toBe(true);
    work.finish({ kind: 'failed', errorKind: 'stopped', message: 'Stopped.', effect: 'happened' });
    const found = await world.settled(there.await(scope, processId, { timeoutMs: 60_000 }));
    expect(found).toMatchObject({ kind: 'ended', process: { status: 'cancelled', cancelReason: 'timeout' } });
    expect(work.endings).toMatchObject([{ status: 'cancelled', reason: 'timeout' }]);
  });

  test('whose host is gone is marked lost once, by one of two that look, and is not begun again', async () => {
    const world = await createProcessWorld(backend);
    const gone = world.desk('gone', { timers: { schedule: () => () => undefined } });
    const { processId, work } = await world.begin(gone);
    const rescuers = [world.desk('first'), world.desk('second')];
    const recover = async () =>
      (await Promise.all(rescuers.map((each) => each.recoverLost(world.lostWrites)))).flat().map((lost) => ({
        processId: lost.process.processId,
        scope: lost.scope,
        attempt: lost.attempt,
      }));
    await world.advance(LEASE_MS - 1_000);
    expect(await recover()).toEqual([]);
    await world.advance(1_000);
    expect(await recover()).toEqual([{ processId, scope, attempt: 1 }]);
    expect(await recover()).toEqual([]);
    expect(await rescuers[0]?.status(scope, processId)).toMatchObject({
      status: 'lost',
      result: { kind: 'failed', errorKind: 'host_lost', effect: 'uncertain' },
    });
    expect([await world.endRecords(), work.executions]).toEqual([['lost'], 1]);
    expect(await world.leaseStatus(processId)).toBe('free');
  });

  test('of a host that was stopped past its lease cannot be ended by it any more', async () => {
    const world = await createProcessWorld(backend);
    const stopped = world.desk('stopped', { timers: { schedule: () => () => undefined } });
    const other = world.desk('other');
    const [early, late] = [await world.begin(stopped), await world.begin(stopped)];
    await world.advance(LEASE_MS);
    early.work.finish();
    await world.tick();
    expect(await other.status(scope, early.processId)).toMatchObject({ status: 'running' });
    expect(await other.recoverLost(world.lostWrites)).toHaveLength(2);
    late.work.finish();
    await world.tick();
    const statuses = (await other.list(scope)).map(({ status }) => status);
    expect(statuses).toEqual(['lost', 'lost']);
    expect(await world.endRecords()).toEqual(['lost', 'lost']);
    const message = 'A process was lost to this host before it ended; what came of it is not written';
    expect(world.platform.reports.map((report) => report.message)).toEqual([message, message]);
  });

  test('is unknown in any scope but its own', async () => {
    const world = await createProcessWorld(backend);
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    const strangers = [
      buildScope({ tenantId: 'other' }),
      buildScope({ userId: 'bob' }),
      buildScope({ agentId: undefined }),
      buildScope({ threadId: 'thread-2' }),
    ];
    for (const stranger of strangers) {
      const seen = [
        await here.status(stranger, processId),
        await here.end(stranger, processId, 'user_requested'),
        await here.await(stranger, processId, { timeoutMs: 1 }),
        await here.read(stranger, processId),
        ...(await here.list(stranger)),
        ...(await here.active(stranger)),
      ];
      expect(seen).toEqual([undefined, { kind: 'unknown' }, { kind: 'unknown' }, { kind: 'unknown' }]);
    }
    expect(work.terms.signal.aborted).toBe(false);
    expect(await here.status(scope, processId)).toMatchObject({ status: 'running' });
  });

  test('that ends while it is told to stop ends in one way, and says so to both', async () => {
    const world = await createProcessWorld(backend);
    const there = world.desk('there');
    // The other host's request lands between the end that this host has prepared and its commit.
    let before = async (): Promise<void> => undefined;
    const store = wrapStore(world.store, {
      commit: async (writes) => {
        await before();
        return world.store.commit(writes);
      },
    });
    const here = world.desk('here', { store });
    const { processId, work } = await world.begin(here);
    before = async () => {
      before = async () => undefined;
      expect(await there.end(scope, processId, 'turn_cancelled')).toEqual({ kind: 'ending' });
    };
    work.finish();
    const found = await world.settled(there.await(scope, processId, { timeoutMs: 60_000 }));
    expect(found).toMatchObject({ process: { status: 'cancelled', cancelReason: 'turn_cancelled' } });
    expect(work.endings.map(({ status, reason }) => [status, reason])).toEqual([
      ['completed', undefined],
      ['cancelled', 'turn_cancelled'],
    ]);
    expect(await world.endRecords()).toEqual(['cancelled']);
  });
});
