/** What an allowance and an approval are worth: for whom, for what, for how long, and what a call is given by them. */
import {
  createHostTrustPolicy,
  createTrustBook,
  gateMachine,
  getRecord,
  parseExtensionId,
  SCOPE_AXES,
  type CapabilityGrant,
  type TrustEntry,
} from '@reborn/host-api';
import { buildGrant, buildMountView, buildScope, createFaultyStore, fixedUuid } from '@reborn/host-api/testkit';
import type { HandlerCall } from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedRun, type ScriptedVerdict } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, TOKEN, tokenHandle, untilStopped, type FacadeBench } from './facade-bench.ts';
import { asker, codeOf, done, gateOf, writer } from './support.ts';

const permissions = { read: true, write: true, delete: true, list: true, execute: false };
const wide = buildMountView(
  { alias: '/workspace', target: '/projects/demo', permissions },
  { alias: '/notes', target: '/projects/notes', permissions },
);
const narrow = buildMountView({
  alias: '/notes',
  target: '/projects/notes',
  permissions: { ...permissions, write: false },
});

describe('A package that is trusted less', () => {
  const trusted: TrustEntry = {
    packageId: parseExtensionId('notes'),
    source: 'composed',
    trust: 'user_trusted',
    allowedEffects: ['read_filesystem', 'write_filesystem'],
  };
  const openWithBook = () => {
    const bench = createFacadeBench();
    const book = createTrustBook(createHostTrustPolicy([trusted]));
    const handler = asker(done);
    return { bench, book, handler, runtime: bench.open([handler], { trust: book }) };
  };

  test.each<[string, Partial<TrustEntry>]>([
    ['of another class', { trust: 'sandbox', allowedEffects: [] }],
    ['of the same class, with fewer effects', { allowedEffects: ['read_filesystem'] }],
  ])('is denied its next call by the same door, also one that was approved before: %s', async (_, less) => {
    const { bench, book, handler, runtime } = openWithBook();
    const request = bench.newCall();
    const gateId = gateOf(await runtime.invokeCapability(request));
    await bench.approve(runtime, gateId);
    book.change(() => [{ ...trusted, ...less }]);
    for (const call of [request, bench.newCall()]) {
      expect(await runtime.invokeCapability(call)).toMatchObject({ failureKind: 'denied', effect: 'none' });
    }
    expect(handler.calls).toEqual([]);
    expect((await getRecord(bench.store, gateMachine, gateId))?.status).toBe('superseded');
    expect((await bench.records('audit')).at(-1)).toMatchObject({
      kind: 'call_denied',
      by: 'trust',
      code: 'policy_denied',
    });
  });

  test('is not denied what it may still do', async () => {
    const { bench, book, handler, runtime } = openWithBook();
    const request = bench.newCall();
    await bench.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    book.change((entries) => [...entries, { ...trusted, packageId: parseExtensionId('other') }]);
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(handler.calls).toHaveLength(1);
  });
});

