/** One governed call: what reaches a capability, what becomes of what it returns, who may stop it. */
import { idempotencyMachine, getRecord, type JsonValue, type Verdict } from '@reborn/host-api';
import {
  buildContext,
  buildScope,
  createFaultyStore,
  createRecordingStore,
  fixedUuid,
  wrapStore,
} from '@reborn/host-api/testkit';
import { defineTool, HostRuntimeError, ToolFailure } from '@reborn/host-runtime';
import { createLatch, recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asker, claimRun, codeOf, createWorld, done, gateOf, reader, takeLease, tick, writer } from './support.ts';

const kindsOf = (records: readonly { readonly kind?: unknown }[]): unknown[] => records.map((record) => record.kind);
const THEN = ['t', 'hen'].join('');
const thenable = (answer: (resolve: (value: unknown) => void) => void): object => ({ [THEN]: answer });
const deny: readonly Verdict[] = [{ kind: 'deny', by: 'hook:a', code: 'not_today' }];

describe('a call that is refused', () => {
  test.each([
    ['by a hook', { policy: recordingPolicy([], deny) }, { by: 'hook:a', code: 'not_today' }],
    ['for want of a grant', { grants: { grantsFor: async () => [] } }, { by: 'grants', code: 'missing_grant' }],
    [
      'by a policy that throws',
      { policy: recordingPolicy([], () => Promise.reject(new Error('x'))) },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy that answers rubbish',
      { policy: recordingPolicy([], () => ({ verdicts: [{ kind: 'ALLOW' }] })) },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy that answers nothing',
      { policy: recordingPolicy([], () => undefined) },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy that never answers',
      { policy: recordingPolicy([], () => new Promise(() => undefined)) },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy with more writes than a unit holds',
      { policy: recordingPolicy([], { writes: Array.from({ length: 300 }) as never }) },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy with more questions than a gate holds',
      {
        policy: recordingPolicy(
          [],
          Array.from({ length: 70 }, (_, at) => ({ kind: 'approval', by: 'h', code: `c${at}` }) as const),
        ),
      },
      { by: 'policy', code: 'hook_failed' },
    ],
    [
      'by a policy with a malformed record',
      { policy: recordingPolicy([], { records: [{ kind: 'hook_failed' } as never] }) },
      { by: 'policy', code: 'hook_failed' },
    ],
  ])('%s never reaches the capability, and the audit says why', async (_, options, why) => {
    const world = createWorld();
    const handler = writer(done);
    const runtime = world.open([handler], options);
    const outcome = await world.invoke(runtime, world.newCall());
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'denied', fate: 'model_visible', effect: 'none' });
    expect(handler.inputs).toEqual([]);
    expect((await world.records('audit')).at(-1)).toMatchObject({ kind: 'call_denied', ...why });
    expect(kindsOf(await world.records('journal'))).toContain('verdict_given');
  });

  test('may be made again when the policy says something else: a denial is not stored', async () => {
    const world = createWorld();
    const runtime = world.open([writer(done)], { policy: recordingPolicy([deny]) });
    const request = world.newCall();
    expect((await runtime.invokeCapability(request)).kind).toBe('failed');
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
  });

  test('is not allowed by a policy: its "allow" only abstains', async () => {
    const world = createWorld();
    const handler = writer(done);
    const policy = recordingPolicy([], [{ kind: 'allow', by: 'a' }]);
    const runtime = world.open([handler], { policy, grants: { grantsFor: async () => [] } });
    expect(await runtime.invokeCapability(world.newCall())).toMatchObject({ failureKind: 'denied' });
  });

  test.each([
    ['unknown_capability', { capabilityId: 'notes.none' }],
    ['invalid_input', { capabilityId: 'notes.strict' }],
    ['capability_failed', { capabilityId: 'notes.broken' }],
    ['capability_failed', { capabilityId: 'notes.unstable' }],
  ])('as %s is recorded as denied by the host', async (failureKind, overrides) => {
    const world = createWorld();
    const strict = scriptedHandler({
      descriptor: { id: 'notes.strict' },
      checkInput: () => ({ kind: 'invalid', field: 'input.a', rule: 'must be of type string' }),
    });
    const broken = scriptedHandler({
      descriptor: { id: 'notes.broken' },
      checkInput: () => {
        throw new Error('/etc/passwd');
      },
    });
    const unstable = scriptedHandler({
      descriptor: { id: 'notes.unstable' },
      checkInput: (input) => ({ kind: 'valid', input: [input] }),
    });
    const runtime = world.open([strict, broken, unstable]);
    expect(await runtime.invokeCapability(world.newCall(null, overrides))).toMatchObject({
      kind: 'failed',
      failureKind,
      effect: 'none',
    });
    expect(await world.records()).toMatchObject([
      { kind: 'dispatch_failed', errorKind: failureKind, effect: 'none' },
      { kind: 'call_denied', by: 'host', code: failureKind },
    ]);
  });
});

