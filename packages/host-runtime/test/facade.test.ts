/** The door as a whole: its words, trouble with its store, and what nobody learns through it. */
import { InvariantError, type GateRow } from '@reborn/host-api';
import { createFaultyStore, createSentinel, findLeaks, fixedUuid, wrapStore } from '@reborn/host-api/testkit';
import {
  FAILURES,
  type HostRuntimeOptions,
  type InvokeOutcome,
  type LaneKind,
  type ResolveGateOutcome,
  type VisibleCapability,
  type WorkId,
} from '@reborn/host-runtime';
import { createFakeSecretStore, recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  cancelWorkSchema,
  invokeRequestSchema,
  resolveGateSchema,
  runtimeStatusSchema,
  visibleCapabilitiesSchema,
} from '../src/host-runtime.ts';
import { createFacadeBench, told, untilStopped } from './facade-bench.ts';
import { alice, asker, codeOf, createWorld, done, gateOf, writer } from './support.ts';

describe('The words of the door', () => {
  test('are closed sets, which callers and stores rely on', () => {
    expectTypeOf<InvokeOutcome['kind']>().toEqualTypeOf<
      'completed' | 'approval_required' | 'auth_required' | 'resource_blocked' | 'spawned_process' | 'failed'
    >();
    expectTypeOf<ResolveGateOutcome['kind']>().toEqualTypeOf<
      | 'resolved'
      | 'not_authorised'
      | 'invalid_edit'
      | 'wrong_decision'
      | 'credentials_missing'
      | 'already_closed'
      | 'unknown_gate'
    >();
    expectTypeOf<GateRow['kind']>().toEqualTypeOf<'approval' | 'credentials' | 'budget'>();
    expectTypeOf<WorkId['kind']>().toEqualTypeOf<'invocation' | 'process' | 'gate'>();
    expectTypeOf<VisibleCapability['access']>().toEqualTypeOf<'available' | 'requires_approval'>();
    expectTypeOf<LaneKind>().toEqualTypeOf<'in_process' | 'process'>();
    expect(resolveGateSchema.shape.decision.options).toEqual([
      'approve',
      'deny',
      'edit',
      'authenticate',
      'decline',
      'revoke',
    ]);
    expect(cancelWorkSchema.shape.target.options.map(({ shape }) => shape.kind.value)).toEqual([
      'invocation',
      'correlation',
      'run',
      'process',
      'gate',
      'all',
    ]);
    expect(cancelWorkSchema.shape.reason.unwrap().options).toEqual([
      'user_requested',
      'turn_cancelled',
      'shutdown',
      'timeout',
    ]);
  });

  test('for a failed call have one fate each', () => {
    expect(Object.entries(FAILURES).map(([kind, { fate }]) => [kind, fate])).toEqual([
      ['unknown_capability', 'model_visible'],
      ['invalid_input', 'model_visible'],
      ['denied', 'model_visible'],
      ['credentials_declined', 'model_visible'],
      ['budget_declined', 'model_visible'],
      ['lane_unavailable', 'model_visible'],
      ['approval_denied', 'model_visible'],
      ['capability_failed', 'model_visible'],
      ['output_too_large', 'model_visible'],
      ['output_withheld', 'model_visible'],
      ['timed_out', 'model_visible'],
      ['cancelled', 'terminal'],
      ['uncertain', 'model_visible'],
      ['unavailable', 'retry'],
    ]);
  });

  test('for requests know no caller, no origin and no authority', () => {
    const requests = [
      invokeRequestSchema,
      resolveGateSchema,
      visibleCapabilitiesSchema,
      cancelWorkSchema,
      runtimeStatusSchema,
    ];
    const names = requests.flatMap((schema) =>
      namesIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })),
    );
    expect(names).toContain('capabilityId');
    const forbidden = /caller|origin|trust|grant|permission|verdict|policy|role|tier|privilege|allowance|mounts/i;
    expect(names.filter((name) => forbidden.test(name))).toEqual([]);
  });
});

