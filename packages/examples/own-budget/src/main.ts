// A dollar a day, and a letter each eight hours: one goes out, one is asked about, one has to wait for the next day.
import { node } from '@reborn/adapter-node';
import { parseResourceScope } from '@reborn/host-api';
import { createReborn, inMemory } from '@reborn/reborn';
import { createPaidTool } from './paid-tool.ts';

const HOUR_MS = 60 * 60 * 1000;
const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
const ada = { kind: 'user', id: scope.userId } as const;

export async function main(print: (line: string) => void): Promise<void> {
  const platform = node();
  let laterMs = 0;
  const host = await createReborn({
    platform: { ...platform, clock: { nowMs: () => platform.clock.nowMs() + laterMs } },
    storage: inMemory(),
    extensions: [{ id: 'letters', version: '1.0.0', tools: [createPaidTool()] }],
    budgets: [
      { axis: 'tenant', period: { kind: 'month', timeZone: 'Europe/Berlin' }, limit: { usd: '500', calls: 10_000 } },
      { axis: 'user', period: { kind: 'rolling_day' }, limit: { usd: '1.00' }, warnAt: 0.3, pauseAt: 0.5 },
    ],
  });
  for (const to of ['bea', 'cem', 'dan']) {
    const call = { context: host.newContext(scope), capabilityId: 'letters.print', input: { to } };
    const seen: string[] = [];
    // Ada says yes to every question. What is exhausted stays so until the day is over.
    for (;;) {
      const outcome = await host.runtime.invokeCapability(call);
      seen.push(outcome.kind === 'resource_blocked' ? `${outcome.kind} (${outcome.reason})` : outcome.kind);
      if (!('gateId' in outcome)) break;
      if (seen.filter((word) => word.includes('exhausted')).length === 2) laterMs += 9 * HOUR_MS;
      const { gateId } = outcome;
      await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId, approver: ada, decision: 'approve' });
    }
    print(`${to}: ${seen.join(', ')}`);
    const told = await host.explain(scope, { invocationId: call.context.invocationId });
    const stages = told?.calls[0]?.stages.filter(({ stage }) => stage === 'reservation') ?? [];
    const [, mine] = await host.budgets(scope);
    const reserved = stages.map(({ said, amounts }) => `${said} ${amounts?.usd}`);
    print(`  ${reserved.join(', ')}; today ${mine?.used.usd} of ${mine?.limit.usd}`);
    laterMs += 8 * HOUR_MS;
  }
  await host.close();
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