describe('what a capability is given', () => {
  test('is the input that was judged, whatever the caller does to it meanwhile', async () => {
    const world = createWorld();
    const handler = writer(done);
    const input = { text: 'approved' };
    const policy = recordingPolicy([() => ((input.text = 'other'), { verdicts: [], records: [], writes: [] })]);
    const runtime = world.open([handler], { policy });
    await runtime.invokeCapability(world.newCall(input));
    expect(handler.inputs).toEqual([{ text: 'approved' }]);
  });

  test('is the input that was sent, though the caller changes it in the same breath', async () => {
    const world = createWorld();
    const handler = writer(done);
    const input = { text: 'sent' };
    const called = world.open([handler]).invokeCapability(world.newCall(input));
    input.text = 'other';
    await called;
    expect(handler.inputs).toEqual([{ text: 'sent' }]);
  });

  test('is a copy of its own and a frozen scope: nothing it does to them changes what is recorded', async () => {
    const world = createWorld();
    const handler = writer((call) => {
      expect(Reflect.set(call.input as object, 'text', 'changed')).toBe(true);
      expect(Reflect.set(call.scope, 'tenantId', 'other')).toBe(false);
      return done;
    });
    const policy = recordingPolicy();
    const runtime = world.open([handler], { policy });
    expect((await runtime.invokeCapability(world.newCall({ text: 'a' }))).kind).toBe('completed');
    expect(policy.calls[0]?.input).toEqual({ text: 'a' });
    expect(Object.keys(handler.calls[0] ?? {}).toSorted()).toEqual([
      'correlationId',
      'input',
      'invocationId',
      'scope',
      'signal',
    ]);
  });

  test('was declared at composition: a capability cannot change its own descriptor afterwards', async () => {
    const world = createWorld();
    const handler = asker(done);
    const runtime = world.open([handler]);
    Reflect.set(handler.descriptor, 'permission', 'allow');
    Reflect.set(handler.descriptor, 'effects', []);
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('approval_required');
  });

  test('twice under one id, or with a malformed descriptor, is refused at composition', () => {
    const world = createWorld();
    for (const capabilities of [[writer(), writer()], [{ ...writer(), descriptor: { id: 'x' } as never }]]) {
      expect(() => world.open(capabilities)).toThrow(
        expect.objectContaining({ code: 'host-runtime/invalid_composition' }),
      );
    }
  });
});

