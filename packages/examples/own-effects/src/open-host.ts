// A host that asks nobody: what is granted here is done. Its file outlives it.
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseCapabilityGrant, parseResourceScope } from '@reborn/host-api';
import type { InvokeOutcome } from '@reborn/host-runtime';
import { createReborn, type Reborn } from '@reborn/reborn';
import { createMailTool } from './mail-tool.ts';

export const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });

/** `laterMs`: how much later it is by the clock of this host. */
export async function openHost(folder: string, laterMs = 0): Promise<Reborn> {
  const platform = node();
  return createReborn({
    platform: { ...platform, clock: { nowMs: () => platform.clock.nowMs() + laterMs } },
    storage: sqlite(join(folder, 'agent.db')),
    profile: 'production',
    extensions: [{ id: 'mail', version: '1.0.0', tools: [createMailTool(join(folder, 'outbox'))] }],
    grants: [
      parseCapabilityGrant({
        id: platform.ids.uuid(),
        capability: 'mail.send',
        grantee: { kind: 'user', id: 'ada' },
        issuedBy: { kind: 'host' },
        allowedEffects: ['external_write', 'spawn_process'],
      }),
    ],
  });
}

/** One call under a key: the same key is the same effect, however often it is asked for. */
export function send(host: Reborn, to: string, idempotencyKey: string): Promise<InvokeOutcome> {
  const context = host.newContext(scope);
  return host.runtime.invokeCapability({ context, capabilityId: 'mail.send', input: { to }, idempotencyKey });
}