describe('An approval', () => {
  test.each(SCOPE_AXES)(
    'is worth nothing to a caller of another %s, who repeats the call to the letter',
    async (axis) => {
      const bench = createFacadeBench();
      const handler = asker(done);
      const runtime = bench.open([handler]);
      const request = bench.newCall({}, { idempotencyKey: 'k' });
      const gateId = gateOf(await runtime.invokeCapability(request));
      await bench.approve(runtime, gateId);
      const scope = buildScope({ [axis]: 'other' });
      const copied = { ...request, context: { ...request.context, scope } };
      expect(gateOf(await runtime.invokeCapability(copied))).not.toBe(gateId);
      expect(handler.calls).toEqual([]);
      expect((await getRecord(bench.store, gateMachine, gateId))?.status).toBe('approved');
      expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    },
  );

  test('is not touched by a call that only resembles the one that was approved', async () => {
    const bench = createFacadeBench();
    const handler = asker(done);
    const runtime = bench.open([handler]);
    const request = bench.newCall({ text: 'a' }, { idempotencyKey: 'k' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    await bench.approve(runtime, gateId);
    const before = await getRecord(bench.store, gateMachine, gateId);
    expect(await codeOf(runtime.invokeCapability({ ...request, input: { text: 'b' } }))).toBe(
      'host-runtime/idempotency_conflict',
    );
    expect(await getRecord(bench.store, gateMachine, gateId)).toEqual(before);
    expect(handler.calls).toEqual([]);
  });

  test('is used up by an attempt, also when that fails without effect: the next one asks again', async () => {
    const bench = createFacadeBench();
    const handler = asker({ kind: 'failed', code: 'busy', message: 'Busy.', effect: 'none' }, done);
    const runtime = bench.open([handler]);
    const request = bench.newCall();
    const first = gateOf(await runtime.invokeCapability(request));
    await bench.approve(runtime, first);
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'failed', effect: 'none' });
    expect((await getRecord(bench.store, gateMachine, first))?.status).toBe('consumed');
    const second = gateOf(await runtime.invokeCapability(request));
    expect(second).not.toBe(first);
    expect(handler.calls).toHaveLength(1);
  });

  const asks = (allowance: ScriptedVerdict['allowance'] = {}): ScriptedVerdict => ({ verdict: 'approval', allowance });
  test.each<[string, ScriptedVerdict['allowance']]>([
    ['folders', { mounts: narrow }],
    ['targets', { targets: [{ host: 'a.example', private: false }] }],
    ['secrets', { secrets: [] }],
    ['ceiling', { ceiling: { usd: '5' } }],
  ])(
    'is for the %s that the grant left when it was given: with others, somebody is asked again',
    async (_, allowance) => {
      const bench = createFacadeBench();
      await bench.putToken();
      const handler = scriptedHandler({
        mounts: wide,
        descriptor: {
          effects: ['network', 'use_secret', 'write_filesystem'],
          targets: [{ host: 'a.example' }, { host: 'b.example' }],
          credentials: [{ handle: tokenHandle, required: false }],
          estimate: { usd: '0.4' },
        },
        runs: [done],
      });
      const before = { secrets: [tokenHandle] };
      const runtime = bench.open(
        [handler],
        {},
        [asks(before), asks({ ...before, ...allowance })],
        asks({ ...before, ...allowance }),
      );
      const request = bench.newCall();
      const first = gateOf(await runtime.invokeCapability(request));
      await bench.approve(runtime, first);
      const second = gateOf(await runtime.invokeCapability(request));
      expect([second === first, handler.calls.length]).toEqual([false, 0]);
      await bench.approve(runtime, second);
      expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    },
  );

  test('of more than a budget leaves is for as much as was asked for, and not for more', async () => {
    const bench = createFacadeBench({
      limits: [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10' }, pauseAt: 0.01 }],
    });
    const handler = writer(done);
    const runtime = bench.open([handler]);
    const request = bench.newCall({}, { estimate: { usd: '0.4' } });
    const first = await runtime.invokeCapability(request);
    if (first.kind !== 'resource_blocked') throw new Error(first.kind);
    await bench.approve(runtime, first.gateId);
    const more = await runtime.invokeCapability({ ...request, estimate: { usd: '9' } });
    expect(more).toMatchObject({ kind: 'resource_blocked', estimate: { usd: '9' } });
    expect(handler.calls).toEqual([]);
  });
});

describe('What a call is given', () => {
  const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10' } }] as const;
  const uses: ScriptedRun = (call: HandlerCall) => ({ ...done, output: call.secrets?.take(tokenHandle) !== undefined });
  const secretive = (...runs: readonly ScriptedRun[]) =>
    scriptedHandler({
      mounts: wide,
      descriptor: {
        effects: ['network', 'use_secret', 'write_filesystem'],
        credentials: [{ handle: tokenHandle }],
        estimate: { usd: '0.4' },
      },
      runs,
    });
  const allowance = { mounts: narrow, secrets: [tokenHandle] };

  test.each(['invokeCapability', 'spawnCapability'] as const)(
    'in %s is what its grant leaves, and held for it while it runs',
    async (method) => {
      const bench = createFacadeBench({ limits });
      await bench.putToken();
      const { run, begun } = untilStopped('happened');
      const handler = secretive((call) => {
        call.secrets?.take(tokenHandle);
        return run(call);
      });
      const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance });
      const outcome = runtime[method](bench.newCall());
      await begun;
      expect(handler.equipment).toEqual([
        {
          mounts: narrow,
          http: false,
          progress: method === 'spawnCapability',
          secrets: [{ handle: tokenHandle, given: true }],
        },
      ]);
      expect(await standingOf(bench)).toEqual({ used: '0', held: '0.4' });
      await runtime.cancelWork({ scope: bench.scope, target: { kind: 'all' } });
      const ended = await outcome;
      if (ended.kind === 'spawned_process') await bench.ended(ended.processId);
      expect(await standingOf(bench)).toEqual({ used: '0.4', held: '0' });
      const held = (await bench.records('journal')).filter(({ kind }) => String(kind).startsWith('resources_'));
      expect(held.map(({ kind, how }) => [kind, how])).toEqual([
        ['resources_held', undefined],
        ['resources_closed', 'reconciled'],
      ]);
      expect(handler.calls[0]?.secrets?.take(tokenHandle)).toBeUndefined();
    },
  );

  test('is the way out too, where the host has one and the capability declares it', async () => {
    const bench = createFacadeBench();
    const network = { resolve: async () => [], exchange: () => Promise.reject(new Error('nobody asked for it')) };
    const quiet = scriptedHandler({ descriptor: { id: 'notes.read', effects: ['read_filesystem'] }, runs: [done] });
    const handler = secretive(done);
    await bench.putToken();
    const runtime = bench.open([handler, quiet], { network }, [], {
      verdict: 'allow',
      allowance: { secrets: [tokenHandle] },
    });
    await runtime.invokeCapability(bench.newCall());
    await runtime.invokeCapability(bench.newCall({}, { capabilityId: 'notes.read' }));
    expect([...handler.equipment, ...quiet.equipment].map(({ http }) => http)).toEqual([true, false]);
  });

  test('is taken back when the process cannot be begun: nothing is held, nothing runs, and it may be begun later', async () => {
    const bench = createFacadeBench({
      limits,
      faulty: (store) =>
        createFaultyStore(store, [{ unit: { machine: 'work_item', trigger: 'start' }, call: 1, does: 'is_full' }]),
    });
    await bench.putToken();
    const handler = secretive(uses);
    const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance });
    const request = bench.newCall();
    expect(await codeOf(runtime.spawnCapability(request))).toBe('host-runtime/unavailable');
    expect([await bench.records('runtime', 'journal'), handler.calls]).toEqual([[], []]);
    expect(await standingOf(bench)).toEqual({ used: '0', held: '0' });
    expect(await bench.processes.list(bench.scope)).toEqual([]);
    const spawned = await runtime.spawnCapability(request);
    if (spawned.kind !== 'spawned_process') throw new Error(spawned.kind);
    expect(await bench.ended(spawned.processId)).toMatchObject({ status: 'completed', result: { output: true } });
  });

  test('is taken back when the result cannot be written', async () => {
    const bench = createFacadeBench({
      faulty: (store) =>
        createFaultyStore(store, [
          { unit: { machine: 'idempotency', trigger: 'settle' }, call: 1, calls: 9, does: 'is_busy' },
        ]),
    });
    await bench.putToken();
    const handler = secretive((call: HandlerCall) => ({ ...done, output: call.http !== undefined }));
    const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance });
    expect(await codeOf(bench.invoke(runtime, bench.newCall()))).toBe('host-runtime/unavailable');
    expect(handler.calls[0]?.secrets?.take(tokenHandle)).toBeUndefined();
  });

  test('never comes out of a process either: its output is bounded and cleaned as that of any call', async () => {
    const bench = createFacadeBench();
    await bench.putToken();
    const revealed: ScriptedRun = (call: HandlerCall) => ({
      ...done,
      output: `the token is ${call.secrets?.take(tokenHandle)?.reveal()}`,
    });
    const handler = secretive(revealed, { kind: 'completed', output: 'x'.repeat(70_000) });
    const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance });
    const views = [];
    for (let processes = 0; processes < 2; processes += 1) {
      const spawned = await runtime.spawnCapability(bench.newCall());
      if (spawned.kind !== 'spawned_process') throw new Error(spawned.kind);
      views.push(await bench.ended(spawned.processId));
    }
    expect(views).toMatchObject([
      { status: 'completed' },
      { status: 'failed', result: { errorKind: 'output_too_large', effect: 'happened' } },
    ]);
    // What the second one left behind is worth nothing.
    expect(handler.calls[1]?.secrets?.take(tokenHandle)).toBeUndefined();
    expect(JSON.stringify([views, await bench.records('runtime', 'journal', 'audit', 'security')])).not.toContain(
      TOKEN,
    );
  });

  test('is nothing where nothing can go on by itself: the call is refused, and says why', async () => {
    const bench = createFacadeBench();
    const handler = writer(done);
    const runtime = bench.open([handler], { processes: undefined as never });
    expect(await runtime.spawnCapability(bench.newCall())).toMatchObject({
      failureKind: 'lane_unavailable',
      effect: 'none',
    });
    expect(handler.calls).toEqual([]);
    expect((await bench.records('audit')).at(-1)).toMatchObject({
      kind: 'call_denied',
      by: 'host',
      code: 'lane_unavailable',
    });
  });
});

test('a grant that its uses have used up is no allowance any more, for the next call of anybody', async () => {
  const bench = createFacadeBench();
  const handler = writer(done, done);
  const grant: CapabilityGrant = buildGrant({ id: fixedUuid(5), maxInvocations: 1 });
  const runtime = bench.open([handler], { grants: { grantsFor: async () => [grant] } });
  expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
  expect(await runtime.invokeCapability(bench.newCall())).toMatchObject({
    message: 'The call is not permitted (missing_grant).',
  });
  expect(handler.calls).toHaveLength(1);
});

/** What is used up and held of the one budget of the bench. */
async function standingOf({ budgets, scope }: FacadeBench) {
  const [standing] = await budgets.standing(scope);
  return { used: standing?.used.usd ?? '0', held: standing?.held.usd ?? '0' };
}
