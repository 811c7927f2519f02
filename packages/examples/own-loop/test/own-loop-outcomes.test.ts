import { parseCapabilityId, parseGateId, parseProcessId } from '@reborn/host-api';
import { buildContext } from '@reborn/host-api/testkit';
import type { InvokeOutcome } from '@reborn/host-runtime';
import { createFakeHostRuntime, createLatch, type ScriptedInvoke } from '@reborn/host-runtime/testkit';
import { expect, test } from 'vitest';
import { runOwnLoop } from '../src/own-loop.ts';

const context = buildContext();
const about = { capabilityId: parseCapabilityId('garden.water'), invocationId: context.invocationId };
const gateId = parseGateId('7d9f3a52-6c1e-4b8a-9a57-0f6f5d1c2b3a');
const processId = parseProcessId('0c4f8e1a-51f3-4d0e-8a3d-2f1f6f9b7c11');
const done: InvokeOutcome = { ...about, kind: 'completed', output: { watered: true }, outputBytes: 16, usage: {} };

/** The loop over a door that answers as it is told to, with as many steps. */
function startLoop(...answers: readonly ScriptedInvoke[]) {
  const runtime = createFakeHostRuntime({ invokeCapability: answers });
  const seen = runOwnLoop({
    runtime,
    newContext: () => context,
    plan: ({ length }) =>
      length < answers.length ? { capabilityId: 'garden.water', input: { litres: 8 } } : undefined,
    askSomebody: async () => false,
  });
  return { runtime, seen };
}

test.each<[InvokeOutcome, string]>([
  [{ ...about, kind: 'auth_required', gateId, requiredSecrets: 1 }, 'waits for a credential'],
  [
    { ...about, kind: 'resource_blocked', gateId, reason: 'paused', dimension: 'usd', estimate: { usd: '0.4' } },
    'waits for budget',
  ],
  [{ ...about, kind: 'spawned_process', processId }, `goes on as process ${processId}`],
  [
    {
      ...about,
      kind: 'failed',
      failureKind: 'timed_out',
      fate: 'model_visible',
      effect: 'uncertain',
      message: 'Too late.',
    },
    'failed: Too late. (effect: uncertain)',
  ],
])('the loop tells what the door says: %o', async (outcome, line) => {
  expect(await startLoop({ outcome }).seen).toEqual([`garden.water: ${line}`]);
});

test('the loop makes its second call when the first is over', async () => {
  const latch = createLatch();
  const { runtime, seen } = startLoop({ outcome: done, latch }, { outcome: done });
  await latch.arrived;
  expect(runtime.requests.invokeCapability).toHaveLength(1);
  latch.open();
  expect(await seen).toHaveLength(2);
  runtime.assertConsumed();
});

test('the loop ends with the fault of its door', async () => {
  const { seen } = startLoop({ fault: 'host-runtime/unavailable' });
  await expect(seen).rejects.toMatchObject({ code: 'host-runtime/unavailable', retryable: true });
});
