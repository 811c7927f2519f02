/**
 * What the door guarantees of answers, class of failure by class of failure: each a test that any world can be put to.
 *
 * Not here: its refusals (`guarantee-refusals.ts`), the worlds in which they hold (`guarantees.test.ts`) and those in which
 * they do not (`guarantee-holes.ts`).
 * Source: rulings, section 10; specification 6, section 2.
 */
import { digestOf, gateMachine, getRecord, parseGateId, type Verdict } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { recordingPolicy } from '@reborn/host-runtime/testkit';
import { expect } from 'vitest';
import { byDay, waitsFor, type Guarantees } from './guarantee.ts';
import { openHostBench, TOKEN } from './host-bench.ts';
import { alice, asker, codeOf, done, gateOf, writer } from './support.ts';

const agent = { kind: 'agent', id: 'agent' } as const;
const mallory = { kind: 'user', id: 'mallory' } as const;
const credentials = [{ handle: 'notes_token', value: TOKEN }];

export const forgedApproval = {
  'an approval that is sent along with a call, or for a gate that nobody opened, does nothing': async (world) => {
    const handler = asker(done);
    const runtime = world.open([handler]);
    const forged = { ...world.newCall(), approved: true, gateId: fixedUuid(1) };
    expect(await codeOf(runtime.invokeCapability(forged as never))).toBe('host-runtime/invalid_request');
    expect((await world.approve(runtime, parseGateId(fixedUuid(1)))).kind).toBe('unknown_gate');
    expect((await runtime.invokeCapability(world.newCall({ approved: true }))).kind).toBe('approval_required');
    expect(handler.inputs).toEqual([]);
  },

  'the approval of one call does not serve another, however alike': async (world) => {
    const handler = asker(done);
    const runtime = world.open([handler]);
    await world.approve(runtime, gateOf(await runtime.invokeCapability(world.newCall())));
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('approval_required');
    expect(handler.inputs).toEqual([]);
  },
} satisfies Guarantees;

export const modelApprovingItself = {
  'a capability is given nothing that leads to a gate, and the agent is no approver': async (world) => {
    const handler = writer(done);
    const asks = { ...asker(), descriptor: { ...asker().descriptor, id: 'notes.read' as never } };
    const runtime = world.open([handler, asks]);
    await runtime.invokeCapability(world.newCall());
    const reachable = handler.calls.flatMap((call) => Object.values(call)).filter((part) => typeof part === 'function');
    expect(reachable).toEqual([]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall({}, { capabilityId: 'notes.read' })));
    const answer = { tenantId: 'acme', gateId, approver: agent, decision: 'approve' } as const;
    expect(await runtime.resolveGate(answer)).toEqual({ kind: 'not_authorised' });
    expect((await getRecord(world.store, gateMachine, gateId))?.status).toBe('open');
  },

  'a gate for credentials and one for a budget are not its to answer either, and it stores no secret': async (
    world,
  ) => {
    const limits = [{ ...byDay, limit: { usd: '1' }, pauseAt: 0.3 }];
    const { runtime, handler, secrets, put } = openHostBench(world, { needs: ['notes_token'], limits });
    const request = world.newCall();
    const missing = waitsFor('auth_required', await runtime.invokeCapability(request));
    const answer = { tenantId: 'acme', approver: agent } as const;
    const given = { ...answer, gateId: missing, decision: 'authenticate', credentials } as const;
    expect(await runtime.resolveGate(given)).toEqual({ kind: 'not_authorised' });
    expect(await secrets.list({ tenantId: 'acme', userId: 'alice' } as never)).toEqual([]);
    await put('notes_token');
    await runtime.resolveGate({ ...answer, gateId: missing, approver: alice, decision: 'authenticate' });
    const paused = waitsFor('resource_blocked', await runtime.invokeCapability(request));
    expect(await runtime.resolveGate({ ...answer, gateId: paused, decision: 'approve' })).toEqual({
      kind: 'not_authorised',
    });
    expect(waitsFor('resource_blocked', await runtime.invokeCapability(request))).toBe(paused);
    expect(handler.inputs).toEqual([]);
  },
} satisfies Guarantees;

export const declinedCallThatStillRuns = {
  'a declined call never runs, also after a restart in which nobody would ask any more': async (world) => {
    const handler = writer(done);
    const ask: readonly Verdict[] = [{ kind: 'approval', by: 'hook:a', code: 'dangerous' }];
    const before = world.open([handler], { policy: recordingPolicy([], ask) });
    const request = world.newCall();
    const gateId = gateOf(await before.invokeCapability(request));
    await before.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny' });
    const outcome = await world.open([handler]).invokeCapability(request);
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'approval_denied', effect: 'none' });
    expect(handler.inputs).toEqual([]);
  },

  'a call whose credentials were declined never runs, also when the secret is there afterwards': async (world) => {
    const { runtime, handler, put } = openHostBench(world, { needs: ['notes_token'] });
    const request = world.newCall();
    const gateId = waitsFor('auth_required', await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'decline' });
    await put('notes_token');
    const declined = { kind: 'failed', failureKind: 'credentials_declined', effect: 'none' };
    expect(await runtime.invokeCapability(request)).toMatchObject(declined);
    expect(handler.inputs).toEqual([]);
  },
} satisfies Guarantees;

