// A package in a folder: looked at, trusted for one content, called, and left out as soon as that content changes.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extensionFolder, node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { parseResourceScope } from '@reborn/host-api';
import { createReborn, inspectReborn } from '@reborn/reborn';

const scope = parseResourceScope({ tenantId: 'default', userId: 'ada' });

export async function main(print: (line: string) => void): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'own-extension-'));
  const folder = join(home, 'words');
  await cp(join(import.meta.dirname, '../words'), folder, { recursive: true });
  const parts = { platform: node(), storage: sqlite(join(home, 'agent.db')) };

  // Nothing is run of a package that nobody trusts; this is how its operator learns what it is.
  const [found] = (await inspectReborn({ ...parts, extensions: [extensionFolder(folder)] })).extensions;
  print(`${found?.id} offers ${found?.capabilities.join(', ')}: ${found?.quarantine?.code}`);

  // The decision: this content, and these effects at most.
  const words = extensionFolder(folder, {
    trust: 'user_trusted',
    allowedEffects: ['execute_code'],
    digest: found?.digest,
  });
  const host = await createReborn({ ...parts, extensions: [words] });
  const input = { text: 'To be, or not to be,\nthat is the question' };
  const call = { context: host.newContext(scope), capabilityId: 'words.count', input };
  const asked = await host.runtime.invokeCapability(call);
  print(asked.kind);
  if (asked.kind !== 'approval_required') return;
  const approver = { kind: 'user', id: scope.userId } as const;
  await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId: asked.gateId, approver, decision: 'approve' });
  const counted = await host.runtime.invokeCapability(call);
  print(counted.kind === 'completed' ? JSON.stringify(counted.output) : JSON.stringify(counted));
  await host.close();

  // One byte more, and it is not what was trusted.
  await writeFile(join(folder, 'count.mjs'), '\n', { flag: 'a' });
  const [changed] = (await inspectReborn({ ...parts, extensions: [words] })).extensions;
  print(`changed: ${changed?.quarantine?.code}`);
  await rm(home, { recursive: true });
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
