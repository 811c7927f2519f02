/** What came of an execution is known here and nowhere else: nothing that a policy adds, and no short trouble, loses it. */
import { gateMachine, transition } from '@reborn/host-api';
import { createFaultyStore, fixedUuid } from '@reborn/host-api/testkit';
import type { CallPolicy } from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFacadeBench, tokenHandle } from './facade-bench.ts';
import { asker, createWorld, done, gateOf, reader, tick, writer } from './support.ts';

describe('A result', () => {
  const additions: readonly [string, readonly unknown[]][] = [
    ['conflicts', [transition(gateMachine, fixedUuid(7), { trigger: 'check_open' })]],
    ['is no write', [42]],
  ];
  test.each(additions)('stands without what a policy adds when that %s', async (_, writes) => {
    const world = createWorld();
    const policy: CallPolicy = { ...recordingPolicy(), settle: () => ({ records: [], writes: writes as never }) };
    const runtime = world.open([writer(done), reader(done)], { policy, diagnostics: world.platform.diagnostics });
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
    const read = world.newCall({}, { capabilityId: 'notes.read' });
    expect((await runtime.invokeCapability(read)).kind).toBe('completed');
    expect(world.platform.reports).toHaveLength(2);
  });

  test('stands with what a policy adds, once', async () => {
    const world = createWorld();
    const open = transition(gateMachine, fixedUuid(7), { trigger: 'check_open' });
    const policy: CallPolicy = {
      ...recordingPolicy(),
      settle: () => ({ records: [], writes: [{ ...open, key: gateId }] }),
    };
    const runtime = world.open([asker(done), reader(done)], { policy, diagnostics: world.platform.diagnostics });
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const read = world.newCall({}, { capabilityId: 'notes.read' });
    expect((await runtime.invokeCapability(read)).kind).toBe('completed');
    expect(world.platform.reports).toEqual([]);
  });
});

describe('That the other side took no credentials', () => {
  test.each(['before', 'after'] as const)('is written again when the store fails %s its commit', async (when) => {
    const faulty = (store: Parameters<typeof createFaultyStore>[0]) =>
      createFaultyStore(store, [{ call: 2, when, does: 'fails' }]);
    const bench = createFacadeBench({ faulty });
    await bench.putToken();
    const handler = scriptedHandler({
      descriptor: {
        effects: ['use_secret', 'write_filesystem'],
        credentials: [{ handle: tokenHandle, required: true }],
      },
      runs: [{ kind: 'auth_required', handles: [tokenHandle] }],
    });
    const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance: { secrets: [tokenHandle] } });
    const request = bench.newCall();
    const outcome = await bench.settled(runtime.invokeCapability(request));
    expect(outcome.kind).toBe('auth_required');
    expect(await runtime.invokeCapability(request)).toEqual(outcome);
  });
});

describe('Whoever has to answer at once', () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => void process.on('unhandledRejection', note));
  afterEach(() => void process.off('unhandledRejection', note));

  test('and gives a promise that rejects, has answered nothing and ends no process', async () => {
    const world = createWorld();
    const no = () => Promise.reject(new Error('no'));
    const policy: CallPolicy = { ...recordingPolicy(), observe: no as never, settle: no as never };
    const request = world.newCall();
    const unwilling = world.open([asker(done)], { policy, approvers: { mayResolve: no as never } });
    const gateId = gateOf(await unwilling.invokeCapability(request));
    expect((await world.approve(unwilling, gateId)).kind).toBe('not_authorised');
    const runtime = world.open([asker(done)], { policy });
    await world.approve(runtime, gateId);
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    const careless = world.open([scriptedHandler({ checkInput: no as never })]);
    expect(await careless.invokeCapability(world.newCall())).toMatchObject({ failureKind: 'invalid_input' });
    await tick();
    await tick();
    expect(rejections).toEqual([]);
  });
});
