/** Processes of another host on the same storage: seen from the command line, and told to stop from there. */
import { join } from 'node:path';
import { node, operatingSystemUser } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseResourceScope } from '@reborn/host-api';
import { defineTool } from '@reborn/host-runtime';
import { createReborn, type Reborn } from '@reborn/reborn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonLines, makeWorld, RUN, type World } from './world.ts';

const scope = parseResourceScope({ tenantId: 'default', userId: operatingSystemUser().id, threadId: 'work' });
const watch = defineTool({
  id: 'desk.watch',
  description: 'Watches until it is told to stop.',
  input: z.strictObject({}),
  effects: ['read_filesystem', 'spawn_process'],
  run: (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
});

describe('a process', () => {
  let world: World;
  let host: Reborn;
  let processId: string;

  beforeAll(async () => {
    world = await makeWorld('reborn-processes-');
    expect((await world.call(RUN)).code).toBe(3);
    const storage = sqlite(join(world.folder, '.reborn/agent.db'));
    host = await createReborn({
      platform: node(),
      storage,
      extensions: [{ id: 'desk', version: '1', tools: [watch] }],
    });
    const call = { context: host.newContext(scope), capabilityId: 'desk.watch', input: {} };
    const asked = await host.runtime.spawnCapability(call);
    const approver = { kind: 'user', id: scope.userId } as const;
    const gateId = asked.kind === 'approval_required' ? asked.gateId : '';
    await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId, approver, decision: 'approve' });
    const spawned = await host.runtime.spawnCapability(call);
    processId = spawned.kind === 'spawned_process' ? spawned.processId : '';
  });
  afterAll(async () => {
    await host.close();
    await world.remove();
  });

  it('is listed in its thread, is told to stop by an abbreviation, and ends as cancelled', async () => {
    const list = async () => jsonLines((await world.call(['processes', '--thread', 'work', '--json'])).out);
    const running = { processId, capabilityId: 'desk.watch', status: 'running', startedAt: expect.any(String) };
    expect(await list()).toMatchObject([{ v: 1, kind: 'processes', processes: [running] }]);
    expect(jsonLines((await world.call(['processes', '--json'])).out)).toMatchObject([{ processes: [] }]);
    expect(
      jsonLines((await world.call(['processes', '--thread', 'work', '--json'], { user: 'mallory' })).out),
    ).toMatchObject([{ processes: [] }]);
    const elsewhere = await world.call(['processes', 'end', processId, '--json']);
    expect([elsewhere.code, jsonLines(elsewhere.err)]).toMatchObject([2, [{ code: 'cli/not_found' }]]);

    const ended = await world.call(['processes', 'end', processId.slice(-8), '--thread', 'work', '--json']);
    expect([ended.code, jsonLines(ended.out)]).toEqual([
      0,
      [{ v: 1, kind: 'process_ended', processId, outcome: 'ending' }],
    ]);
    const told = await world.call(['processes', '--thread', 'work']);
    expect(told.out).toContain('told to stop (user_requested)');
    await host.processes.end(scope, processId as never, 'user_requested');
    await host.processes.await(scope, processId as never, { timeoutMs: 10_000 });
    expect(await list()).toMatchObject([
      { processes: [{ processId, status: 'cancelled', cancelReason: 'user_requested', endedAt: expect.any(String) }] },
    ]);
    const over = await world.call(['processes', 'end', processId, '--thread', 'work']);
    expect([over.code, over.out]).toEqual([0, expect.stringContaining('is over already')]);
  });
});
