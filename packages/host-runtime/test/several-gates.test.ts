/** Several gates of one call: an answer counts for the sort of question that was asked, and for no other of the same code. */
import type { InvokeOutcome } from '@reborn/host-runtime';
import { recordingPolicy } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench } from './facade-bench.ts';
import { alice, asker, createWorld, done, gateOf, writer } from './support.ts';

describe('The code of a hook', () => {
  test('that asks for a credential, answered, is no approval that the capability asks for', async () => {
    const world = createWorld();
    const handler = asker(done);
    const policy = recordingPolicy([], [{ kind: 'auth', by: 'hook:a', code: 'permission_ask' }]);
    const runtime = world.open([handler], { policy });
    const request = world.newCall();
    const gateId = gateIdOf(await runtime.invokeCapability(request));
    await runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'authenticate' });
    expect(await runtime.invokeCapability(request)).toMatchObject({
      kind: 'approval_required',
      asked: ['permission_ask'],
    });
    expect(handler.inputs).toEqual([]);
  });

  test('that asks for an approval, answered, lets nothing go beyond the threshold of a budget', async () => {
    const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { calls: 10 }, pauseAt: 0.01 }] as const;
    const bench = createFacadeBench({ limits });
    const policy = recordingPolicy([], [{ kind: 'approval', by: 'hook:a', code: 'budget_paused' }]);
    const runtime = bench.open([writer(done)], { policy });
    const request = bench.newCall();
    await bench.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'resource_blocked', reason: 'paused' });
  });
});

describe('An answer that is taken back', () => {
  test('keeps the reason, and what was never given is not written down as given twice', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const revoke = { tenantId: 'acme', gateId, approver: alice, decision: 'revoke', reason: 'Not today.' } as const;
    expect(await runtime.resolveGate(revoke)).toEqual({ kind: 'already_closed', status: 'open' });
    expect(await world.records('security')).toEqual([]);
    await world.approve(runtime, gateId);
    const gate = { status: 'revoked', revokedBy: alice, revokedReason: 'Not today.' };
    expect(await runtime.resolveGate(revoke)).toMatchObject({ kind: 'resolved', gate });
  });
});

function gateIdOf(outcome: InvokeOutcome) {
  return 'gateId' in outcome ? outcome.gateId : expect.fail(`no gate but ${JSON.stringify(outcome)}`);
}
