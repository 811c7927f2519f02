import { inspect } from 'node:util';
import { parseSecretHandle, type CapabilityId, type GateId, type InvocationId } from '@reborn/host-api';
import {
  buildContext,
  buildMountView,
  buildScope,
  createFaultyStore,
  createSentinel,
  findLeaks,
  fixedUuid,
} from '@reborn/host-api/testkit';
import { HostRuntimeError, type InvokeOutcome } from '@reborn/host-runtime';
import {
  createFakeHostRuntime,
  createFakeSecretStore,
  createLatch,
  recordingPolicy,
  scriptedAuthority,
  scriptedHandler,
} from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { codeOf, createWorld, done, gateOf, tick } from './support.ts';

const world = createWorld();

function outcome(capabilityId: string, output: string): InvokeOutcome {
  return {
    kind: 'completed',
    capabilityId: capabilityId as CapabilityId,
    invocationId: fixedUuid(1) as InvocationId,
    output,
    outputBytes: 1,
    usage: {},
  };
}

describe('FakeHostRuntime', () => {
  test('answers in order, and by capability where the script says so', async () => {
    const fake = createFakeHostRuntime({
      invokeCapability: [
        { capabilityId: 'notes.read', outcome: outcome('notes.read', 'read') },
        { outcome: outcome('notes.write', 'first') },
        { outcome: outcome('notes.write', 'second') },
      ],
    });
    const outputs = [];
    for (const capabilityId of ['notes.write', 'notes.read', 'notes.write']) {
      const answer = await fake.invokeCapability(world.newCall(null, { capabilityId }));
      outputs.push(answer.kind === 'completed' ? answer.output : answer.kind);
    }
    expect(outputs).toEqual(['first', 'read', 'second']);
    fake.assertConsumed();
  });

  test('answers gates by decision where the script says so, and shows nobody the credentials that came along', async () => {
    const token = createSentinel('token');
    const open = { kind: 'already_closed', status: 'open' } as const;
    const closed = { kind: 'already_closed', status: 'denied' } as const;
    const fake = createFakeHostRuntime({
      resolveGate: [
        { decision: 'deny', outcome: closed },
        { decision: 'authenticate', outcome: { kind: 'credentials_missing', missing: 1 } },
        { outcome: open },
      ],
    });
    const answer = { tenantId: 'acme', gateId: fixedUuid(1), approver: { kind: 'user', id: 'alice' } } as const;
    const credentials = [{ handle: 'notes_token', value: token }];
    expect(await fake.resolveGate({ ...answer, decision: 'authenticate', credentials })).toMatchObject({ missing: 1 });
    expect(await fake.resolveGate({ ...answer, decision: 'authenticate' })).toEqual(open);
    expect(await codeOf(fake.resolveGate({ ...answer, decision: 'approve' }))).toBe('host-runtime/unavailable');
    expect(await fake.resolveGate({ ...answer, decision: 'deny' })).toEqual(closed);
    expect(fake.requests.resolveGate.map(({ decision }) => decision)).toEqual([
      'authenticate',
      'authenticate',
      'approve',
      'deny',
    ]);
    expect(findLeaks([fake.requests, inspect(fake.requests, { depth: 9 })], [token])).toEqual([]);
    expect(fake.requests.resolveGate[0]?.credentials?.[0]?.value.reveal()).toBe(token);
    fake.assertConsumed();
  });

  test('holds several calls at once, and answers each when it is let go', async () => {
    const latches = [createLatch(), createLatch()];
    const fake = createFakeHostRuntime({
      spawnCapability: latches.map((latch, at) => ({ latch, outcome: outcome('notes.write', `${at}`) })),
    });
    const answered: number[] = [];
    const asked = latches.map((_, at) => fake.spawnCapability(world.newCall()).then(() => answered.push(at)));
    await Promise.all(latches.map(({ arrived }) => arrived));
    expect(fake.requests.spawnCapability).toHaveLength(2);
    latches[1]?.open();
    await asked[1];
    expect(answered).toEqual([1]);
    latches[0]?.open();
    await Promise.all(asked);
    expect(answered).toEqual([1, 0]);
  });

  test('hands out copies: one answer may stand in a script several times', async () => {
    const answer = { outcome: outcome('notes.write', 'x') };
    const fake = createFakeHostRuntime({ invokeCapability: [answer, answer] });
    Reflect.set(await fake.invokeCapability(world.newCall()), 'kind', 'failed');
    expect(await fake.invokeCapability(world.newCall())).toEqual(outcome('notes.write', 'x'));
  });

  test('takes more answers while it is used', async () => {
    const fake = createFakeHostRuntime({ health: [{ fault: 'host-runtime/unavailable' }] });
    const health = { ready: true, missingLanes: [], components: [] };
    fake.add({ health: [{ outcome: health }] });
    expect(await codeOf(fake.health())).toBe('host-runtime/unavailable');
    expect(await fake.health()).toEqual(health);
    expect(fake.requests.health).toBe(2);
  });

  test('is unavailable, with a clear detail, when its script has no answer left', async () => {
    const fake = createFakeHostRuntime();
    const asks = [
      fake.invokeCapability(world.newCall()),
      fake.resolveGate({
        tenantId: 'acme',
        gateId: fixedUuid(1),
        approver: { kind: 'user', id: 'alice' },
        decision: 'deny',
      }),
      fake.visibleCapabilities({ scope: buildScope() }),
      fake.cancelWork({ scope: buildScope(), target: { kind: 'all' } }),
      fake.runtimeStatus({ scope: buildScope() }),
      fake.spawnCapability({ context: buildContext(), capabilityId: 'notes.write', input: {} }),
      fake.health(),
    ];
    for (const ask of asks) {
      const fault = await ask.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(HostRuntimeError.is(fault) && [fault.code, fault.detail['field']]).toEqual([
        'host-runtime/unavailable',
        'script',
      ]);
    }
  });

  test('scripts whole cancel outcomes and faults', async () => {
    const work = { kind: 'invocation', invocationId: fixedUuid(3) as InvocationId } as const;
    const outcome = {
      cancelled: [work],
      alreadyTerminal: [],
      unsupported: [{ kind: 'gate', gateId: fixedUuid(4) as GateId } as const],
    };
    const fake = createFakeHostRuntime({
      cancelWork: [{ outcome }, { fault: 'host-runtime/unavailable' }],
    });
    const request = { scope: buildScope(), target: work };
    expect(await fake.cancelWork(request)).toEqual(outcome);
    expect(await codeOf(fake.cancelWork(request))).toBe('host-runtime/unavailable');
  });

  test('records deep copies before it answers', async () => {
    const latch = createLatch();
    const fake = createFakeHostRuntime({ invokeCapability: [{ latch, outcome: outcome('notes.write', 'x') }] });
    const input = { list: [1] };
    const asked = fake.invokeCapability(world.newCall(input));
    await latch.arrived;
    expect(fake.requests.invokeCapability).toHaveLength(1);
    input.list.push(2);
    expect(fake.requests.invokeCapability[0]?.input).toEqual({ list: [1] });
    let answered = false;
    void asked.then(() => (answered = true));
    await tick();
    expect(answered).toBe(false);
    latch.open();
    expect((await asked).kind).toBe('completed');
  });

  test('records nothing of a malformed request and uses no answer up', async () => {
    const fake = createFakeHostRuntime({ invokeCapability: [{ outcome: outcome('notes.write', 'x') }] });
    expect(await codeOf(fake.invokeCapability({} as never))).toBe('host-runtime/invalid_request');
    expect(fake.requests.invokeCapability).toEqual([]);
    expect(leftOver(fake.assertConsumed)).toEqual({
      field: 'script',
      rule: 'has answers that nobody asked for: 1 of invokeCapability',
    });
  });

  test('names a capability in its script that can be one, or is refused', () => {
    const script = { invokeCapability: [{ capabilityId: '../notes', outcome: outcome('notes.write', 'x') }] };
    expect(() => createFakeHostRuntime(script)).toThrow(expect.objectContaining({ code: 'host-api/invalid_id' }));
  });
});

