/** Every outcome of the door from a real cause: a missing credential, a budget, a process; and how each goes on. */
import {
  createHostTrustPolicy,
  createInMemoryStore,
  parseEventId,
  parseExtensionId,
  parseSecretHandle,
  type GateId,
  type JsonValue,
} from '@reborn/host-api';
import { buildGrant, createFakeCipher, createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import type {
  BudgetLimit,
  CallEnd,
  CallPolicy,
  HandlerCall,
  HostRuntimeOptions,
  InvokeOutcome,
  PolicyFact,
} from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler, type ScriptedRun } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createBudgets } from '../src/budget/durable-budgets.ts';
import { createProcessDesk } from '../src/process/process-desk.ts';
import { SecretValue } from '../src/secret/secret-value.ts';
import { createStoredSecrets } from '../src/secret/stored-secrets.ts';
import { alice, codeOf, createWorld, done, HOST_DOOR_MACHINES, tick } from './support.ts';

const TOKEN = 'correct-horse-battery';
const handle = parseSecretHandle('notes_token');
const owner = { tenantId: 'acme', userId: 'alice' } as never;
const EFFECTS = ['read_filesystem', 'spawn_process', 'use_secret', 'write_filesystem'] as const;

/** A capability that uses a secret, a store of secrets, budgets, and processes. */
function createBench(given: { readonly limits?: readonly BudgetLimit[]; readonly permission?: 'allow' | 'ask' } = {}) {
  const platform = createFakePlatform();
  const { clock, ids, timers } = platform;
  const store = createInMemoryStore({ machines: HOST_DOOR_MACHINES, clock, timers });
  const world = createWorld(platform, store);
  const secrets = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() });
  const budgets = createBudgets({ store, clock, limits: given.limits ?? [] });
  const processes = createProcessDesk({ store, clock, timers, ids, holder: 'host:1' });
  const open = (
    runs: readonly ScriptedRun[],
    credentials: readonly string[] = [],
    more: Partial<HostRuntimeOptions> = {},
  ) => {
    const handler = scriptedHandler({
      descriptor: {
        effects: ['use_secret', 'write_filesystem'],
        permission: given.permission ?? 'allow',
        credentials: credentials.map((name) => ({ handle: name, required: true })),
        estimate: { usd: '0.4' },
      },
      runs,
    });
    const trust = createHostTrustPolicy([
      { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
    ]);
    const grant = buildGrant({ allowedEffects: [...EFFECTS], secrets: [...credentials] });
    const grants = { grantsFor: () => Promise.resolve([grant]) };
    const runtime = world.open([handler], { trust, grants, secrets, budgets, processes, ...more });
    return { handler, runtime };
  };
  const put = (value: string) => secrets.put({ owner, handle, by: alice as never }, new SecretValue(value));
  return { ...world, world, secrets, budgets, processes, put, open };
}

const gateIdOf = (outcome: InvokeOutcome): GateId => {
  if (!('gateId' in outcome)) throw new Error(`no gate but ${JSON.stringify(outcome)}`);
  return outcome.gateId;
};

const saves: ScriptedRun = (call: HandlerCall) => ({
  kind: 'completed',
  output: { used: call.secrets?.take(handle)?.reveal() === TOKEN },
});