describe('what a capability does', () => {
  const later = () => new Promise((resolve) => setImmediate(resolve));

  test.each([
    [
      'throws an error',
      () => Promise.reject(new Error('secret')),
      { failureKind: 'capability_failed', effect: 'uncertain' },
    ],
    [
      'throws synchronously',
      () => {
        throw new TypeError('secret');
      },
      { effect: 'uncertain' },
    ],
    ['throws something that is no error', () => Promise.reject(undefined), { effect: 'uncertain' }],
    ['returns nothing', () => undefined, { effect: 'uncertain' }],
    ['returns text', () => 'done', { effect: 'uncertain' }],
    ['returns an unknown kind', () => ({ kind: 'maybe' }), { effect: 'uncertain' }],
    [
      'returns a proxy that throws',
      () =>
        new Proxy(
          {},
          {
            get: (_, name) => {
              if (name === 'then') return undefined;
              throw new Error('secret');
            },
          },
        ),
      { effect: 'uncertain' },
    ],
    [
      'returns an output that is not JSON',
      () => ({ kind: 'completed', output: new Map() }),
      { failureKind: 'capability_failed', effect: 'happened' },
    ],
    [
      'returns an output without end',
      () => {
        const output: unknown[] = [];
        output.push(output);
        return { kind: 'completed', output };
      },
      { effect: 'happened' },
    ],
    [
      'returns an output with toJSON',
      () => ({ kind: 'completed', output: { toJSON: () => 'x' } }),
      { effect: 'happened' },
    ],
    [
      'returns an output with a key __proto__',
      () => ({ kind: 'completed', output: JSON.parse('{"__proto__":{"admin":true}}') }),
      { effect: 'happened' },
    ],
    [
      'returns an output with a getter that changes',
      () => {
        let n = 0;
        return {
          kind: 'completed',
          output: {
            get a() {
              return (n += 1) > 1 ? undefined : 1;
            },
          },
        };
      },
      { failureKind: 'capability_failed', effect: 'happened' },
    ],
    ['returns a number beyond 2^53', () => ({ kind: 'completed', output: 2 ** 60 }), { effect: 'happened' }],
    [
      'returns too much',
      () => ({ kind: 'completed', output: 'x'.repeat(65_536) }),
      { failureKind: 'output_too_large', effect: 'happened' },
    ],
    [
      'fails with a broken effect',
      () => ({ kind: 'failed', code: 'x', message: 'm', effect: 'sure' }),
      { effect: 'uncertain' },
    ],
    [
      'fails with rubbish for text',
      () => ({ kind: 'failed', code: 7, message: { a: 1 }, effect: 'happened' }),
      { effect: 'happened', message: 'The capability could not do what was asked.' },
    ],
    [
      'fails with half a character',
      () => ({ kind: 'failed', code: 'x', message: `a\ud83d`, effect: 'happened' }),
      { effect: 'happened', message: 'a\ufffd' },
    ],
    [
      'fails with a message that is cut within a character',
      () => ({ kind: 'failed', code: 'x', message: '\u{1f600}'.repeat(999), effect: 'happened' }),
      { message: '\u{1f600}'.repeat(256) },
    ],
    [
      'is a thenable that never answers',
      () => thenable(() => undefined),
      { failureKind: 'timed_out', effect: 'uncertain' },
    ],
    [
      'is a thenable that answers twice',
      () =>
        thenable((resolve) => {
          resolve(done);
          resolve({ kind: 'failed' });
        }),
      undefined,
    ],
  ])('when it %s, is settled truthfully and not repeated', async (_, run, expected) => {
    const world = createWorld();
    const handler = writer(run);
    const runtime = world.open([handler]);
    const request = world.newCall();
    const outcome = await world.invoke(runtime, request);
    expect(outcome).toMatchObject(expected ?? { kind: 'completed' });
    expect(await world.invoke(runtime, request)).toEqual(outcome);
    expect(handler.inputs).toHaveLength(1);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(JSON.stringify(await world.records())).not.toContain('secret');
  });

  test('when it fails without effect, may be done again under the same key', async () => {
    const world = createWorld();
    const handler = writer({ kind: 'failed', code: 'busy', message: 'Busy.', effect: 'none' }, done);
    const runtime = world.open([handler]);
    const request = world.newCall();
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'failed', effect: 'none', message: 'Busy.' });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    const attempts = (await world.records('journal'))
      .filter(({ kind }) => kind === 'effect_intended')
      .map((record) => record['attempt']);
    expect(attempts).toEqual([1, 2]);
  });

  test('keeps a code that is no token out of the journal', async () => {
    const world = createWorld();
    const runtime = world.open([writer({ kind: 'failed', code: 'ENOENT: /home/alice', message: '', effect: 'none' })]);
    await runtime.invokeCapability(world.newCall());
    const settled = (await world.records()).filter((record) => 'errorKind' in record);
    expect(settled.map((record) => record['errorKind'])).toEqual(['unclassified', 'unclassified']);
  });

  test('beyond its deadline is uncertain for a write and nothing for a read, also when it never listens', async () => {
    const world = createWorld();
    const forever = () => new Promise(() => undefined);
    const runtime = world.open([writer(forever), reader(forever)]);
    expect(await world.invoke(runtime, world.newCall())).toMatchObject({
      failureKind: 'timed_out',
      effect: 'uncertain',
    });
    expect(await world.invoke(runtime, world.newCall({}, { capabilityId: 'notes.read' }))).toMatchObject({
      failureKind: 'timed_out',
      effect: 'none',
    });
    expect(world.platform.pendingTimers()).toBe(0);
  });

  test('in the moment it is told to stop counts as what it says', async () => {
    const world = createWorld();
    const obedient = writer(
      (call) => new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(done))),
      (call) =>
        new Promise((resolve) =>
          call.signal.addEventListener('abort', () =>
            resolve({ kind: 'failed', code: 'stopped', message: 'Stopped.', effect: 'none' }),
          ),
        ),
    );
    const runtime = world.open([obedient]);
    expect((await world.invoke(runtime, world.newCall())).kind).toBe('completed');
    expect(await world.invoke(runtime, world.newCall())).toMatchObject({
      failureKind: 'timed_out',
      effect: 'none',
      message: 'Stopped.',
    });
  });

  test('after its deadline means nothing any more', async () => {
    const world = createWorld();
    const latch = createLatch();
    const runtime = world.open([writer(async () => (await latch.opened, done))]);
    const request = world.newCall();
    const outcome = await world.invoke(runtime, request);
    latch.open();
    await later();
    expect(outcome).toMatchObject({ failureKind: 'timed_out', effect: 'uncertain' });
    expect(await runtime.invokeCapability(request)).toEqual(outcome);
  });

  test('is not begun when its intent took so long to write that its result could not be written in time', async () => {
    const world = createWorld();
    const handler = writer(done);
    const { store } = world;
    const slow = wrapStore(store, {
      commit: async (writes) => {
        const outcome = await store.commit(writes);
        if (handler.inputs.length === 0) world.platform.jumpClock(60_000);
        return outcome;
      },
    });
    const runtime = world.open([handler], { store: slow });
    expect(await world.invoke(runtime, world.newCall())).toMatchObject({ failureKind: 'timed_out', effect: 'none' });
    expect(handler.inputs).toEqual([]);
  });
});

