/**
 * What the door guarantees of refusals, class of failure by class of failure: each a test that any world can be put to.
 *
 * Not here: answers (`guarantee-answers.ts`), the worlds in which they hold (`guarantees.test.ts`) and those in which they
 * do not (`guarantee-holes.ts`).
 * Source: rulings, section 10; specification 6, section 2.
 */
import type { Verdict } from '@reborn/host-api';
import { buildContext, buildScope } from '@reborn/host-api/testkit';
import { HostRuntimeError } from '@reborn/host-runtime';
import { recordingPolicy, type ScriptedJudgement } from '@reborn/host-runtime/testkit';
import { expect } from 'vitest';
import { byDay, waitsFor, type Guarantee, type Guarantees } from './guarantee.ts';
import { replacing } from './hole.ts';
import { openHostBench } from './host-bench.ts';
import { alice, asker, codeOf, done, gateOf, tick, writer } from './support.ts';

export const gateSaidNo = {
  'one refusal among many allowances is enough, and an approval does not outweigh it': async (world) => {
    const handler = asker(done);
    const no: Verdict = { kind: 'deny', by: 'hook:z', code: 'never' };
    const allow: Verdict = { kind: 'allow', by: 'hook:a' };
    const policy = recordingPolicy([[allow]], [allow, no, allow]);
    const runtime = world.open([handler], { policy });
    const request = world.newCall();
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    expect(await runtime.invokeCapability(request)).toMatchObject({
      failureKind: 'denied',
      message: 'The call is not permitted (never).',
    });
    expect(handler.inputs).toEqual([]);
  },

  'what goes on by itself is asked about and refused as any other call': async (world) => {
    const policy = recordingPolicy([[], []], [{ kind: 'deny', by: 'hook:z', code: 'never' }]);
    const { runtime, handler, processes } = openHostBench(world, { permission: 'ask', options: { policy } });
    const request = world.newCall();
    const gateId = gateOf(await runtime.spawnCapability(request));
    await tick();
    expect(await processes.list(buildScope())).toEqual([]);
    await world.approve(runtime, gateId);
    const spawned = await runtime.spawnCapability(request);
    expect(spawned.kind).toBe('spawned_process');
    expect(await runtime.spawnCapability(world.newCall())).toMatchObject({ failureKind: 'denied' });
    const [process, ...others] = await processes.list(buildScope());
    if (process === undefined) throw new Error('no process');
    await world.settled(processes.await(buildScope(), process.processId, { timeoutMs: 60_000 }));
    expect([others, handler.inputs.length]).toEqual([[], 1]);
  },

  'a budget that is used up is not outweighed by an answer': async (world) => {
    const limits = [{ ...byDay, limit: { usd: '1' } }];
    const { runtime, handler } = openHostBench(world, { limits, runs: [{ ...done, usage: { usd: '0.9' } }] });
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
    const request = world.newCall();
    await world.approve(runtime, waitsFor('resource_blocked', await runtime.invokeCapability(request)));
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'resource_blocked', reason: 'exhausted' });
    expect(handler.inputs).toHaveLength(1);
  },
} satisfies Guarantees;

const refuses =
  (judge: ScriptedJudgement): Guarantee =>
  async (world) => {
    const handler = writer(done);
    const runtime = world.open([handler], { policy: recordingPolicy([], judge) });
    expect(await world.invoke(runtime, world.newCall())).toMatchObject({
      kind: 'failed',
      failureKind: 'denied',
      effect: 'none',
    });
    expect(handler.inputs).toEqual([]);
  };

export const gateFailed = {
  'a policy that throws refuses': refuses(() => Promise.reject(new Error('x'))),
  'a policy that hangs refuses': refuses(() => new Promise(() => undefined)),
  'a policy that answers with rubbish refuses': refuses(() => ({ verdicts: 'allow' })),
  'a policy that answers with a verdict that nobody knows refuses': refuses(() => ({
    verdicts: [{ kind: 'Deny', by: 'zz', code: 'x' }],
    records: [],
    writes: [],
  })),

  'secrets and budgets that cannot be looked at let nothing run': async (world) => {
    const { secrets, budgets } = openHostBench(world);
    const away = (): Promise<never> => Promise.reject(new HostRuntimeError('host-runtime/secrets_unavailable'));
    const benches = [
      { needs: ['notes_token'], options: { secrets: replacing(secrets, { present: away }) } },
      { options: { budgets: replacing(budgets, { hold: away }) } },
    ].map((given) => openHostBench(world, given));
    for (const { runtime, handler } of benches) {
      expect(await codeOf(runtime.invokeCapability(world.newCall()))).toBe('host-runtime/secrets_unavailable');
      expect(handler.inputs).toEqual([]);
    }
  },
} satisfies Guarantees;

