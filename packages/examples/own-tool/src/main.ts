// Runs the tool through the door: good input, then input that it does not take.
import { node } from '@reborn/adapter-node';
import { parseResourceScope } from '@reborn/host-api';
import { createReborn, inMemory } from '@reborn/reborn';
import { slugifyTool } from './slugify.ts';

export async function main(print: (line: string) => void): Promise<void> {
  const text = { id: 'text', version: '1.0.0', tools: [slugifyTool] };
  const host = await createReborn({ platform: node(), storage: inMemory(), extensions: [text], profile: 'test' });
  const scope = parseResourceScope({ tenantId: 'default', userId: 'me' });
  for (const input of [{ title: 'Minutes of the 3rd meeting' }, { titel: 'a slip of the pen' }]) {
    const context = host.newContext(scope);
    const outcome = await host.runtime.invokeCapability({ context, capabilityId: 'text.slugify', input });
    print(JSON.stringify(outcome.kind === 'completed' ? outcome.output : outcome, undefined, 2));
  }
  await host.close();
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
