/** Effects that their caller has given up, or seems to have: whoever waits hears of the end, and nobody waits for ever. */
import { gateMachine, idempotencyMachine, limiterMachine } from '@reborn/host-api';
import { createFaultyStore, wrapStore } from '@reborn/host-api/testkit';
import type { CallPolicy, HostRuntimeService } from '@reborn/host-runtime';
import { createLatch, recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, until, untilStopped } from './facade-bench.ts';
import { asker, codeOf, createWorld, done, tick, watch, writer } from './support.ts';

describe('Who joins a call of another host', () => {
  test('hears of an end that falls between the look and the listening', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = scriptedHandler({ runs: [async () => (latch.arrive(), await latch.opened, done)] });
    const request = world.newCall();
    const running = world.open([handler]).invokeCapability(request);
    await latch.arrived;
    let looks = 0;
    const store = wrapStore(world.store, {
      get: async (machine, key) => {
        const row = await world.store.get(machine, key);
        if (machine === idempotencyMachine.name) looks += 1;
        if (machine !== idempotencyMachine.name || looks > 1) return row;
        latch.open();
        await running;
        return row;
      },
    });
    const joined = world.open([handler], { store }).invokeCapability(request);
    await until(watch(joined));
    expect(await joined).toEqual(await running);
  });

  test('that is gone, is told so in the end where its effect cannot be closed', async () => {
    const world = createWorld();
    const dying = createFaultyStore(world.store, [{ call: 2, when: 'before', does: 'dies' }]);
    const request = world.newCall();
    expect(await codeOf(world.invoke(world.open([writer(done)], { store: dying }), request))).toBe(
      'host-runtime/unavailable',
    );
    world.platform.advance(20_000);
    const refusal = { machine: limiterMachine.name, key: 'budget', reason: 'settle_from_none', row: undefined };
    const store = wrapStore(world.store, {
      commit: async (writes) =>
        writes.some((write) => write.kind === 'transition' && write.command['trigger'] === 'presume_lost')
          ? { kind: 'conflict', at: 1, ...refusal }
          : world.store.commit(writes),
    });
    expect(await codeOf(world.open([writer(done)], { store }).invokeCapability(request))).toBe(
      'host-runtime/unavailable',
    );
  });
});

describe('cancelWork', () => {
  test('tells of a call that another host has announced that it goes on, in its own scope only', async () => {
    const world = createWorld();
    const work = untilStopped('happened');
    const here = world.open([scriptedHandler({ runs: [work.run] })]);
    const there = world.open([scriptedHandler()]);
    const request = world.newCall();
    const running = here.invokeCapability(request);
    await work.begun;
    const { scope, invocationId } = request.context;
    const target = { kind: 'invocation', invocationId } as const;
    const nothing = { cancelled: [], alreadyTerminal: [], unsupported: [] };
    expect(await there.cancelWork({ scope, target })).toEqual({ ...nothing, unsupported: [target] });
    expect(await there.cancelWork({ scope: { ...scope, userId: 'bob' }, target })).toEqual(nothing);
    expect(await here.cancelWork({ scope, target })).toEqual({ ...nothing, cancelled: [target] });
    await world.settled(running);
  });
});

describe('Recovery', () => {
  test('closes what it can when a record cannot be read', async () => {
    const world = createWorld();
    const calls = world.open([asker()]);
    await calls.invokeCapability(world.newCall());
    await calls.invokeCapability(world.newCall());
    world.platform.advance(24 * 60 * 60 * 1000);
    const unreadable = { key: 'unreadable', row: { status: 'open' } };
    const store = wrapStore(world.store, {
      list: async (machine, request) => {
        const rows = await world.store.list(machine, request);
        const isFirst =
          machine === idempotencyMachine.name || (machine === gateMachine.name && request.status === 'open');
        return isFirst ? [unreadable, ...rows] : rows;
      },
    });
    const { diagnostics } = world.platform;
    const runtime = world.open([asker()], { store, diagnostics }) as HostRuntimeService;
    expect(await runtime.recover()).toEqual({ effects: 0, processes: 0, gates: 2 });
    expect(world.platform.reports.map(({ facts }) => facts)).toMatchObject([
      { key: 'unreadable' },
      { key: 'unreadable' },
    ]);
  });

  test('tells the policy of processes that were lost', async () => {
    const bench = createFacadeBench();
    const facts: unknown[] = [];
    const policy: CallPolicy = {
      ...recordingPolicy(),
      observe: (_context, _capability, fact) => void facts.push(fact),
    };
    const runtime = bench.open([scriptedHandler({ otherwise: () => new Promise(() => undefined) })], { policy });
    const spawned = await runtime.spawnCapability(bench.newCall());
    const processId = spawned.kind === 'spawned_process' ? spawned.processId : expect.fail();
    await tick();
    bench.platform.jumpClock(60_000);
    expect(await (runtime as HostRuntimeService).recover()).toMatchObject({ processes: 1 });
    expect(facts).toEqual([
      { kind: 'process_started', processId },
      { kind: 'process_ended', processId },
    ]);
  });
});