describe('Trouble with the store', () => {
  test('in the moment in which a gate is kept is a fault, and nobody was asked', async () => {
    const bench = createFacadeBench({
      faulty: (store) =>
        createFaultyStore(store, [{ unit: { machine: 'gate', trigger: 'open' }, call: 1, does: 'is_busy' }]),
    });
    const handler = asker(done);
    const runtime = bench.open([handler]);
    const request = bench.newCall();
    expect(await codeOf(runtime.invokeCapability(request))).toBe('host-runtime/unavailable');
    expect([await bench.records(), await bench.store.list('gate', { limit: 1 })]).toEqual([[], []]);
    await bench.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(handler.calls).toHaveLength(1);
  });

  test('is one fault of every method, and the health says so without one', async () => {
    const bench = createFacadeBench({
      faulty: (store) =>
        createFaultyStore(
          store,
          (['commit', 'get', 'list'] as const).map((on) => ({ on, call: 1, does: 'dies', when: 'before' })),
        ),
    });
    const runtime = bench.open([writer(done)]);
    const { scope } = bench;
    const answer = { tenantId: 'acme', gateId: fixedUuid(1), approver: alice, decision: 'approve' } as const;
    for (const ask of [
      () => runtime.invokeCapability(bench.newCall()),
      () => runtime.spawnCapability(bench.newCall()),
      () => runtime.resolveGate(answer),
      () => runtime.cancelWork({ scope, target: { kind: 'all' } }),
      () => runtime.runtimeStatus({ scope }),
    ]) {
      expect(await codeOf(ask())).toBe('host-runtime/unavailable');
    }
    expect(await runtime.health()).toMatchObject({
      ready: false,
      components: [{ name: 'store', state: 'unavailable' }, {}, {}],
    });
  });

  test('does not keep a call of this process from being stopped', async () => {
    const bench = createFacadeBench();
    const { run, begun } = untilStopped();
    const store = wrapStore(bench.store, { list: () => Promise.reject(new Error('away')) });
    const runtime = bench.open([writer(run)], { store });
    const outcome = runtime.invokeCapability(bench.newCall());
    await begun;
    expect(await codeOf(runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } }))).toBe(
      'host-runtime/unavailable',
    );
    expect(await outcome).toMatchObject({ failureKind: 'cancelled', effect: 'none' });
  });

  test('is no cover for a bug: that one stays what it is', async () => {
    const bench = createFacadeBench();
    const bug = () => Promise.reject(new InvariantError('a rule of the host is broken'));
    const runtime = bench.open([writer()], { grants: { grantsFor: bug } });
    await expect(runtime.invokeCapability(bench.newCall())).rejects.toThrow(InvariantError);
  });
});

describe('Nothing of what fails behind the door', () => {
  const sentinel = createSentinel('secret');
  const hostile = new Error(`SELECT ${sentinel} FROM /home/op/${sentinel} at postgres://op:${sentinel}@db:5432`, {
    cause: sentinel,
  });
  const fails = () => Promise.reject(hostile);
  const throws = () => {
    throw hostile;
  };
  const needsSecret = scriptedHandler({
    descriptor: { effects: ['use_secret', 'write_filesystem'], credentials: [{ handle: 'notes_token' }] },
    otherwise: done,
  });
  const world = createWorld();

  test.each<[string, Partial<HostRuntimeOptions>]>([
    ['grants', { grants: { grantsFor: fails } }],
    ['trust', { trust: { evaluate: throws } }],
    ['a policy that judges', { policy: recordingPolicy([], fails) }],
    ['a policy that changes inputs', { policy: { ...recordingPolicy(), mutate: fails } }],
    ['a policy that says which it is', { policy: { ...recordingPolicy(), digest: throws } }],
    ['a policy that hears of the end', { policy: { ...recordingPolicy(), settle: throws, observe: throws } }],
    ['secrets that are looked for', { secrets: { ...createFakeSecretStore(), present: fails } }],
    [
      'secrets that are read',
      { secrets: { ...createFakeSecretStore({ secrets: { notes_token: 'a text' } }), read: fails } },
    ],
    ['budgets', { budgets: { ...createFacadeBench().budgets, hold: fails } }],
    ['processes', { processes: { ...createFacadeBench().processes, admit: throws, active: fails } }],
    ['identities', { ids: { uuid: throws } }],
    ['the clock', { clock: { nowMs: throws } }],
    ['the store', { store: wrapStore(world.store, { commit: fails }) }],
    ['the reads of the store', { store: wrapStore(world.store, { get: fails, list: fails }) }],
    ['approvers', { approvers: { mayResolve: throws } }],
    ['lanes', { lanes: fails }],
  ])('is told to anybody: %s', async (_, options) => {
    const bench = createFacadeBench();
    const allowance = { secrets: ['notes_token' as never] };
    const asks = scriptedHandler({ descriptor: { id: 'notes.post', permission: 'ask' } });
    const program = scriptedHandler({ lane: 'process', descriptor: { id: 'notes.run', effects: ['execute_code'] } });
    const runtime = bench.open([needsSecret, asks, program], options, [], { verdict: 'allow', allowance });
    const gate = await bench.open([asks]).invokeCapability(bench.newCall({}, { capabilityId: 'notes.post' }));
    const answer = { tenantId: 'acme', gateId: gateOf(gate), approver: alice, decision: 'approve' } as const;
    const { scope } = bench;
    const asked: readonly Promise<unknown>[] = [
      runtime.invokeCapability(bench.newCall()),
      runtime.spawnCapability(bench.newCall()),
      runtime.resolveGate(answer),
      runtime.visibleCapabilities({ scope }),
      runtime.cancelWork({ scope, target: { kind: 'run', runId: fixedUuid(1) } }),
      runtime.runtimeStatus({ scope }),
      runtime.health(),
    ];
    const said = await Promise.all(asked.map((promise) => told(bench.settled(promise))));
    expect(findLeaks([said, await bench.records('runtime', 'journal', 'audit', 'security')], [sentinel])).toEqual([]);
    expect(said.filter((text) => /\/home|postgres:|SELECT/.test(text))).toEqual([]);
  });
});

/** The names of all members that a JSON Schema has anywhere. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...properties, ...Object.values(schema).flatMap(namesIn)];
}
