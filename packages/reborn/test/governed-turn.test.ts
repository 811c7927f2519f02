import {
  capabilityIdSchema,
  parseResourceScope,
  parseTenantId,
  type JsonValue,
  type Principal,
  type ResourceScope,
} from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { defineTool } from '@reborn/host-runtime';
import type { HookSpec } from '@reborn/hooks';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createReborn, inMemory, type HostExtension, type Reborn, type RebornOptions } from '../src/index.ts';
import { createScriptedModel, type ScriptedStep } from '../src/testkit/index.ts';

const scope: ResourceScope = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 'notes' });
const ada: Principal = { kind: 'user', id: scope.userId };

interface Stage {
  readonly host: Reborn;
  readonly written: JsonValue[];
}

async function stage(
  steps: readonly ScriptedStep[],
  hooks: readonly HookSpec[] = [],
  more: Partial<RebornOptions> = {},
): Promise<Stage> {
  const written: JsonValue[] = [];
  const desk: HostExtension = {
    id: 'desk',
    version: '1.0.0',
    tools: [
      defineTool({
        id: 'desk.look',
        description: 'Looks something up.',
        input: z.strictObject({ name: z.string().max(64) }),
        effects: ['read_filesystem'],
        run: ({ name }) => ({ found: `about ${name}` }),
      }),
      defineTool({
        id: 'desk.write',
        description: 'Writes something down.',
        input: z.strictObject({ text: z.string().max(64) }),
        effects: ['write_filesystem'],
        run: (input) => {
          written.push(input);
          return { done: true };
        },
      }),
    ],
    hooks,
  };
  const host = await createReborn({
    platform: { ...createFakePlatform() },
    storage: inMemory(),
    model: createScriptedModel(steps),
    profile: 'test',
    extensions: [desk],
    ...more,
  });
  return { host, written };
}

async function submit(host: Reborn): Promise<Parameters<Reborn['drive']>[0]> {
  const outcome = await host.turns.submitTurn({
    scope: { ...scope, threadId: scope.threadId ?? '' },
    actor: ada,
    text: 'Hello',
  });
  if (outcome.kind !== 'accepted') throw new Error('not accepted');
  return { scope, runId: outcome.runId };
}

test('a turn reads, asks before it writes, goes on after the approval and replies', async () => {
  const { host, written } = await stage([
    { calls: [{ tool: 'desk.look', input: { name: 'tea' } }] },
    { calls: [{ tool: 'desk.write', input: { text: 'tea' } }] },
    { say: 'Written.' },
  ]);
  const target = await submit(host);
  const parked = await host.drive(target);
  expect(parked.kind).toBe('parked');
  expect(written).toEqual([]);
  const [gate] = await host.openGates(scope);
  expect(gate?.input).toEqual({ text: 'tea' });
  expect(gate?.asked).toEqual(['effects_ask', 'permission_ask']);
  const answered = await host.runtime.resolveGate({
    tenantId: scope.tenantId,
    gateId: gate?.gateId ?? '',
    approver: ada,
    decision: 'approve',
  });
  expect(answered.kind).toBe('resolved');
  const ended = await host.drive(target);
  expect(ended.kind === 'ended' && ended.run.status).toBe('completed');
  expect(written).toEqual([{ text: 'tea' }]);
  const explanation = await host.explain(scope, { runId: target.runId });
  expect(explanation?.calls.map((call) => [call.capabilityId, call.end])).toEqual([
    ['desk.look', 'succeeded'],
    ['desk.write', 'succeeded'],
  ]);
  await host.close();
});

test('a gate that refuses is told to the model and nothing runs', async () => {
  const refuse: HookSpec = {
    id: 'no-writing',
    version: 1,
    point: 'before_capability',
    capabilities: ['desk.write'],
    body: (_call, mint) => mint.refuse('hook_out_of_policy'),
  };
  const { host, written } = await stage(
    [{ calls: [{ tool: 'desk.write', input: { text: 'tea' } }] }, { say: 'I may not.' }],
    [refuse],
  );
  const target = await submit(host);
  const ended = await host.drive(target);
  expect(ended.kind === 'ended' && ended.run.status).toBe('completed');
  expect(written).toEqual([]);
  const explanation = await host.explain(scope, { runId: target.runId });
  expect(explanation?.calls[0]?.end).toBe('denied');
  expect(explanation?.transcript.find((entry) => entry.kind === 'tool_result')).toMatchObject({
    capabilityId: capabilityIdSchema.parse('desk.write'),
    result: { kind: 'failed', failureKind: 'denied', effect: 'none' },
  });
  await host.close();
});

test('an event hook follows the run and its notes stand in the journal', async () => {
  const seen: string[] = [];
  const reporter: HookSpec = {
    id: 'reporter',
    version: 1,
    point: 'event_triggered',
    kinds: ['run_completed', 'dispatch_succeeded'],
    body: (event, delivery) => {
      seen.push(event.kind);
      delivery.note(`saw ${event.kind}`);
    },
  };
  const { host } = await stage(
    [{ calls: [{ tool: 'desk.look', input: { name: 'tea' } }] }, { say: 'Done.' }],
    [reporter],
  );
  const target = await submit(host);
  await host.drive(target);
  await host.settle();
  expect(seen).toEqual(['dispatch_succeeded', 'run_completed']);
  await host.close();
});

test('a host takes no run of a tenant that it does not serve', async () => {
  const { host } = await stage([]);
  const elsewhere = { ...scope, tenantId: parseTenantId('elsewhere'), threadId: 'notes' };
  const attempt = host.turns.submitTurn({ scope: elsewhere, actor: ada, text: 'Hello' });
  await expect(attempt).rejects.toMatchObject({ code: 'reborn/unknown_tenant' });
  await host.close();
});

test('a host for production refuses storage that forgets', async () => {
  const attempt = stage([], [], { profile: 'production', tenants: [parseTenantId('default')] });
  await expect(attempt).rejects.toMatchObject({ code: 'reborn/not_production_ready' });
});