describe('A scripted authority', () => {
  test('says one thing after the other to calls, and denies what it was not told', async () => {
    const mounts = buildMountView();
    const authority = scriptedAuthority([
      { verdict: 'allow', allowance: { mounts } },
      { verdict: 'approval', code: 'is_big' },
      { verdict: 'auth' },
      { verdict: 'deny', code: 'not_today' },
    ]);
    const handler = scriptedHandler({ mounts, otherwise: done });
    const runtime = world.open([handler], { ...authority });
    const outcomes = [];
    for (let calls = 0; calls < 5; calls += 1) outcomes.push(await runtime.invokeCapability(world.newCall()));
    expect(outcomes).toMatchObject([
      { kind: 'completed' },
      { kind: 'approval_required', asked: ['is_big'] },
      { kind: 'auth_required', requiredSecrets: 0 },
      { kind: 'failed', message: 'The call is not permitted (not_today).' },
      { kind: 'failed', message: 'The call is not permitted (unscripted).' },
    ]);
    expect(handler.equipment).toEqual([{ mounts, http: false, progress: false, secrets: [] }]);
    expect(authority.asked).toHaveLength(5);
    expect([authority.policy.calls.length, authority.policy.unused]).toEqual([5, 0]);
  });

  test('is asked again by a call that goes on, and by surfaces without an end', async () => {
    const authority = scriptedAuthority([{ verdict: 'approval' }], { verdict: 'approval' });
    const runtime = world.open([scriptedHandler({ runs: [done] })], { ...authority });
    const { scope } = world.newCall().context;
    for (let looks = 0; looks < 3; looks += 1) {
      expect((await runtime.visibleCapabilities({ scope })).capabilities).toHaveLength(1);
    }
    const request = world.newCall();
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(authority.asked).toHaveLength(5);
  });
});

