import type { InvocationId, CapabilityId } from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { HostRuntimeError, type InvokeOutcome } from '@reborn/host-runtime';
import { createFakeHostRuntime, createLatch, recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { codeOf, createWorld, tick } from './support.ts';

const world = createWorld();

function outcome(capabilityId: string, output: string): InvokeOutcome {
  return {
    kind: 'completed',
    capabilityId: capabilityId as CapabilityId,
    invocationId: fixedUuid(1) as InvocationId,
    output,
    outputBytes: 1,
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
      fake.cancelWork({ scope: buildScope(), invocationId: fixedUuid(1) }),
      fake.runtimeStatus(),
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
    const cancelled = [fixedUuid(3) as InvocationId];
    const fake = createFakeHostRuntime({
      cancelWork: [{ outcome: { cancelled } }, { fault: 'host-runtime/unavailable' }],
    });
    const request = { scope: buildScope(), invocationId: fixedUuid(3) };
    expect(await fake.cancelWork(request)).toEqual({ cancelled });
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
    expect(() => fake.assertConsumed()).toThrow(/1 of invokeCapability/);
  });
});

test('doubles of what stands behind the door run without a script', async () => {
  const runtime = world.open([scriptedHandler()], { policy: recordingPolicy() });
  const outcome = await runtime.invokeCapability(world.newCall());
  expect(outcome).toMatchObject({ kind: 'failed', effect: 'none', message: 'The script is over.' });
});