describe('defineTool', () => {
  const base = { description: 'A tool.', effects: ['write_filesystem'] as const, permission: 'allow' as const };

  test('shows approvers what its schema makes of an input, and runs exactly that', async () => {
    const world = createWorld();
    const seen: JsonValue[] = [];
    const input = z.object({ text: z.string().trim(), times: z.number().default(1) });
    const tool = defineTool({
      id: 'notes.write',
      input,
      ...base,
      permission: 'ask',
      run: (got) => void seen.push(got) as never,
    });
    const runtime = world.open([tool]);
    const request = world.newCall({ text: '  a ' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    const answer = await world.approve(runtime, gateId);
    expect(answer).toMatchObject({ gate: { input: { text: 'a', times: 1 } } });
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'completed', output: null });
    expect(seen).toEqual([{ text: 'a', times: 1 }]);
  });

  test('can be approved when its schema would not take its own output again', async () => {
    const world = createWorld();
    const seen: unknown[] = [];
    const input = z.object({ at: z.string().transform((text) => new Date(text)) });
    const tool = defineTool({
      id: 'notes.write',
      input,
      ...base,
      permission: 'ask',
      run: ({ at }) => void seen.push(at) as never,
    });
    const runtime = world.open([tool]);
    const request = world.newCall({ at: '2026-01-01' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    expect(await world.approve(runtime, gateId)).toMatchObject({ gate: { input: { at: '2026-01-01' } } });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(seen).toEqual([new Date('2026-01-01')]);
  });

  test('tells the model what a ToolFailure says, and nothing of other errors', async () => {
    const world = createWorld();
    const tool = defineTool({
      id: 'notes.write',
      input: z.string(),
      ...base,
      run: (text) => {
        throw text === 'known' ? new ToolFailure('not_found', 'There is no such note.') : new Error('/srv/secret');
      },
    });
    const runtime = world.open([tool]);
    expect(await runtime.invokeCapability(world.newCall('known'))).toMatchObject({
      message: 'There is no such note.',
      effect: 'none',
    });
    const other = await runtime.invokeCapability(world.newCall('other'));
    expect(other).toMatchObject({ failureKind: 'capability_failed', effect: 'uncertain' });
    expect(JSON.stringify(other)).not.toContain('secret');
  });
});

describe('two callers of one key', () => {
  test('are one call, and each gives up for itself', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = writer(async (call) => {
      latch.arrive();
      await latch.opened;
      return call.signal.aborted ? { kind: 'failed', code: 'stopped', message: '', effect: 'none' } : done;
    });
    const runtime = world.open([handler]);
    const key = { idempotencyKey: 'k' };
    const [first, second] = [new AbortController(), new AbortController()];
    const one = runtime.invokeCapability(world.newCall({}, key), { signal: first.signal });
    const two = runtime.invokeCapability(world.newCall({}, key), { signal: second.signal });
    await latch.arrived;
    first.abort();
    expect(await one).toMatchObject({ failureKind: 'cancelled', effect: 'uncertain' });
    latch.open();
    expect((await two).kind).toBe('completed');
    expect(handler.inputs).toHaveLength(1);
  });

  test('stop the call when the last of them gives up', async () => {
    const world = createWorld();
    const runtime = world.open([
      writer(
        (call) =>
          new Promise((resolve) =>
            call.signal.addEventListener('abort', () =>
              resolve({ kind: 'failed', code: 'stopped', message: 'Stopped.', effect: 'none' }),
            ),
          ),
      ),
    ]);
    const controller = new AbortController();
    const calls = [0, 1].map(() =>
      runtime.invokeCapability(world.newCall({}, { idempotencyKey: 'k' }), { signal: controller.signal }),
    );
    await tick();
    controller.abort();
    const outcomes = await world.settled(Promise.all(calls));
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && [outcome.failureKind, outcome.effect])).toEqual([
      ['cancelled', 'uncertain'],
      ['cancelled', 'none'],
    ]);
  });

  test('with different inputs are a conflict', async () => {
    const world = createWorld();
    const latch = createLatch();
    const runtime = world.open([writer(async () => (await latch.opened, done))]);
    const one = runtime.invokeCapability(world.newCall({ a: 1 }, { idempotencyKey: 'k' }));
    expect(await codeOf(runtime.invokeCapability(world.newCall({ a: 2 }, { idempotencyKey: 'k' })))).toBe(
      'host-runtime/idempotency_conflict',
    );
    latch.open();
    await one;
    expect(await codeOf(runtime.invokeCapability(world.newCall({ a: 2 }, { idempotencyKey: 'k' })))).toBe(
      'host-runtime/idempotency_conflict',
    );
  });

  test('who comes when it is being stopped, waits for what becomes of it and is not cancelled with it', async () => {
    const world = createWorld();
    const handler = writer(
      (call) =>
        new Promise((resolve) =>
          call.signal.addEventListener('abort', () =>
            setImmediate(() => resolve({ kind: 'failed', code: 'stopped', message: '', effect: 'none' })),
          ),
        ),
      done,
    );
    const runtime = world.open([handler]);
    const controller = new AbortController();
    const one = runtime.invokeCapability(world.newCall({}, { idempotencyKey: 'k' }), { signal: controller.signal });
    await tick();
    controller.abort();
    const two = runtime.invokeCapability(world.newCall({}, { idempotencyKey: 'k' }));
    expect(await world.settled(one)).toMatchObject({ failureKind: 'cancelled', effect: 'none' });
    expect((await world.settled(two)).kind).toBe('completed');
  });
});

