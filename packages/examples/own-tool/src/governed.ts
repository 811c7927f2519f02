// What a declaration, a grant and a person each have to say about one tool, and how it is told afterwards.
import { node } from '@reborn/adapter-node';
import { parseCapabilityGrant, parseResourceScope } from '@reborn/host-api';
import { createReborn, inMemory } from '@reborn/reborn';
import { createNoteTools } from './note-tools.ts';

const scopeOf = (userId: string) => parseResourceScope({ tenantId: 'default', userId });
const approver = { kind: 'user', id: 'ada' } as const;

export async function governed(print: (line: string) => void): Promise<void> {
  const platform = node();
  const granted = (capability: string, more: object) =>
    parseCapabilityGrant({ id: platform.ids.uuid(), issuedBy: { kind: 'host' }, capability, ...more });
  const host = await createReborn({
    platform,
    storage: inMemory(),
    extensions: [{ id: 'notes', version: '1.0.0', tools: createNoteTools(new Map([['plan', 'Buy seeds.']])) }],
    grants: [
      granted('notes.read', { grantee: { kind: 'tenant', id: 'default' }, allowedEffects: [] }),
      granted('notes.publish', { grantee: approver, allowedEffects: ['external_write'], maxInvocations: 2 }),
    ],
  });
  for (const userId of ['ada', 'bob']) {
    const { capabilities } = await host.runtime.visibleCapabilities({ scope: scopeOf(userId) });
    print(`${userId} sees ${capabilities.map((it) => `${it.descriptor.id} (${it.access})`).join(', ')}`);
  }
  for (const attempt of ['ada plam', 'ada plan', 'ada plan', 'bob plan']) {
    const [userId = '', name = ''] = attempt.split(' ');
    const scope = scopeOf(userId);
    const call = { context: host.newContext(scope), capabilityId: 'notes.publish', input: { name } };
    let outcome = await host.runtime.invokeCapability(call);
    if (outcome.kind === 'approval_required') {
      const { gateId } = outcome;
      await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId, approver, decision: 'approve' });
      outcome = await host.runtime.invokeCapability(call);
    }
    print(`${userId} publishes ${name}: ${outcome.kind === 'failed' ? outcome.message : outcome.kind}`);
    const told = await host.explain(scope, { invocationId: outcome.invocationId });
    const stages = told?.calls[0]?.stages.filter(({ by }) => by !== undefined) ?? [];
    print(`  ${stages.map(({ by, said }) => `${typeof by === 'object' ? by.kind : by} ${said}`).join(', ')}`);
  }
  await host.close();
}

if (import.meta.main) await governed((line) => process.stdout.write(`${line}\n`));
