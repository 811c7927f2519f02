/**
 * A program that suspends governed calls, or goes on with one of them: the whole of it, as a host that was started again
 * does. It runs by itself, without its types, so it imports packages alone.
 *
 * Not here: who starts it (`../resuming.ts`).
 */
import { createNodeClock, createNodeDigest, createNodeIds, createNodeTimers } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import {
  createHostTrustPolicy,
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  limiterMachine,
  parseCapabilityGrant,
  parseExtensionId,
  reservationMachine,
} from '@reborn/host-api';
import { createHostRuntime, defineTool, staticGrants, type InvokeRequest } from '@reborn/host-runtime';
import { runMachine } from '@reborn/turns';
import { z } from 'zod';

interface Suspended {
  readonly request: InvokeRequest;
  readonly gateId: string;
}

type Task =
  | { readonly kind: 'suspend'; readonly file: string; readonly count: number }
  /** `answered`: somebody has approved it already. */
  | { readonly kind: 'approve'; readonly file: string; readonly calls: readonly Suspended[] }
  | { readonly kind: 'resume'; readonly file: string; readonly call: Suspended; readonly answered: boolean };

const task = JSON.parse(process.argv[2] ?? 'null') as Task;
const begin = performance.now();
const clock = createNodeClock();
const timers = createNodeTimers();
const ids = createNodeIds();
const store = await sqlite(task.file).open({
  machines: [leaseMachine, gateMachine, idempotencyMachine, limiterMachine, reservationMachine, runMachine],
  clock,
  timers,
});
const runtime = createHostRuntime({
  store,
  clock,
  timers,
  ids,
  digest: createNodeDigest(),
  profile: 'production',
  trust: createHostTrustPolicy([
    {
      packageId: parseExtensionId('notes'),
      source: 'composed',
      trust: 'user_trusted',
      allowedEffects: ['write_filesystem'],
    },
  ]),
  grants: staticGrants([
    parseCapabilityGrant({
      id: ids.uuid(),
      capability: 'notes.write',
      grantee: { kind: 'tenant', id: 'tenant-0' },
      issuedBy: { kind: 'host' },
      allowedEffects: ['write_filesystem'],
    }),
  ]),
  capabilities: [
    defineTool({
      id: 'notes.write',
      description: 'Writes a note.',
      effects: ['write_filesystem'],
      permission: 'ask',
      input: z.strictObject({ text: z.string() }),
      run: ({ text }) => ({ kept: text }),
    }),
  ],
});

switch (task.kind) {
  case 'suspend': {
    const calls: Suspended[] = [];
    for (let made = 0; made < task.count; made += 1) calls.push(await suspend());
    tell({ calls });
    break;
  }
  case 'approve':
    for (const call of task.calls) await approve(call);
    tell({});
    break;
  case 'resume': {
    if (!task.answered) await approve(task.call);
    const { kind } = await runtime.invokeCapability(task.call.request);
    tell({ resumeMs: performance.now() - begin, completed: kind === 'completed' });
    break;
  }
}
await store.close();

async function suspend(): Promise<Suspended> {
  const request = {
    context: {
      invocationId: ids.uuid(),
      correlationId: ids.uuid(),
      scope: { tenantId: 'tenant-0', userId: 'alice', agentId: 'agent', threadId: 'thread-1' },
    },
    capabilityId: 'notes.write',
    input: { text: 'hello' },
  };
  const outcome = await runtime.invokeCapability(request);
  if (outcome.kind !== 'approval_required') throw new Error(`A call came to ${outcome.kind}`);
  return { request, gateId: outcome.gateId };
}

async function approve({ gateId }: Suspended): Promise<void> {
  const approver = { kind: 'user', id: 'alice' } as const;
  const { kind } = await runtime.resolveGate({ tenantId: 'tenant-0', gateId, approver, decision: 'approve' });
  if (kind !== 'resolved') throw new Error(`An approval came to ${kind}`);
}

function tell(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