describe('a call that is cancelled', () => {
  test('before it is begun has no effect and leaves a record', async () => {
    const world = createWorld();
    const handler = writer(done);
    const runtime = world.open([handler]);
    const outcome = await runtime.invokeCapability(world.newCall(), { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ failureKind: 'cancelled', fate: 'terminal', effect: 'none' });
    expect(handler.inputs).toEqual([]);
    expect(await world.records()).toMatchObject([{ kind: 'dispatch_failed', errorKind: 'cancelled', effect: 'none' }]);
  });

  test('while the policy thinks, asks nobody and keeps what the policy wrote', async () => {
    const world = createWorld();
    const controller = new AbortController();
    const policy = recordingPolicy([
      () => (controller.abort(), { verdicts: [{ kind: 'approval', by: 'h', code: 'ask' }], records: [], writes: [] }),
    ]);
    const runtime = world.open([writer(done)], { policy });
    expect(await runtime.invokeCapability(world.newCall(), { signal: controller.signal })).toMatchObject({
      failureKind: 'cancelled',
    });
    expect(kindsOf(await world.records())).toEqual(['dispatch_failed', 'verdict_given', 'verdict_given']);
  });

  test('by cancelWork is meant by its exact scope and by its invocation or correlation', async () => {
    const world = createWorld();
    const handler = scriptedHandler({
      otherwise: (call) =>
        new Promise((resolve) =>
          call.signal.addEventListener('abort', () =>
            resolve({ kind: 'failed', code: 'x', message: '', effect: 'none' }),
          ),
        ),
    });
    const runtime = world.open([handler]);
    const [a, b] = [world.newCall(), world.newCall()];
    const running = [a, b].map((request) => runtime.invokeCapability(request));
    await tick();
    const { scope, invocationId, correlationId } = a.context;
    const lane = 'in_process';
    expect(await runtime.runtimeStatus({ scope })).toEqual({
      active: [a, b].map(({ context }) => ({
        work: { kind: 'invocation', invocationId: context.invocationId },
        capabilityId: 'notes.write',
        lane,
      })),
    });
    const nothing = { cancelled: [], alreadyTerminal: [], unsupported: [] };
    const work = { kind: 'invocation', invocationId } as const;
    for (const request of [
      { scope: { ...scope, tenantId: 'other' }, target: work },
      { scope: { ...scope, tenantId: 'other' }, target: { kind: 'all' } as const },
      { scope: { tenantId: scope.tenantId, userId: scope.userId }, target: work },
      { scope, target: { ...work, invocationId: fixedUuid(1) } },
      { scope, target: { kind: 'run', runId: fixedUuid(1) } as const },
    ]) {
      expect(await runtime.cancelWork(request)).toEqual(nothing);
      expect(await runtime.runtimeStatus({ scope: buildScope({ tenantId: 'other' }) })).toEqual({ active: [] });
    }
    expect(await runtime.cancelWork({ scope, target: { kind: 'correlation', correlationId } })).toEqual({
      ...nothing,
      cancelled: [work],
    });
    expect(await world.settled(running[0] as Promise<unknown>)).toMatchObject({ failureKind: 'cancelled' });
    expect((await runtime.runtimeStatus({ scope })).active).toHaveLength(1);
    expect(await runtime.cancelWork({ scope, target: { kind: 'all' } })).toEqual({
      ...nothing,
      cancelled: [{ kind: 'invocation', invocationId: b.context.invocationId }],
    });
    await world.settled(Promise.all(running));
    expect(await runtime.runtimeStatus({ scope })).toEqual({ active: [] });
  });

  test('is known by the invocation of its first attempt, too', async () => {
    const world = createWorld();
    const stop = (call: { signal: AbortSignal }) =>
      new Promise((resolve) =>
        call.signal.addEventListener('abort', () =>
          resolve({ kind: 'failed', code: 'x', message: '', effect: 'none' }),
        ),
      );
    const runtime = world.open([asker(stop as never)]);
    const first = world.newCall({}, { idempotencyKey: 'k' });
    await world.approve(runtime, gateOf(await runtime.invokeCapability(first)));
    const second = runtime.invokeCapability(world.newCall({}, { idempotencyKey: 'k' }));
    await tick();
    const { scope, invocationId } = first.context;
    const work = { kind: 'invocation', invocationId } as const;
    expect((await runtime.runtimeStatus({ scope })).active).toMatchObject([{ work }]);
    expect(await runtime.cancelWork({ scope, target: work })).toMatchObject({ cancelled: [work] });
    await world.settled(second);
  });
});