export const approvedIsExecuted = {
  'the same key with another input is a conflict, before and after the approval': async (world) => {
    const handler = asker(done);
    const runtime = world.open([handler]);
    const key = { idempotencyKey: 'k' };
    const gateId = gateOf(await runtime.invokeCapability(world.newCall({ path: 'a' }, key)));
    const other = world.newCall({ path: 'b' }, key);
    expect(await codeOf(runtime.invokeCapability(other))).toBe('host-runtime/idempotency_conflict');
    await world.approve(runtime, gateId);
    expect(await codeOf(runtime.invokeCapability(other))).toBe('host-runtime/idempotency_conflict');
    expect(handler.inputs).toEqual([]);
  },

  'what runs is what the gate showed, though the caller changes its object and its policy looks away': async (
    world,
  ) => {
    const handler = asker(done);
    const input = { path: 'shown' };
    const request = world.newCall(input);
    const policy = recordingPolicy([], () => ((input.path = 'swapped'), { verdicts: [], records: [], writes: [] }));
    const runtime = world.open([handler], { policy });
    const gateId = gateOf(await runtime.invokeCapability(request));
    const shown = (await getRecord(world.store, gateMachine, gateId))?.input;
    await world.approve(runtime, gateId);
    input.path = 'shown';
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect([shown, handler.inputs]).toEqual([{ path: 'shown' }, [{ path: 'shown' }]]);
  },

  'an approval of one version of a package does not let another one run': async (world) => {
    const versions = [1, 2].map((version) => {
      const handler = asker(done);
      const digest = digestOf({ version }, world.platform.digest);
      return { handler, runtime: world.open([{ ...handler, provider: { ...handler.provider, digest } }]) };
    });
    const [old, updated] = versions;
    if (old === undefined || updated === undefined) throw new Error('two versions');
    const request = world.newCall();
    const asked = gateOf(await old.runtime.invokeCapability(request));
    await world.approve(old.runtime, asked);
    const again = gateOf(await updated.runtime.invokeCapability(request));
    expect((await getRecord(world.store, gateMachine, asked))?.status).toBe('superseded');
    expect([again === asked, updated.handler.inputs]).toEqual([false, []]);
    await world.approve(updated.runtime, again);
    expect((await updated.runtime.invokeCapability(request)).kind).toBe('completed');
    expect(old.handler.inputs).toEqual([]);
  },
} satisfies Guarantees;

export const wrongApprover = {
  'leaves the gate pending for the right one': async (world) => {
    const runtime = world.open([asker(done)]);
    const request = world.newCall();
    const gateId = gateOf(await runtime.invokeCapability(request));
    const wrong = { tenantId: 'acme', gateId, approver: mallory, decision: 'approve' } as const;
    expect(await runtime.resolveGate(wrong)).toEqual({ kind: 'not_authorised' });
    expect(gateOf(await runtime.invokeCapability(request))).toBe(gateId);
    expect((await world.approve(runtime, gateId)).kind).toBe('resolved');
  },

  'puts no secret of their own into the hands of a call': async (world) => {
    const { runtime, handler, secrets } = openHostBench(world, { needs: ['notes_token'] });
    const request = world.newCall();
    const gateId = waitsFor('auth_required', await runtime.invokeCapability(request));
    const answer = { tenantId: 'acme', gateId, approver: mallory, decision: 'authenticate', credentials } as const;
    expect(await runtime.resolveGate(answer)).toEqual({ kind: 'not_authorised' });
    expect(await secrets.list({ tenantId: 'acme', userId: 'alice' } as never)).toEqual([]);
    expect(waitsFor('auth_required', await runtime.invokeCapability(request))).toBe(gateId);
    expect(handler.inputs).toEqual([]);
  },
} satisfies Guarantees;

export const twoParallelGates = {
  'are answered apart: each answer reaches its own call': async (world) => {
    const handler = asker(done, done);
    const runtime = world.open([handler]);
    const [a, b] = [world.newCall({ path: 'a' }), world.newCall({ path: 'b' })];
    const [gateA, gateB] = (await Promise.all([a, b].map((call) => runtime.invokeCapability(call)))).map(gateOf);
    if (gateA === undefined || gateB === undefined) throw new Error('not asked');
    await world.approve(runtime, gateB);
    await runtime.resolveGate({ tenantId: 'acme', gateId: gateA, approver: alice, decision: 'deny' });
    const [first, second] = [await runtime.invokeCapability(a), await runtime.invokeCapability(b)];
    expect([first, second]).toMatchObject([{ failureKind: 'approval_denied' }, { kind: 'completed' }]);
    expect(handler.inputs).toEqual([{ path: 'b' }]);
  },
} satisfies Guarantees;
