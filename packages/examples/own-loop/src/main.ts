// The loop at work on a real host: it reads freely, and its one write waits until its owner has approved it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseResourceScope, type Principal } from '@reborn/host-api';
import { defineTool } from '@reborn/host-runtime';
import { createReborn } from '@reborn/reborn';
import { z } from 'zod';
import { runOwnLoop, type Step } from './own-loop.ts';

const STEPS: readonly Step[] = [
  { capabilityId: 'garden.inspect', input: { bed: 'roses' } },
  { capabilityId: 'garden.water', input: { bed: 'roses', litres: 8 } },
  { capabilityId: 'garden.burn', input: {} },
];

export async function main(print: (line: string) => void): Promise<number> {
  let litresUsed = 0;
  const garden = {
    id: 'garden',
    version: '1.0.0',
    tools: [
      defineTool({
        id: 'garden.inspect',
        description: 'Says how dry a bed is.',
        input: z.strictObject({ bed: z.string().max(40) }),
        effects: [],
        run: ({ bed }) => ({ bed, dry: true }),
      }),
      defineTool({
        id: 'garden.water',
        description: 'Waters a bed.',
        input: z.strictObject({ bed: z.string().max(40), litres: z.number().min(1).max(50) }),
        effects: ['external_write'],
        run: ({ litres }) => {
          litresUsed += litres;
          return { watered: true };
        },
      }),
    ],
  };
  const folder = await mkdtemp(join(tmpdir(), 'own-loop-'));
  const host = await createReborn({
    platform: node(),
    storage: sqlite(join(folder, 'agent.db')),
    extensions: [garden],
  });
  const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
  const ada: Principal = { kind: 'user', id: scope.userId };
  const seen = await runOwnLoop({
    runtime: host.runtime,
    newContext: () => host.newContext(scope),
    plan: (done) => STEPS[done.length],
    askSomebody: async (gateId, asked) => {
      print(`ada is asked (${asked.join(', ')}) and approves`);
      const answer = await host.runtime.resolveGate({
        tenantId: scope.tenantId,
        gateId,
        approver: ada,
        decision: 'approve',
      });
      return answer.kind === 'resolved';
    },
  });
  for (const line of seen) print(line);
  await host.close();
  await rm(folder, { recursive: true });
  return litresUsed;
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