describe('deep data', () => {
  const nested = (levels: number): JsonValue =>
    Array.from({ length: levels - 1 }).reduce<JsonValue>((inner) => ({ inner }), {});

  test('is taken as deep as every record can hold it, and not deeper', async () => {
    const world = createWorld();
    const deep = { kind: 'completed', output: nested(58) } as const;
    const runtime = world.open([asker(deep, deep)]);
    const request = world.newCall(nested(58));
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)), { input: nested(58) });
    const first = await runtime.invokeCapability(request);
    expect(first).toMatchObject({ kind: 'completed', output: nested(58) });
    expect(await runtime.invokeCapability(request)).toEqual(first);
    expect(await codeOf(runtime.invokeCapability(world.newCall(nested(59))))).toBe('host-runtime/invalid_request');
  });

  test('that a capability hands out is withheld when no record could hold it, and the effect is told', async () => {
    const world = createWorld();
    const handler = writer({ kind: 'completed', output: nested(59) });
    const runtime = world.open([handler]);
    const request = world.newCall();
    const failed = { kind: 'failed', failureKind: 'capability_failed', effect: 'happened' };
    expect(await runtime.invokeCapability(request)).toMatchObject(failed);
    expect(await runtime.invokeCapability(request)).toMatchObject(failed);
    expect(handler.calls).toHaveLength(1);
  });
});

