// One question, answered in every way: by somebody else, with an edit, with no, taken back, too late, under other rules.
import { node } from '@reborn/adapter-node';
import { parseResourceScope, parseUserId, type JsonValue } from '@reborn/host-api';
import { defineTool, theseApprove, type ResolveGateRequest } from '@reborn/host-runtime';
import { createReborn, inMemory } from '@reborn/reborn';
import { z } from 'zod';
import { spendingGate } from './spending-gate.ts';

const HOUR_MS = 60 * 60 * 1000;
const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
const ada = { kind: 'user', id: scope.userId } as const;
const grace = { kind: 'user', id: parseUserId('grace') } as const;
const say = (decision: Answer['decision'], approver: Answer['approver'] = grace): Answer => ({ approver, decision });
const edit = (input: JsonValue): Answer => ({ ...say('edit'), input });
type Answer = Pick<ResolveGateRequest, 'approver' | 'decision' | 'input'>;

export async function answers(print: (line: string) => void): Promise<readonly number[]> {
  const paid: number[] = [];
  const pay = defineTool({
    id: 'bank.pay',
    description: 'Pays an amount to somebody.',
    input: z.strictObject({ to: z.string().max(100), euros: z.number().positive() }),
    effects: ['financial'],
    run: ({ euros }) => ({ payments: paid.push(euros) }),
  });
  const hooks = [spendingGate({ askAbove: 100, blocked: ['mallory'] })];
  const platform = node();
  let laterMs = 0;
  const host = await createReborn({
    platform: { ...platform, clock: { nowMs: () => platform.clock.nowMs() + laterMs } },
    storage: inMemory(),
    extensions: [{ id: 'bank', version: '1.0.0', tools: [pay], hooks }],
    approvers: theseApprove([grace]),
    gateTtlMs: HOUR_MS,
  });
  const tell = async (what: string, given: readonly Answer[], meanwhile: () => unknown = () => undefined) => {
    const context = host.newContext(scope);
    const call = { context, capabilityId: 'bank.pay', input: { to: 'landlord', euros: 900 } };
    const asked = await host.runtime.invokeCapability(call);
    if (asked.kind !== 'approval_required') throw new Error(asked.kind);
    const heard: string[] = [];
    for (const answer of given) {
      const request = { tenantId: scope.tenantId, gateId: asked.gateId, ...answer };
      heard.push((await host.runtime.resolveGate(request)).kind);
    }
    meanwhile();
    const then = await host.runtime.invokeCapability(call);
    const told = await host.explain(scope, { invocationId: context.invocationId });
    const gates = told?.calls[0]?.gates.map(({ status }) => status);
    print(`${what}: ${heard.join(', ')}; ${then.kind === 'failed' ? then.message : then.kind} (${gates?.join(', ')})`);
  };
  await tell('somebody else', [say('approve', ada)]);
  await tell('another amount', [
    edit({ to: 'landlord', euros: 0 }),
    edit({ to: 'landlord', euros: 850 }),
    say('approve'),
  ]);
  await tell('an edit that a rule refuses', [edit({ to: 'mallory', euros: 1 })]);
  await tell('no', [say('deny')]);
  await tell('taken back', [say('approve'), say('revoke')]);
  await tell('too late', [say('approve')], () => (laterMs += HOUR_MS));
  await tell('under other rules', [say('approve')], () =>
    host.trust.change((entries) => entries.map((entry) => ({ ...entry, allowedEffects: ['financial', 'network'] }))),
  );
  await host.close();
  return paid;
}

if (import.meta.main) await answers((line) => process.stdout.write(`${line}\n`));
