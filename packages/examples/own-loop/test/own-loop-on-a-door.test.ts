import { parseResourceScope } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { defineTool } from '@reborn/host-runtime';
import { createReborn, inMemory } from '@reborn/reborn';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runOwnLoop } from '../src/own-loop.ts';

test('the loop is asked again when the answer comes after the question has run out, and nothing is watered', async () => {
  const platform = createFakePlatform();
  let watered = 0;
  const water = defineTool({
    id: 'garden.water',
    description: 'Waters a bed.',
    input: z.strictObject({ litres: z.number() }),
    effects: ['external_write'],
    run: () => ({ times: (watered += 1) }),
  });
  const extensions = [{ id: 'garden', version: '1.0.0', tools: [water] }];
  const host = await createReborn({ platform, storage: inMemory(), profile: 'test', extensions, gateTtlMs: 60_000 });
  onTestFinished(() => host.close());
  const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
  const approver = { kind: 'user', id: 'ada' } as const;
  const seen = await runOwnLoop({
    runtime: host.runtime,
    newContext: () => host.newContext(scope),
    plan: () => ({ capabilityId: 'garden.water', input: { litres: 8 } }),
    askSomebody: async (gateId) => {
      await host.runtime.resolveGate({ tenantId: 'default', gateId, approver, decision: 'approve' });
      platform.advance(60_000);
      return true;
    },
  });
  expect(seen).toEqual(['garden.water: waits for an approval (effects_ask, permission_ask)']);
  expect(watered).toBe(0);
});