describe('a call of a run', () => {
  test('is refused for a run of another scope and for none', async () => {
    const world = createWorld();
    const runtime = world.open([writer(done)]);
    const foreign = await claimRun(world.store, 700, 'worker-1', buildScope({ tenantId: 'other' }));
    const unknown = { ...foreign, runId: fixedUuid(1) };
    for (const run of [foreign, unknown]) {
      expect(await codeOf(runtime.invokeCapability(world.newCall({}, { context: buildContext({ run }) })))).toBe(
        'host-runtime/invalid_request',
      );
    }
    expect(await world.records()).toEqual([]);
  });

  test.each([
    ['deny', { policy: recordingPolicy([], deny) }, writer(done)],
    ['ask', {}, asker(done)],
    ['read', {}, reader(done)],
    ['write', {}, writer(done)],
    ['invalid', {}, scriptedHandler({ checkInput: () => ({ kind: 'invalid', field: 'a', rule: 'b' }) })],
  ])('whose lease is lost can %s nothing: the worker is told', async (_, options, handler) => {
    const world = createWorld();
    const runtime = world.open([handler], options);
    const run = await claimRun(world.store, 700);
    world.platform.advance(120_000);
    await takeLease(world.store, run.runId, 'worker-2');
    const before = (await world.records()).length;
    const request = world.newCall({}, { context: buildContext({ run }), capabilityId: handler.descriptor.id });
    expect(await codeOf(runtime.invokeCapability(request))).toBe('host-runtime/lease_lost');
    expect((await world.records()).length).toBe(before);
  });

  test('that loses its lease in the middle of an effect leaves it uncertain for the next worker, in the same process too', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = writer(async () => (latch.arrive(), await latch.opened, done));
    const runtime = world.open([handler]);
    const old = await claimRun(world.store, 700);
    const key = { idempotencyKey: 'run/call' };
    const first = runtime.invokeCapability(world.newCall({}, { ...key, context: buildContext({ run: old }) }));
    await latch.arrived;
    world.platform.jumpClock(120_000);
    const lease = await takeLease(world.store, old.runId, 'worker-2');
    const context = buildContext({ invocationId: fixedUuid(44), run: { runId: old.runId, lease } });
    const second = await world.settled(runtime.invokeCapability(world.newCall({}, { ...key, context })));
    expect(second).toMatchObject({ failureKind: 'uncertain', effect: 'uncertain' });
    latch.open();
    expect(await codeOf(first)).toBe('host-runtime/lease_lost');
    expect(handler.inputs).toHaveLength(1);
  });

  test('that finds a lost effect and has lost its own lease is told so, and does not go round in circles', async () => {
    const world = createWorld();
    const faulty = createFaultyStore(world.store, [{ call: 2, when: 'before', does: 'dies' }]);
    const run = await claimRun(world.store, 700);
    const key = { idempotencyKey: 'k' };
    const lost = world.newCall({}, { ...key, context: buildContext({ run }) });
    expect(await codeOf(world.invoke(world.open([writer(done)], { store: faulty }), lost))).toBe(
      'host-runtime/unavailable',
    );
    world.platform.advance(120_000);
    const next = world.open([writer(done)]);
    expect(
      await codeOf(world.settled(next.invokeCapability(world.newCall({}, { ...key, context: buildContext({ run }) })))),
    ).toBe('host-runtime/lease_lost');
  });

  test('is waited for by gate: the answer queues the run and says so in the same unit', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const run = await claimRun(world.store, 700);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall({}, { context: buildContext({ run }) })));
    await world.store.commit([
      { kind: 'transition', machine: 'run', key: run.runId, command: { trigger: 'park', gates: [gateId] } },
    ]);
    expect((await world.approve(runtime, gateId)).kind).toBe('resolved');
    expect(await world.store.get('run', run.runId)).toMatchObject({ status: 'queued', gates: [] });
    expect(kindsOf(await world.records('turn'))).toEqual(['run_resumed']);
  });

  test.each([0, 25 * 3600 * 1000])('that is over closes the gate for good, after %i ms', async (ms) => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const run = await claimRun(world.store, 700);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall({}, { context: buildContext({ run }) })));
    await world.store.commit([
      {
        kind: 'transition',
        machine: 'run',
        key: run.runId,
        command: { trigger: 'complete', replyEntryId: fixedUuid(1) },
      },
    ]);
    world.platform.advance(ms);
    expect(await world.approve(runtime, gateId)).toEqual({
      kind: 'already_closed',
      status: ms === 0 ? 'superseded' : 'expired',
    });
  });
});

describe('two processes', () => {
  test('with one key make one effect: the other waits for the result', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = writer(async () => (latch.arrive(), await latch.opened, done));
    const [a, b] = [world.open([handler]), world.open([handler])];
    const key = { idempotencyKey: 'k' };
    const one = a.invokeCapability(world.newCall({}, key));
    await latch.arrived;
    const two = b.invokeCapability(world.newCall({}, key));
    await tick();
    latch.open();
    expect(await world.settled(two)).toEqual(await one);
    expect(handler.inputs).toHaveLength(1);
  });

  test('who both suspend, ask one question', async () => {
    const world = createWorld();
    const requests = [world.newCall({}, { idempotencyKey: 'k' }), world.newCall({}, { idempotencyKey: 'k' })];
    const outcomes = await Promise.all(requests.map((request) => world.open([asker()]).invokeCapability(request)));
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(kindsOf(await world.records('audit'))).toEqual(['approval_requested']);
  });

  test('of whom one gave the effect up, agree that nobody knows', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = writer(async () => (latch.arrive(), await latch.opened, done));
    const request = world.newCall({}, { idempotencyKey: 'k' });
    const one = world.open([handler]).invokeCapability(request);
    await latch.arrived;
    world.platform.jumpClock(60_000);
    const two = await world.settled(world.open([handler]).invokeCapability(request));
    expect(two).toMatchObject({ failureKind: 'uncertain', effect: 'uncertain' });
    latch.open();
    expect(await world.settled(one)).toEqual(two);
    expect(handler.inputs).toHaveLength(1);
  });

  test('with clocks that differ wait until the writer agrees that the other is gone', async () => {
    const world = createWorld();
    const latch = createLatch();
    const handler = writer(async () => (latch.arrive(), await latch.opened, done));
    const request = world.newCall({}, { idempotencyKey: 'k' });
    const one = world.open([handler]).invokeCapability(request);
    await latch.arrived;
    const fast = world.open([handler], { clock: { nowMs: () => world.platform.clock.nowMs() + 3_600_000 } });
    const two = fast.invokeCapability(request);
    await tick();
    latch.open();
    expect(await world.settled(two)).toEqual(await one);
  });
});

