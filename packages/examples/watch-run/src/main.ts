// A run that has to ask, and somebody who watches it from the first fact to the last.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { capabilityIdSchema, parseResourceScope, parseThreadId, type Principal } from '@reborn/host-api';
import { defineTool } from '@reborn/host-runtime';
import { createReborn } from '@reborn/reborn';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';
import { watchRun } from './watch-run.ts';

/** It writes one note, and then says that it has. */
const model: ModelProvider = {
  label: 'secretary',
  complete: async ({ messages }) => {
    if (messages.at(-1)?.role === 'tool') return { kind: 'reply', text: 'Noted.', calls: [] };
    const call = { callId: 'note', capabilityId: capabilityIdSchema.parse('notes.write'), input: { text: 'tea' } };
    return { kind: 'reply', text: '', calls: [call] };
  },
};

export async function main(print: (line: string) => void): Promise<string | undefined> {
  const write = defineTool({
    id: 'notes.write',
    description: 'Writes a note.',
    input: z.strictObject({ text: z.string().max(100) }),
    effects: ['write_filesystem'],
    run: ({ text }) => ({ noted: text }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'watch-run-'));
  const storage = sqlite(join(folder, 'agent.db'));
  const notes = { id: 'notes', version: '1.0.0', tools: [write] };
  const host = await createReborn({ platform: node(), storage, model, extensions: [notes] });
  const scope = { ...parseResourceScope({ tenantId: 'default', userId: 'ada' }), threadId: parseThreadId('notes') };
  const ada: Principal = { kind: 'user', id: scope.userId };
  const turn = await host.turns.submitTurn({ scope, actor: ada, text: 'Note that we need tea.' });
  if (turn.kind !== 'accepted') throw new Error('The thread is busy');
  const target = { scope, runId: turn.runId };
  const watched = watchRun(host, target, print);
  await host.drive(target);
  const [gate] = await host.openGates(scope);
  if (gate === undefined) throw new Error('Nobody was asked');
  const { gateId } = gate;
  await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId, approver: ada, decision: 'approve' });
  await host.drive(target);
  const end = await watched;
  print(`The run is over: ${end ?? 'nobody knows'}`);
  await host.close();
  await rm(folder, { recursive: true });
  return end;
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