describe('A call whose credential is missing', () => {
  test('waits for it before anybody is asked to approve, and goes on with what came with the answer', async () => {
    const bench = createBench({ permission: 'ask' });
    const { runtime, handler } = bench.open([saves], [handle]);
    const request = bench.newCall();
    const first = await runtime.invokeCapability(request);
    expect(first).toMatchObject({ kind: 'auth_required', requiredSecrets: 1 });
    const answer = { tenantId: 'acme', gateId: gateIdOf(first), approver: alice };
    expect(await runtime.resolveGate({ ...answer, decision: 'approve' })).toEqual({
      kind: 'wrong_decision',
      gateKind: 'credentials',
    });
    expect(await runtime.resolveGate({ ...answer, decision: 'authenticate' })).toEqual({
      kind: 'credentials_missing',
      missing: 1,
    });
    const credentials = [{ handle: 'notes_token', value: TOKEN }];
    const resolved = await runtime.resolveGate({ ...answer, decision: 'authenticate', credentials });
    expect(resolved).toMatchObject({ kind: 'resolved', gate: { status: 'approved', credentials: [handle] } });
    const second = await runtime.invokeCapability(request);
    expect(second).toMatchObject({ kind: 'approval_required', asked: ['permission_ask'] });
    await bench.approve(runtime, gateIdOf(second));
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'completed', output: { used: true } });
    expect(handler.calls).toHaveLength(1);
    expect(JSON.stringify(await bench.records('runtime', 'journal', 'audit', 'security'))).not.toContain(TOKEN);
  });

  test('goes on with a secret that was stored elsewhere meanwhile', async () => {
    const bench = createBench();
    const { runtime } = bench.open([saves], [handle]);
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    await bench.put(TOKEN);
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'authenticate' });
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'completed', output: { used: true } });
  });

  test('is failed for good by whoever declines, and never dispatched', async () => {
    const bench = createBench();
    const { runtime, handler } = bench.open([saves], [handle]);
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'decline' });
    await bench.put(TOKEN);
    const failed = { kind: 'failed', failureKind: 'credentials_declined', effect: 'none' };
    expect(await runtime.invokeCapability(request)).toMatchObject(failed);
    expect(await runtime.invokeCapability(request)).toMatchObject(failed);
    expect(handler.calls).toEqual([]);
  });

  test('takes no secret that the gate did not ask for, and none from somebody who may not answer', async () => {
    const bench = createBench();
    const { runtime } = bench.open([saves], [handle]);
    const gateId = gateIdOf(await runtime.invokeCapability(bench.newCall()));
    const answer = { tenantId: 'acme', gateId, decision: 'authenticate' } as const;
    const other = [{ handle: 'other_token', value: TOKEN }];
    expect(await runtime.resolveGate({ ...answer, approver: alice, credentials: other })).toMatchObject({
      kind: 'invalid_edit',
      field: 'credentials',
    });
    const mine = [{ handle: 'notes_token', value: TOKEN }];
    expect(await runtime.resolveGate({ ...answer, approver: { kind: 'user', id: 'bob' }, credentials: mine })).toEqual({
      kind: 'not_authorised',
    });
    expect(await bench.secrets.list(owner)).toEqual([]);
  });

  test('that a hook demands waits for somebody who says that it is there, once', async () => {
    const bench = createBench();
    const policy = recordingPolicy([], [{ kind: 'auth', by: 'hook:b', code: 'log_in' }]);
    const { runtime, handler } = bench.open([done, done], [], { policy });
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'authenticate' });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('auth_required');
    expect(handler.calls).toHaveLength(1);
  });
});

describe('A credential that the other side does not take', () => {
  test('is asked for again without asking for the approval again, and the attempt that came to nothing is closed', async () => {
    const bench = createBench({
      permission: 'ask',
      limits: [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10' } }],
    });
    const { runtime, handler } = bench.open([{ kind: 'auth_required', handles: [handle] }, saves], [handle]);
    await bench.put('wrong-horse-battery');
    const request = bench.newCall();
    await bench.approve(runtime, gateIdOf(await runtime.invokeCapability(request)));
    const refused = await runtime.invokeCapability(request);
    expect(refused).toMatchObject({ kind: 'auth_required', requiredSecrets: 1 });
    const credentials = [{ handle: 'notes_token', value: TOKEN }];
    await runtime.resolveGate({
      tenantId: 'acme',
      gateId: gateIdOf(refused),
      approver: alice,
      decision: 'authenticate',
      credentials,
    });
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'completed', output: { used: true } });
    expect(handler.calls).toHaveLength(2);
    const journal = (await bench.records('journal')).filter(
      ({ kind }) => String(kind).startsWith('effect_') || String(kind).startsWith('resources_'),
    );
    expect(journal.map(({ kind, attempt, effect, how }) => [kind, attempt, effect ?? how])).toEqual([
      ['resources_held', 1, undefined],
      ['effect_intended', 1, undefined],
      ['effect_settled', 1, 'none'],
      ['resources_closed', 1, 'released'],
      ['resources_held', 2, undefined],
      ['effect_intended', 2, undefined],
      ['effect_settled', 2, 'happened'],
      ['resources_closed', 2, 'reconciled'],
    ]);
  });

  test('is not demanded by a capability for secrets that it does not declare', async () => {
    const bench = createBench();
    const { runtime } = bench.open([{ kind: 'auth_required', handles: [handle] }]);
    expect(await runtime.invokeCapability(bench.newCall())).toMatchObject({ kind: 'failed', effect: 'uncertain' });
  });
});

