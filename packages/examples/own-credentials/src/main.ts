// One call from "there is no token" to "done": its owner is asked for the token, for an approval, for a better token.
import { randomBytes } from 'node:crypto';
import { createNodeCipher, createNodeNetwork, node } from '@reborn/adapter-node';
import { LOG_FAMILIES, readScopeFor } from '@reborn/events';
import { parseCapabilityGrant, parseResourceScope } from '@reborn/host-api';
import { createReborn, inMemory } from '@reborn/reborn';
import { startForge } from './forge-server.ts';
import { createForgeTool } from './forge-tool.ts';

const [stale, fresh] = ['stale-battery-staple', 'correct-horse-battery'] as const;
const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });
const ada = { kind: 'user', id: scope.userId } as const;
const authenticate = 'authenticate' as const;
const give = (value: string) => ({ decision: authenticate, credentials: [{ handle: 'forge.token', value }] });

export async function main(print: (line: string) => void): Promise<void> {
  const forge = await startForge(fresh);
  const target = { scheme: 'http', host: '127.0.0.1', port: forge.port } as const;
  const tool = createForgeTool(forge.url, target);
  const platform = node();
  const grant = parseCapabilityGrant({
    id: platform.ids.uuid(),
    capability: 'forge.open_issue',
    grantee: ada,
    issuedBy: { kind: 'host' },
    allowedEffects: tool.descriptor.effects,
    secrets: ['forge.token'],
    // This machine is a private address: only a grant opens one.
    targets: [{ ...target, private: true }],
  });
  // A key for this demonstration; a host that lasts takes its own from `cipherFromFile` or `cipherFromEnvironment`.
  const secrets = { cipher: createNodeCipher({ key: randomBytes(32) }) };
  const extensions = [{ id: 'forge', version: '1.0.0', tools: [tool] }];
  const parts = { platform, storage: inMemory(), network: createNodeNetwork(), secrets, extensions, grants: [grant] };
  const host = await createReborn(parts);
  const call = { context: host.newContext(scope), capabilityId: 'forge.open_issue', input: { title: 'It rains in' } };
  for (const answer of [give(stale), { decision: 'approve' } as const, give(fresh)]) {
    const waiting = await host.runtime.invokeCapability(call);
    print(waiting.kind);
    if (!('gateId' in waiting)) break;
    await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId: waiting.gateId, approver: ada, ...answer });
  }
  const done = await host.runtime.invokeCapability(call);
  print(done.kind === 'completed' ? JSON.stringify(done.output) : done.kind);
  print(`the forge was sent: ${forge.seen.join(', ')}`);
  for (const family of LOG_FAMILIES) {
    const page = JSON.stringify(await host.log.read({ family, scope: readScopeFor(scope), limit: 1000 }));
    print(`${family}: ${page.includes(stale) || page.includes(fresh) ? 'a token' : 'no token'}`);
  }
  await host.close();
  forge.close();
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