export const tenantLost = {
  'one key in two tenants is two calls, and a gate of one tenant is unknown to the other': async (world) => {
    const handler = asker(done, done);
    const grants = { grantsFor: async () => [] };
    const runtime = world.open([handler]);
    const elsewhere = { ...world.newCall().context, scope: buildScope({ tenantId: 'other' }) };
    const key = { idempotencyKey: 'k' };
    const here = gateOf(await runtime.invokeCapability(world.newCall({}, key)));
    const there = gateOf(await runtime.invokeCapability(world.newCall({}, { ...key, context: elsewhere })));
    expect(here).not.toBe(there);
    expect((await world.approve(runtime, there)).kind).toBe('unknown_gate');
    const stranger = world.open([handler], { grants });
    const third = buildContext({ scope: buildScope({ tenantId: 'third' }) });
    expect((await stranger.invokeCapability(world.newCall({}, { context: third }))).kind).toBe('failed');
  },

  'a secret, a budget and a process of one tenant are not those of its namesake in another': async (world) => {
    const limits = [{ ...byDay, limit: { usd: '0.5' } }];
    const { runtime, processes, put } = openHostBench(world, { needs: ['notes_token'], limits });
    await put('notes_token');
    const scope = buildScope({ tenantId: 'other' });
    const elsewhere = () => world.newCall({}, { context: { ...world.newCall().context, scope } });
    const request = world.newCall();
    const spawned = await runtime.spawnCapability(request);
    if (spawned.kind !== 'spawned_process') throw new Error(JSON.stringify(spawned));
    await world.settled(processes.await(buildScope(), spawned.processId, { timeoutMs: 60_000 }));
    expect(await processes.status(scope, spawned.processId)).toBeUndefined();
    expect((await runtime.invokeCapability(elsewhere())).kind).toBe('auth_required');
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('resource_blocked');
    await put('notes_token', 'other');
    expect((await runtime.invokeCapability(elsewhere())).kind).toBe('completed');
  },
} satisfies Guarantees;

export const refusedAndWhy = {
  'each refusal names who refused and why, with the call, the capability and the scope': async (world) => {
    const no: readonly Verdict[] = [{ kind: 'deny', by: 'hook:a', code: 'after_hours' }];
    const declined = world.newCall();
    const runtime = world.open([asker()], { policy: recordingPolicy([[], no]) });
    const gateId = gateOf(await runtime.invokeCapability(declined));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny' });
    await runtime.invokeCapability(declined);
    await runtime.invokeCapability(world.newCall());
    await runtime.invokeCapability(world.newCall({}, { capabilityId: 'notes.none' }));
    const refusals = (await world.records('audit')).filter(({ kind }) => kind === 'call_denied');
    expect(refusals.map(({ by, code }) => [by, code])).toEqual([
      [`gate:${gateId}`, 'approval_denied'],
      ['hook:a', 'after_hours'],
      ['host', 'unknown_capability'],
    ]);
    for (const record of refusals)
      expect(Object.keys(record)).toEqual(
        expect.arrayContaining(['invocationId', 'correlationId', 'scope', 'capabilityId']),
      );
  },

  'whoever waits for a secret or for a budget can be told which, and whoever was refused one, by whom': async (
    world,
  ) => {
    const limits = [{ ...byDay, limit: { usd: '0.1' } }];
    const { runtime, put } = openHostBench(world, { needs: ['notes_token'], limits });
    const request = world.newCall();
    const missing = waitsFor('auth_required', await runtime.invokeCapability(request));
    await put('notes_token');
    await runtime.resolveGate({ tenantId: 'acme', gateId: missing, approver: alice, decision: 'authenticate' });
    const blocked = waitsFor('resource_blocked', await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId: blocked, approver: alice, decision: 'deny' });
    await runtime.invokeCapability(request);
    const said = await world.records('audit');
    expect(
      said.flatMap(({ kind, gateKind, asked }) => (kind === 'approval_requested' ? [[gateKind, asked]] : [])),
    ).toEqual([
      ['credentials', ['credential_missing']],
      ['budget', ['budget_exhausted']],
    ]);
    expect(said.at(-1)).toMatchObject({ kind: 'call_denied', by: `gate:${blocked}`, code: 'budget_declined' });
  },
} satisfies Guarantees;
