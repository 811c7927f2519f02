/** What goes on behind the door: stopping it, showing it, and whether the door is fit to begin more. */
import type { ProcessId } from '@reborn/host-api';
import { buildContext, createFaultyStore, fixedUuid } from '@reborn/host-api/testkit';
import type { HostRuntime, HostRuntimeOptions, InvokeOutcome, LaneKind } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, until, untilStopped } from './facade-bench.ts';
import { asker, claimRun, done, gateOf, tick, writer } from './support.ts';

const NOTHING = { cancelled: [], alreadyTerminal: [], unsupported: [] };

/** A unit that begins a process. */
const STARTS = { machine: 'work_item', trigger: 'start' } as const;

describe('Stopping work', () => {
  test.each(['run', 'invocation', 'correlation', 'all'] as const)(
    'reaches a call by its %s, and the call says what it has done',
    async (by) => {
      const bench = createFacadeBench();
      const { run, begun } = untilStopped('happened');
      const runtime = bench.open([writer(run)]);
      const claimed = await claimRun(bench.store, 700);
      const context = buildContext({ run: claimed });
      const outcome = runtime.invokeCapability(bench.newCall({}, { context }));
      await begun;
      const { scope, invocationId, correlationId } = context;
      const targets = {
        run: { kind: 'run', runId: claimed.runId },
        invocation: { kind: 'invocation', invocationId },
        correlation: { kind: 'correlation', correlationId },
        all: { kind: 'all' },
      } as const;
      const other = [
        { kind: 'run', runId: fixedUuid(77) },
        { kind: 'invocation', invocationId: fixedUuid(77) },
        { kind: 'correlation', correlationId: fixedUuid(77) },
      ] as const;
      for (const target of other) expect(await runtime.cancelWork({ scope, target })).toEqual(NOTHING);
      const work = { kind: 'invocation', invocationId };
      const cancelled = await runtime.cancelWork({ scope, target: targets[by], reason: 'turn_cancelled' });
      expect(cancelled).toEqual({ ...NOTHING, cancelled: [work] });
      expect(await outcome).toMatchObject({ failureKind: 'cancelled', effect: 'happened', message: 'Stopped.' });
    },
  );

  test('gives a call up that does not obey, and then nobody knows its effect', async () => {
    const bench = createFacadeBench();
    const handler = writer(() => new Promise(() => undefined));
    const runtime = bench.open([handler]);
    const request = bench.newCall();
    const outcome = runtime.invokeCapability(request);
    await until(() => handler.calls.length === 1);
    await runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } });
    expect(await bench.settled(outcome)).toMatchObject({ failureKind: 'cancelled', effect: 'uncertain' });
    expect(await runtime.runtimeStatus({ scope: bench.scope })).toEqual({ active: [] });
  });

  test('kills a process by its signal, and writes what came of it', async () => {
    const bench = createFacadeBench();
    const { run, begun } = untilStopped();
    const runtime = bench.open([writer(run)]);
    const spawned = await runtime.spawnCapability(bench.newCall());
    await begun;
    const processId = processOf(spawned);
    const target = { kind: 'process', processId } as const;
    await runtime.cancelWork({ scope: bench.scope, target, reason: 'timeout' });
    expect(await bench.ended(processId)).toMatchObject({
      status: 'cancelled',
      cancelReason: 'timeout',
      result: { kind: 'failed', errorKind: 'stopped', effect: 'none' },
    });
    const records = await bench.records('runtime', 'journal');
    expect(records.filter(({ kind }) => kind === 'process_ended')).toMatchObject([
      { outcome: 'cancelled', effect: 'none' },
    ]);
    expect(records.filter(({ kind }) => kind === 'effect_settled')).toMatchObject([
      { outcome: 'failed', effect: 'none' },
    ]);
    for (let again = 0; again < 2; again += 1) {
      expect(await runtime.cancelWork({ scope: bench.scope, target })).toEqual({
        ...NOTHING,
        alreadyTerminal: [target],
      });
    }
  });

  test.each(['before', 'after'] as const)(
    'reaches a process that is just being begun (%s its unit was written)',
    async (when) => {
      const bench = createFacadeBench({
        faulty: (store, { timers }) =>
          createFaultyStore(store, [{ unit: STARTS, call: 1, does: 'waits', when, ms: 1000 }], { timers }),
      });
      const runtime = bench.open([writer(untilStopped().run)]);
      const request = bench.newCall();
      const spawning = runtime.spawnCapability(request);
      await tick();
      const { scope, invocationId } = request.context;
      const target = { kind: 'invocation', invocationId } as const;
      expect((await runtime.cancelWork({ scope, target })).cancelled).toContainEqual(target);
      const processId = processOf(await bench.settled(spawning));
      expect(await bench.ended(processId)).toMatchObject({ status: 'cancelled', result: { effect: 'none' } });
    },
  );

  test('names everything of a scope that it stops, each by what it is', async () => {
    const bench = createFacadeBench();
    const { run, begun } = untilStopped();
    const { run: forever, begun: alsoBegun } = untilStopped();
    const runtime = bench.open([writer(run, forever), poster()]);
    const { capabilityId: _, ...rest } = bench.newCall();
    const gateId = gateOf(await runtime.invokeCapability({ ...rest, capabilityId: 'notes.post' }));
    const spawned = await runtime.spawnCapability(bench.newCall());
    await begun;
    const request = bench.newCall();
    const call = runtime.invokeCapability(request);
    await alsoBegun;
    expect(await runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } })).toEqual({
      ...NOTHING,
      cancelled: [
        { kind: 'invocation', invocationId: request.context.invocationId },
        { kind: 'process', processId: processOf(spawned) },
        { kind: 'gate', gateId },
      ],
    });
    await bench.ended(processOf(spawned));
    expect((await call).kind).toBe('failed');
    expect(await runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } })).toEqual(NOTHING);
  });
});

