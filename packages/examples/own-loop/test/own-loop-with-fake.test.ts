import { parseCapabilityId, parseGateId } from '@reborn/host-api';
import { buildContext } from '@reborn/host-api/testkit';
import { createFakeHostRuntime } from '@reborn/host-runtime/testkit';
import { expect, test } from 'vitest';
import { runOwnLoop } from '../src/own-loop.ts';

const context = buildContext();
const about = { capabilityId: parseCapabilityId('garden.water'), invocationId: context.invocationId };
const gateId = parseGateId('7d9f3a52-6c1e-4b8a-9a57-0f6f5d1c2b3a');

test('the loop waits when nobody answers, and makes no further call', async () => {
  const runtime = createFakeHostRuntime({
    invokeCapability: [{ outcome: { ...about, kind: 'approval_required', gateId, asked: ['effects_ask'] } }],
  });
  const seen = await runOwnLoop({
    runtime,
    newContext: () => context,
    plan: () => ({ capabilityId: 'garden.water', input: { litres: 8 } }),
    askSomebody: async () => false,
  });
  expect(seen).toEqual(['garden.water: waits for an approval (effects_ask)']);
  expect(runtime.requests.invokeCapability.map((request) => request.input)).toEqual([{ litres: 8 }]);
  runtime.assertConsumed();
});