test('a scripted capability tells which secrets it was given, and nothing of them', async () => {
  const token = createSentinel('token');
  const secrets = createFakeSecretStore({ secrets: { notes_token: token, other: null } });
  const handles = ['notes_token', 'notes_token', 'other'].map(parseSecretHandle);
  const handler = scriptedHandler({
    descriptor: {
      effects: ['use_secret'],
      credentials: [{ handle: 'notes_token' }, { handle: 'other', required: false }],
    },
    runs: [
      (call) => ({ kind: 'completed', output: handles.map((handle) => call.secrets?.take(handle) !== undefined) }),
    ],
  });
  const authority = scriptedAuthority([{ verdict: 'allow', allowance: { secrets: handles.slice(1) } }]);
  const runtime = world.open([handler], { ...authority, secrets });
  expect(await runtime.invokeCapability(world.newCall())).toMatchObject({ output: [true, false, false] });
  expect(handler.equipment[0]?.secrets).toEqual(handles.map((handle, at) => ({ handle, given: at === 0 })));
  expect(findLeaks([handler, inspect(handler, { depth: 9 }), secrets.requests], [token])).toEqual([]);
  expect(handler.calls[0]?.secrets?.take(handles[0] as never)).toBeUndefined();
});

test('a faulty store strikes the unit with a certain transition, whatever else is written', async () => {
  const strike = {
    unit: { machine: 'idempotency', trigger: 'settle' },
    call: 2,
    when: 'before',
    does: 'fails',
  } as const;
  const store = createFaultyStore(world.store, [strike]);
  const runtime = world.open([scriptedHandler({ otherwise: done })], { store });
  for (let calls = 0; calls < 2; calls += 1)
    expect((await world.invoke(runtime, world.newCall())).kind).toBe('completed');
  expect(store.commits).toBe(5);
});

test('doubles of what stands behind the door run without a script', async () => {
  const runtime = world.open([scriptedHandler()], { policy: recordingPolicy() });
  const outcome = await runtime.invokeCapability(world.newCall());
  expect(outcome).toMatchObject({ kind: 'failed', effect: 'none', message: 'The script is over.' });
});

function leftOver(assertConsumed: () => void): unknown {
  try {
    return assertConsumed();
  } catch (error) {
    return HostRuntimeError.is(error) ? error.detail : error;
  }
}
