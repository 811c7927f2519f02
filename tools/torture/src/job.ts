// The job that is killed: one turn with reads, four effects behind approvals, a gate and an event hook. Started again on
// the same file it goes on from wherever it stood. Prints `ack <family>/<eventId>`, `commits <n>` and `end <status>`.
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { capabilityIdSchema, parseResourceScope, type Principal } from '@reborn/host-api';
import type { HookSpec } from '@reborn/hooks';
import { defineTool } from '@reborn/host-runtime';
import { createReborn, type HostExtension } from '@reborn/reborn';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';
import { killingStorage } from './killing-storage.ts';

const settingsSchema = z.strictObject({
  file: z.string(),
  port: z.int(),
  round: z.string(),
  killCommit: z.int(),
  killMoment: z.enum(['before', 'after']),
  /** Kill inside the effect with this number: before it is told to the recorder, or after. */
  killEffect: z.int(),
  leaseMs: z.int(),
  /**
   * Stop the process (SIGSTOP) inside the first effect. It does so itself, between two commits: a process that is stopped
   * inside one holds the database's lock, and nobody else can write until it goes on.
   */
  stopInEffect: z.boolean(),
});
export type JobSettings = z.infer<typeof settingsSchema>;

const STEPS: readonly (readonly { readonly tool: string; readonly input: { readonly n: number } }[])[] = [
  [{ tool: 'job.look', input: { n: 0 } }],
  [
    { tool: 'job.effect', input: { n: 1 } },
    { tool: 'job.effect', input: { n: 2 } },
  ],
  [{ tool: 'job.effect', input: { n: 3 } }],
  [
    { tool: 'job.look', input: { n: 9 } },
    { tool: 'job.effect', input: { n: 4 } },
  ],
];

/** Stateless: where it is follows from the conversation, as with any model. */
const model: ModelProvider = {
  label: 'job',
  complete: async ({ messages }) => {
    const at = messages.filter((message) => message.role === 'assistant').length;
    const calls = (STEPS[at] ?? []).map(({ tool, input }, index) => ({
      callId: `${at}-${index}`,
      capabilityId: capabilityIdSchema.parse(tool),
      input,
    }));
    return { kind: 'reply', text: calls.length === 0 ? 'The job is done.' : '', calls };
  },
};

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const platform = node();
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
let commits = 0;

await main();

async function main(): Promise<void> {
  const point = { commit: settings.killCommit, moment: settings.killMoment };
  const acknowledged = (eventIds: readonly string[]): void => {
    commits += 1;
    for (const eventId of eventIds) say(`ack ${eventId}`);
  };
  const storage = killingStorage(sqlite(settings.file), point, { acknowledged, kill });
  const { leaseMs } = settings;
  const host = await createReborn({ platform, storage, model, extensions: [extension()], profile: 'test', leaseMs });
  const scope = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 'job' });
  const ada: Principal = { kind: 'user', id: scope.userId };
  const turn = { scope: { ...scope, threadId: 'job' }, actor: ada, text: 'Do the job.', idempotencyKey: 'job' };
  const submitted = await host.turns.submitTurn(turn);
  if (submitted.kind !== 'accepted') throw new Error('the job was not accepted');
  const target = { scope, runId: submitted.runId };
  for (;;) {
    const outcome = await host.drive(target);
    if (outcome.kind === 'ended') {
      say(`run ${outcome.run.status} ${outcome.run.failure?.kind ?? ''}`);
      break;
    }
    if (outcome.kind === 'parked') {
      for (const gate of await host.openGates(scope)) {
        await host.runtime.resolveGate({
          tenantId: scope.tenantId,
          gateId: gate.gateId,
          approver: ada,
          decision: 'approve',
        });
      }
    }
    if (outcome.kind === 'held') await pause(25);
  }
  await host.settle();
  await host.close();
  say(`commits ${commits}`);
  say('end');
}

function extension(): HostExtension {
  const inputSchema = z.strictObject({ n: z.int().nonnegative() });
  const look = defineTool({
    id: 'job.look',
    description: 'Looks.',
    input: inputSchema,
    effects: ['read_filesystem'],
    run: ({ n }) => ({ n }),
  });
  const effect = defineTool({
    id: 'job.effect',
    description: 'Does something that must not be done twice.',
    input: inputSchema,
    effects: ['external_write'],
    run: async ({ n }) => {
      if (settings.killEffect === n && settings.killMoment === 'before') kill();
      if (settings.stopInEffect && n === 1) {
        say('stopping');
        process.kill(process.pid, 'SIGSTOP');
        await pause(1);
      }
      await tell(`${settings.round} ${n}`);
      if (settings.killEffect === n && settings.killMoment === 'after') kill();
      return { done: n };
    },
  });
  return { id: 'job', version: '1.0.0', tools: [look, effect], hooks: hooks() };
}

function hooks(): readonly HookSpec[] {
  return [
    { id: 'watch', version: 1, point: 'before_capability', body: (_call, mint) => mint.observe() },
    {
      id: 'report',
      version: 1,
      point: 'event_triggered',
      kinds: ['dispatch_succeeded', 'dispatch_failed', 'run_completed'],
      body: (event, delivery) => {
        delivery.note(event.kind);
      },
    },
  ];
}

function tell(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(settings.port, '127.0.0.1', () => socket.write(`${line}\n`));
    socket.on('data', () => resolve());
    socket.on('error', reject);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    platform.timers.schedule(ms, resolve);
  });
}