describe('What goes on', () => {
  test('is a process and no call once it has begun, also while its caller has yet to hear of it', async () => {
    const bench = createFacadeBench({
      faulty: (store, { timers }) =>
        createFaultyStore(store, [{ unit: STARTS, call: 1, does: 'waits', when: 'after', ms: 1000 }], { timers }),
    });
    const { run, begun } = untilStopped();
    const { run: other, begun: otherBegun } = untilStopped();
    const runtime = bench.open([writer(run, other)]);
    const request = bench.newCall();
    const spawning = runtime.spawnCapability(request);
    await tick();
    const kinds = async () => (await runtime.runtimeStatus({ scope: bench.scope })).active.map(({ work }) => work.kind);
    expect(await kinds()).toEqual(['process']);
    await bench.settled(spawning);
    await begun;
    expect(await kinds()).toEqual(['process']);
    // A call and a process of one invocation are two.
    const call = runtime.invokeCapability(request);
    await otherBegun;
    expect(await kinds()).toEqual(['invocation', 'process']);
    await runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } });
    await call;
    await bench.ended(processOf(await spawning));
    expect(await kinds()).toEqual([]);
  });

  test('is nothing that waits, is over or was refused', async () => {
    const bench = createFacadeBench();
    const runtime = bench.open([asker(), scriptedHandler({ descriptor: { id: 'notes.post' }, otherwise: done })], {}, [
      { verdict: 'allow' },
      { verdict: 'allow' },
      { verdict: 'deny' },
    ]);
    await runtime.invokeCapability(bench.newCall());
    const post = () => runtime.invokeCapability(bench.newCall({}, { capabilityId: 'notes.post' }));
    expect([(await post()).kind, (await post()).kind]).toEqual(['completed', 'failed']);
    expect(await runtime.runtimeStatus({ scope: bench.scope })).toEqual({ active: [] });
  });
});

describe('The health of a door', () => {
  const program = () =>
    scriptedHandler({ lane: 'process', descriptor: { id: 'notes.run', effects: ['execute_code'] } });
  const lanesOf = (health: Awaited<ReturnType<HostRuntime['health']>>) =>
    health.components.filter(({ name }) => name.startsWith('lane ')).map(({ name, state }) => [name, state]);
  const LANES = {
    here: ['lane in_process', 'ready'],
    there: ['lane process', 'ready'],
    missing: ['lane process', 'unavailable'],
  };

  test('needs no lane that no capability needs, and asks about none', async () => {
    const asked: LaneKind[] = [];
    const lanes = async (lane: LaneKind) => (asked.push(lane), { ready: false, detail: 'not there' });
    const bench = createFacadeBench();
    expect(await bench.open([], { lanes }).health()).toMatchObject({ ready: true, missingLanes: [] });
    const health = await bench.open([writer()], { lanes }).health();
    expect([health.ready, health.missingLanes, lanesOf(health)]).toEqual([true, [], [LANES.here]]);
    expect(asked).toEqual([]);
  });

  test.each<[string, HostRuntimeOptions['lanes'] | undefined, boolean]>([
    ['is there', async () => ({ ready: true, detail: 'box' }), true],
    ['is not there', async () => ({ ready: false, detail: 'no box' }), false],
    ['nobody can tell about', undefined, false],
    ['cannot be found out about', () => Promise.reject(new Error('/dev/box')), false],
  ])('is ready with a lane exactly when it is there: one that %s', async (_, lanes, ready) => {
    const runtime = createFacadeBench().open([program(), writer()], lanes === undefined ? {} : { lanes });
    const health = await runtime.health();
    expect([health.ready, health.missingLanes]).toEqual([ready, ready ? [] : ['process']]);
    expect(lanesOf(health)).toEqual([LANES.here, ready ? LANES.there : LANES.missing]);
    expect(JSON.stringify(health)).not.toContain('/dev/box');
  });

  test('is the same in whatever order the capabilities were composed', async () => {
    const bench = createFacadeBench();
    const [left, right] = [
      [program(), writer()],
      [writer(), program()],
    ].map((all) => bench.open(all).health());
    expect(await left).toEqual(await right);
  });
});

function poster() {
  return scriptedHandler({ descriptor: { id: 'notes.post', permission: 'ask' } });
}

function processOf(outcome: InvokeOutcome): ProcessId {
  if (outcome.kind !== 'spawned_process') throw new Error(`no process but ${JSON.stringify(outcome)}`);
  return outcome.processId;
}
