/**
 * The guarantees that the door alone can give, one by one, by class of failure, on every storage there is.
 *
 * Source: rulings, section 10.
 */
import { gateMachine, getRecord, parseGateId, type Verdict } from '@reborn/host-api';
import { buildContext, buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { recordingPolicy } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { BACKENDS, createWorldOn } from './backends.ts';
import { alice, asker, codeOf, done, gateOf, writer } from './support.ts';

describe.each(BACKENDS)('on %s', (backend) => {
  describe('forged approval', () => {
    test('an approval that is sent along with a call, or for a gate that nobody opened, does nothing', async () => {
      const world = await createWorldOn(backend);
      const handler = asker(done);
      const runtime = world.open([handler]);
      const forged = { ...world.newCall(), approved: true, gateId: fixedUuid(1) };
      expect(await codeOf(runtime.invokeCapability(forged as never))).toBe('host-runtime/invalid_request');
      expect((await world.approve(runtime, parseGateId(fixedUuid(1)))).kind).toBe('unknown_gate');
      expect((await runtime.invokeCapability(world.newCall({ approved: true }))).kind).toBe('approval_required');
      expect(handler.inputs).toEqual([]);
    });

    test('the approval of one call does not serve another, however alike', async () => {
      const world = await createWorldOn(backend);
      const handler = asker(done);
      const runtime = world.open([handler]);
      await world.approve(runtime, gateOf(await runtime.invokeCapability(world.newCall())));
      expect((await runtime.invokeCapability(world.newCall())).kind).toBe('approval_required');
      expect(handler.inputs).toEqual([]);
    });
  });

  describe('model approving itself', () => {
    test('a capability is given nothing that leads to a gate, and the agent is no approver', async () => {
      const world = await createWorldOn(backend);
      const handler = writer(done);
      const runtime = world.open([
        handler,
        { ...asker(), descriptor: { ...asker().descriptor, id: 'notes.read' as never } },
      ]);
      await runtime.invokeCapability(world.newCall());
      const reachable = handler.calls
        .flatMap((call) => Object.values(call))
        .filter((part) => typeof part === 'function');
      expect(reachable).toEqual([]);
      const gateId = gateOf(await runtime.invokeCapability(world.newCall({}, { capabilityId: 'notes.read' })));
      const agent = {
        tenantId: 'acme',
        gateId,
        approver: { kind: 'agent', id: 'agent' },
        decision: 'approve',
      } as const;
      expect(await runtime.resolveGate(agent)).toEqual({ kind: 'not_authorised' });
      expect((await getRecord(world.store, gateMachine, gateId))?.status).toBe('open');
    });
  });

  describe('declined call that still runs', () => {
    test('a declined call never runs, also after a restart in which nobody would ask any more', async () => {
      const world = await createWorldOn(backend);
      const handler = writer(done);
      const ask: readonly Verdict[] = [{ kind: 'approval', by: 'hook:a', code: 'dangerous' }];
      const before = world.open([handler], { policy: recordingPolicy([], ask) });
      const request = world.newCall();
      const gateId = gateOf(await before.invokeCapability(request));
      await before.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny' });
      const outcome = await world.open([handler]).invokeCapability(request);
      expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'approval_denied', effect: 'none' });
      expect(handler.inputs).toEqual([]);
    });
  });

  describe('approved input ≠ executed input', () => {
    test('the same key with another input is a conflict, before and after the approval', async () => {
      const world = await createWorldOn(backend);
      const handler = asker(done);
      const runtime = world.open([handler]);
      const key = { idempotencyKey: 'k' };
      const gateId = gateOf(await runtime.invokeCapability(world.newCall({ path: 'a' }, key)));
      const other = world.newCall({ path: 'b' }, key);
      expect(await codeOf(runtime.invokeCapability(other))).toBe('host-runtime/idempotency_conflict');
      await world.approve(runtime, gateId);
      expect(await codeOf(runtime.invokeCapability(other))).toBe('host-runtime/idempotency_conflict');
      expect(handler.inputs).toEqual([]);
    });

    test('what runs is what the gate showed, though the caller changes its object and its policy looks away', async () => {
      const world = await createWorldOn(backend);
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
    });
  });

  describe('wrong approver', () => {
    test('leaves the gate pending for the right one', async () => {
      const world = await createWorldOn(backend);
      const runtime = world.open([asker(done)]);
      const request = world.newCall();
      const gateId = gateOf(await runtime.invokeCapability(request));
      const wrong = {
        tenantId: 'acme',
        gateId,
        approver: { kind: 'user', id: 'mallory' },
        decision: 'approve',
      } as const;
      expect(await runtime.resolveGate(wrong)).toEqual({ kind: 'not_authorised' });
      expect(gateOf(await runtime.invokeCapability(request))).toBe(gateId);
      expect((await world.approve(runtime, gateId)).kind).toBe('resolved');
    });
  });

  describe('two parallel gates of one tool', () => {
    test('are answered apart: each answer reaches its own call', async () => {
      const world = await createWorldOn(backend);
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
    });
  });

  describe('gate said no and the tool ran', () => {
    test('one refusal among many allowances is enough, and an approval does not outweigh it', async () => {
      const world = await createWorldOn(backend);
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
    });
  });

  describe('gate failed and the tool ran', () => {
    test.each([
      ['throws', () => Promise.reject(new Error('x'))],
      ['hangs', () => new Promise(() => undefined)],
      ['answers with rubbish', () => ({ verdicts: 'allow' })],
      [
        'answers with a verdict that nobody knows',
        () => ({ verdicts: [{ kind: 'Deny', by: 'zz', code: 'x' }], records: [], writes: [] }),
      ],
    ])('a policy that %s refuses', async (_, judge) => {
      const world = await createWorldOn(backend);
      const handler = writer(done);
      const runtime = world.open([handler], { policy: recordingPolicy([], judge) });
      expect(await world.invoke(runtime, world.newCall())).toMatchObject({
        kind: 'failed',
        failureKind: 'denied',
        effect: 'none',
      });
      expect(handler.inputs).toEqual([]);
    });
  });

  describe('tenant lost in a nested run', () => {
    test('one key in two tenants is two calls, and a gate of one tenant is unknown to the other', async () => {
      const world = await createWorldOn(backend);
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
      expect(
        (
          await stranger.invokeCapability(
            world.newCall({}, { context: buildContext({ scope: buildScope({ tenantId: 'third' }) }) }),
          )
        ).kind,
      ).toBe('failed');
    });
  });

  describe('refused and nobody can say why', () => {
    test('each refusal names who refused and why, with the call, the capability and the scope', async () => {
      const world = await createWorldOn(backend);
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
    });
  });
});
