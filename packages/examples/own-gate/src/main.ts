// Three payments: a small one, a large one that a person approves, and one to somebody who is blocked.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseCapabilityGrant, parseResourceScope } from '@reborn/host-api';
import { defineTool } from '@reborn/host-runtime';
import { createReborn } from '@reborn/reborn';
import { z } from 'zod';
import { spendingGate } from './spending-gate.ts';

export interface Payment {
  readonly to: string;
  readonly euros: number;
}

export async function main(print: (line: string) => void): Promise<readonly Payment[]> {
  const paid: Payment[] = [];
  const pay = defineTool({
    id: 'bank.pay',
    description: 'Pays an amount to somebody.',
    input: z.strictObject({ to: z.string().max(100), euros: z.number().positive() }),
    effects: ['financial'],
    permission: 'allow',
    run: (payment) => {
      paid.push(payment);
      return { done: true };
    },
  });
  const hooks = [spendingGate({ askAbove: 100, blocked: ['mallory'] })];
  const bank = { id: 'bank', version: '1.0.0', tools: [pay], hooks };
  const platform = node();
  // In production nothing is granted by default: the operator says who may use what, and for which effects.
  const grant = parseCapabilityGrant({
    id: platform.ids.uuid(),
    capability: 'bank.pay',
    grantee: { kind: 'user', id: 'ada' },
    issuedBy: { kind: 'host' },
    allowedEffects: ['financial'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'own-gate-'));
  const storage = sqlite(join(folder, 'agent.db'));
  const host = await createReborn({ platform, storage, extensions: [bank], profile: 'production', grants: [grant] });
  const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
  for (const payment of [
    { to: 'grocer', euros: 12 },
    { to: 'landlord', euros: 900 },
    { to: 'mallory', euros: 1 },
  ]) {
    const call = { context: host.newContext(scope), capabilityId: 'bank.pay', input: payment };
    const first = await host.runtime.invokeCapability(call);
    if (first.kind !== 'approval_required') {
      print(`${payment.to}: ${first.kind}${first.kind === 'failed' ? ` (${first.message})` : ''}`);
      continue;
    }
    const { gateId, asked } = first;
    await host.runtime.resolveGate({
      tenantId: scope.tenantId,
      gateId,
      approver: { kind: 'user', id: scope.userId },
      decision: 'approve',
    });
    const second = await host.runtime.invokeCapability(call);
    print(`${payment.to}: asked (${asked.join(', ')}), approved, ${second.kind}`);
  }
  await host.close();
  await rm(folder, { recursive: true });
  return paid;
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