describe('A call that its budget does not cover', () => {
  const limits: readonly BudgetLimit[] = [
    { axis: 'user', period: { kind: 'day' }, limit: { usd: '1' }, warnAt: 0.3, pauseAt: 0.5 },
  ];

  test('waits at a threshold, goes on once when somebody lets it, and the limit holds all the same', async () => {
    const bench = createBench({ limits });
    const { runtime, handler } = bench.open([
      { ...done, usage: { usd: '0.4' } },
      { ...done, usage: { usd: '0.4' } },
      done,
    ]);
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
    const request = bench.newCall();
    const blocked = await runtime.invokeCapability(request);
    expect(blocked).toMatchObject({
      kind: 'resource_blocked',
      reason: 'paused',
      dimension: 'usd',
      estimate: { usd: '0.4' },
    });
    expect(await runtime.invokeCapability(request)).toEqual(blocked);
    await bench.approve(runtime, gateIdOf(blocked));
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    const third = bench.newCall();
    const exhausted = await runtime.invokeCapability(third);
    expect(exhausted).toMatchObject({ kind: 'resource_blocked', reason: 'exhausted' });
    await bench.approve(runtime, gateIdOf(exhausted));
    expect(await runtime.invokeCapability(third)).toMatchObject({ kind: 'resource_blocked', reason: 'exhausted' });
    expect(handler.calls).toHaveLength(2);
    expect(await bench.budgets.standing(bench.newCall().context.scope as never)).toMatchObject([
      { used: { usd: '0.8' } },
    ]);
    const warned = (await bench.records('audit')).filter(({ kind }) => kind === 'budget_warned');
    expect(warned.map(({ axis, dimension }) => [axis, dimension])).toEqual([
      ['user', 'usd'],
      ['user', 'usd'],
    ]);
  });

  test('is failed for good by whoever declines', async () => {
    const bench = createBench({ limits: [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '0.1' } }] });
    const { runtime } = bench.open([done]);
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny' });
    expect(await runtime.invokeCapability(request)).toMatchObject({ failureKind: 'budget_declined', effect: 'none' });
  });

  test('asks nobody in vain: without an estimate where something is limited it is refused before the approval', async () => {
    const bench = createBench({
      permission: 'ask',
      limits: [{ axis: 'user', period: { kind: 'day' }, limit: { egressBytes: 10 } }],
    });
    const handler = scriptedHandler({ descriptor: { permission: 'ask', effects: ['network'] }, runs: [done] });
    const trust = createHostTrustPolicy([
      { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: ['network'] },
    ]);
    const grants = { grantsFor: () => Promise.resolve([buildGrant({ allowedEffects: ['network'] })]) };
    const runtime = bench.world.open([handler], { trust, grants, budgets: bench.budgets });
    expect(await runtime.invokeCapability(bench.newCall())).toMatchObject({ failureKind: 'denied', effect: 'none' });
    expect((await bench.records('audit')).map(({ kind, by, code }) => [kind, by, code])).toEqual([
      ['call_denied', 'budget', 'budget_denied'],
    ]);
  });

  test('asks nobody for what is given in the next period', async () => {
    const bench = createBench({ limits });
    const { runtime } = bench.open([{ ...done, usage: { usd: '0.9' } }, done]);
    await runtime.invokeCapability(bench.newCall());
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('resource_blocked');
    bench.platform.advance(24 * 60 * 60 * 1000);
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
  });
});