test('what the policy records and writes joins the first durable unit exactly once, also when that is tried again', async () => {
  const world = createWorld();
  let judged = 0;
  const { store } = world;
  const policy = recordingPolicy([], () => {
    judged += 1;
    const { clock, ids } = world.platform;
    const record = {
      kind: 'hook_dispatched',
      eventId: ids.uuid(),
      atMs: clock.nowMs(),
      scope: buildScope(),
      hookId: 'h',
      point: 'p',
    };
    const write = {
      kind: 'transition',
      machine: 'lease',
      key: `counter-${judged}`,
      command: { trigger: 'acquire', holder: 'h', ttlMs: 1000 },
    };
    return { verdicts: [], records: [record], writes: [write] };
  });
  let first = true;
  const contended = wrapStore(store, {
    commit: async (writes) => {
      if (!first) return store.commit(writes);
      first = false;
      return {
        kind: 'conflict',
        at: 0,
        machine: 'idempotency',
        key: 'x',
        reason: 'other_gate',
        row: undefined,
      } as const;
    },
  });
  const runtime = world.open([writer(done)], { policy, store: contended });
  expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
  expect(judged).toBe(2);
  expect(kindsOf(await world.records()).filter((kind) => kind === 'hook_dispatched')).toHaveLength(1);
  expect(
    [await store.get('lease', 'counter-1'), await store.get('lease', 'counter-2')].map((row) => row === undefined),
  ).toEqual([true, false]);
});

test('a call that is contended without end is given up as a fault, and nothing runs', async () => {
  const world = createWorld();
  const handler = writer(done);
  const conflict = { kind: 'conflict', at: 0, machine: 'idempotency', key: 'x', reason: 'x', row: undefined } as const;
  const store = wrapStore(world.store, { commit: async () => conflict });
  const runtime = world.open([handler], { store });
  expect(await codeOf(world.invoke(runtime, world.newCall()))).toBe('host-runtime/unavailable');
  expect(handler.inputs).toEqual([]);
});

test('what fails behind the door comes out as one class of faults, with the code and nothing else', async () => {
  const world = createWorld();
  const secret = 'postgres://user:password@db';
  const runtime = world.open([writer(done)], { grants: { grantsFor: () => Promise.reject(new Error(secret)) } });
  const fault = await runtime.invokeCapability(world.newCall()).catch((error: unknown) => error);
  expect(HostRuntimeError.is(fault) && [fault.code, fault.retryable]).toEqual(['host-runtime/unavailable', true]);
  expect(JSON.stringify(fault) + String(fault)).not.toContain(secret);
});

test('an effect is announced before it happens and settled before anybody hears of it; a read writes its result alone', async () => {
  const world = createWorld();
  const order: string[] = [];
  const handler = writer(async () => {
    order.push(...kindsOf(await world.records('journal')).map(String), 'runs');
    return done;
  });
  const runtime = world.open([handler, reader(done)]);
  const request = world.newCall();
  await runtime.invokeCapability(request);
  expect(order).toEqual(['verdict_given', 'effect_intended', 'runs']);
  expect(kindsOf(await world.records('journal'))).toEqual(['verdict_given', 'effect_intended', 'effect_settled']);
  const recording = createRecordingStore(world.store);
  await world
    .open([reader(done)], { store: recording })
    .invokeCapability(world.newCall({}, { capabilityId: 'notes.read' }));
  expect(recording.callsOf('commit').length).toBe(1);
  const key = `call|4:acme|5:alice|5:agent|-|-|8:thread-1#36:${request.context.invocationId}`;
  expect(await getRecord(world.store, idempotencyMachine, key)).toMatchObject({ status: 'settled', attempt: 1 });
});