describe('A call that goes on by itself', () => {
  test('is governed as any other, hands out a process, and is settled when that has begun', async () => {
    const bench = createBench({ permission: 'ask' });
    let finish = (_output: JsonValue): void => undefined;
    const { runtime, handler } = bench.open([
      () => new Promise((resolve) => (finish = (output) => resolve({ kind: 'completed', output }))),
    ]);
    const request = bench.newCall();
    await bench.approve(runtime, gateIdOf(await runtime.spawnCapability(request)));
    const spawned = await runtime.spawnCapability(request);
    if (spawned.kind !== 'spawned_process') throw new Error(JSON.stringify(spawned));
    const { scope } = request.context;
    await tick();
    expect(await runtime.runtimeStatus({ scope })).toEqual({
      active: [
        { work: { kind: 'process', processId: spawned.processId }, capabilityId: 'notes.write', lane: 'in_process' },
      ],
    });
    expect(await runtime.spawnCapability(request)).toEqual(spawned);
    finish({ saved: 1 });
    const { processes } = bench;
    await bench.settled(processes.await(scope as never, spawned.processId, { timeoutMs: 1000 }));
    expect(await processes.status(scope as never, spawned.processId)).toMatchObject({
      status: 'completed',
      result: { output: { saved: 1 } },
    });
    expect(handler.calls).toHaveLength(1);
    const kinds = (await bench.records('runtime', 'journal')).map(({ kind }) => kind);
    for (const kind of ['process_started', 'process_ended', 'effect_intended', 'effect_settled']) {
      expect(kinds.filter((each) => each === kind)).toEqual([kind]);
    }
  });

  test('needs the effect to spawn from grant and trust, and is another effect than a call of the same key', async () => {
    const bench = createBench();
    const { runtime, handler } = bench.open([done, done]);
    const request = bench.newCall({}, { idempotencyKey: 'k' });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect((await runtime.spawnCapability(request)).kind).toBe('spawned_process');
    await tick();
    expect(handler.calls).toHaveLength(2);
    const grants = {
      grantsFor: () => Promise.resolve([buildGrant({ allowedEffects: ['use_secret', 'write_filesystem'] })]),
    };
    const narrow = bench.open([done], [], { grants });
    expect((await narrow.runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
    expect(await narrow.runtime.spawnCapability(bench.newCall())).toMatchObject({ failureKind: 'denied' });
  });

  test('is stopped by cancelWork, by whatever it is meant', async () => {
    const bench = createBench();
    const { runtime } = bench.open(
      Array.from(
        { length: 4 },
        (): ScriptedRun =>
          ({ signal }) =>
            new Promise((resolve) => {
              signal.addEventListener('abort', () =>
                resolve({ kind: 'failed', code: 'stopped', message: 'Stopped.', effect: 'none' }),
              );
            }),
      ),
    );
    for (const by of ['process', 'invocation', 'correlation', 'all'] as const) {
      const request = bench.newCall();
      const spawned = await runtime.spawnCapability(request);
      const { scope, invocationId, correlationId } = request.context;
      const processId = spawned.kind === 'spawned_process' ? spawned.processId : '';
      const targets = {
        process: { kind: 'process', processId },
        invocation: { kind: 'invocation', invocationId },
        correlation: { kind: 'correlation', correlationId },
        all: { kind: 'all' },
      } as const;
      const outcome = await runtime.cancelWork({ scope, target: targets[by] });
      const work = { kind: 'process', processId };
      expect(outcome).toEqual({ cancelled: [work], alreadyTerminal: [], unsupported: [] });
      await bench.settled(bench.processes.await(scope as never, processId as never, { timeoutMs: 1000 }));
      expect(await bench.processes.status(scope as never, processId as never)).toMatchObject({ status: 'cancelled' });
      expect(await runtime.cancelWork({ scope, target: targets.process })).toEqual({
        cancelled: [],
        alreadyTerminal: [work],
        unsupported: [],
      });
    }
    const foreign = { tenantId: 'other', userId: 'alice' };
    expect(await runtime.cancelWork({ scope: foreign, target: { kind: 'process', processId: fixedUuid(1) } })).toEqual({
      cancelled: [],
      alreadyTerminal: [],
      unsupported: [],
    });
  });
});

describe('The policy', () => {
  test('hears of gates and processes when they are durable, and what it throws then changes nothing', async () => {
    const bench = createBench({ permission: 'ask' });
    const facts: PolicyFact[] = [];
    const observe: CallPolicy['observe'] = (_context, _capability, fact) => {
      facts.push(fact);
      throw new Error('no');
    };
    const { runtime } = bench.open([done], [], { policy: { ...recordingPolicy(), observe } });
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.spawnCapability(request));
    await bench.approve(runtime, gateId);
    const spawned = await runtime.spawnCapability(request);
    const processId = spawned.kind === 'spawned_process' ? spawned.processId : undefined;
    await bench.settled(bench.processes.await(request.context.scope as never, processId as never, { timeoutMs: 1000 }));
    await tick();
    expect(facts).toEqual([
      { kind: 'gate_opened', gateId, gateKind: 'approval' },
      { kind: 'gate_resolved', gateId, gateKind: 'approval' },
      { kind: 'process_started', processId },
      { kind: 'process_ended', processId },
    ]);
  });

  test('adds records to the unit of the result, unless it breaks', async () => {
    const bench = createBench();
    const ends: CallEnd[] = [];
    const settle: CallPolicy['settle'] = (call, end) => {
      ends.push(end);
      if (ends.length > 1) throw new Error('no');
      const { scope, invocationId, correlationId } = call.context;
      const eventId = parseEventId(fixedUuid(7777));
      const about = { eventId, atMs: 0, scope, invocationId, correlationId, hookId: `hook:${'a'.repeat(64)}` };
      return { records: [{ ...about, kind: 'hook_poisoned', category: 'timeout' }], writes: [] };
    };
    const { runtime } = bench.open([done, { kind: 'failed', code: 'no', message: 'No.', effect: 'none' }], [], {
      policy: { ...recordingPolicy(), settle },
    });
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('failed');
    expect(ends).toEqual([
      { kind: 'completed', outputBytes: 14 },
      { kind: 'failed', failureKind: 'capability_failed', effect: 'none' },
    ]);
    expect((await bench.records('journal')).filter(({ kind }) => kind === 'hook_poisoned')).toHaveLength(1);
  });
});

describe('An answer that nothing has used', () => {
  test('may be taken back, by whoever may answer, and then the question is asked again', async () => {
    const bench = createBench({ permission: 'ask' });
    const { runtime, handler } = bench.open([done]);
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    const answer = { tenantId: 'acme', gateId, approver: alice };
    expect(await runtime.resolveGate({ ...answer, decision: 'revoke' })).toEqual({
      kind: 'already_closed',
      status: 'open',
    });
    await bench.approve(runtime, gateId);
    expect(await runtime.resolveGate({ ...answer, approver: { kind: 'user', id: 'bob' }, decision: 'revoke' })).toEqual(
      { kind: 'not_authorised' },
    );
    expect(await runtime.resolveGate({ ...answer, decision: 'revoke' })).toMatchObject({
      kind: 'resolved',
      gate: { status: 'revoked', revokedBy: alice },
    });
    expect(await runtime.resolveGate({ ...answer, decision: 'approve' })).toEqual({
      kind: 'already_closed',
      status: 'revoked',
    });
    const again = await runtime.invokeCapability(request);
    expect(again.kind).toBe('approval_required');
    expect(gateIdOf(again)).not.toBe(gateId);
    expect(handler.calls).toEqual([]);
    await bench.approve(runtime, gateIdOf(again));
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(await runtime.resolveGate({ ...answer, gateId: gateIdOf(again), decision: 'revoke' })).toEqual({
      kind: 'already_closed',
      status: 'consumed',
    });
  });

  test('is closed with its gate by cancelWork', async () => {
    const bench = createBench({ permission: 'ask' });
    const { runtime } = bench.open([done]);
    const request = bench.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    const { scope } = request.context;
    const work = { kind: 'gate', gateId } as const;
    expect(await runtime.cancelWork({ scope, target: work })).toEqual({
      cancelled: [work],
      alreadyTerminal: [],
      unsupported: [],
    });
    expect(await runtime.cancelWork({ scope, target: work })).toEqual({
      cancelled: [],
      alreadyTerminal: [work],
      unsupported: [],
    });
    expect(await codeOf(bench.approve(runtime, gateId))).toContain('superseded');
  });
});
