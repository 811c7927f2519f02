/**
 * The job from wherever it stands to its end: a process that lasts, one that ends, and a run with two effects, an edit, a
 * revocation and a credential. Whatever is asked is answered. Doing it again in another process is going on with it.
 *
 * Not here: the host (`job-host.ts`), what has to hold afterwards (`inspect-door.ts`).
 */
import { parseResourceScope, type GateRow, type Principal, type ProcessId } from '@reborn/host-api';
import type { InvokeOutcome, ResolveGateRequest } from '@reborn/host-runtime';
import type { DriveOutcome, Reborn } from '@reborn/reborn';
import { EDITED_TEXT, EFFECTS, JOB_TOKEN, RIGHT_SECRET, WRONG_SECRET } from './job-host.ts';

export const JOB_SCOPE = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 'job' });
const ada: Principal = { kind: 'user', id: JOB_SCOPE.userId };
/** How long a process has to hear that it is to stop. Units: milliseconds. */
const STOP_MS = 20_000;

export interface JobTerms {
  say(line: string): void;
  pause(ms: number): Promise<void>;
}

/** Errors: those of the store, after which it may be carried out again. */
export async function carryOutJob(host: Reborn, terms: JobTerms): Promise<void> {
  const revoked = new Set<string>();
  const lasting = await begin(host, 'job.lasting', EFFECTS.lasting, revoked);
  const ending = await begin(host, 'job.process', EFFECTS.ending, revoked);
  const end = await drive(host, terms, revoked);
  terms.say(`run ${end.run.status} ${end.run.failure?.kind ?? ''}`);
  for (const [name, processId] of [
    ['ending', ending],
    ['lasting', lasting],
  ] as const) {
    if (processId === undefined) continue;
    if (name === 'lasting') {
      const target = { kind: 'process', processId } as const;
      await host.runtime.cancelWork({ scope: JOB_SCOPE, target, reason: 'user_requested' });
    }
    const waited = await host.processes.await(JOB_SCOPE, processId, { timeoutMs: STOP_MS });
    terms.say(`process ${name} ${waited.kind === 'unknown' ? 'unknown' : waited.process.status}`);
  }
}

/** `undefined` for one that was refused for good, which nobody does here. */
async function begin(host: Reborn, tool: string, n: number, revoked: Set<string>): Promise<ProcessId | undefined> {
  for (;;) {
    const outcome: InvokeOutcome = await host.runtime.spawnCapability({
      context: host.newContext(JOB_SCOPE),
      capabilityId: tool,
      input: { n },
      idempotencyKey: `job-${n}`,
    });
    if (outcome.kind === 'spawned_process') return outcome.processId;
    if (!('gateId' in outcome)) return undefined;
    await answerAll(host, revoked);
  }
}

async function drive(
  host: Reborn,
  { pause }: JobTerms,
  revoked: Set<string>,
): Promise<Extract<DriveOutcome, { kind: 'ended' }>> {
  const turn = { scope: { ...JOB_SCOPE, threadId: 'job' }, actor: ada, text: 'Do the job.', idempotencyKey: 'job' };
  const submitted = await host.turns.submitTurn(turn);
  if (submitted.kind !== 'accepted') throw new Error('the job was not accepted');
  for (;;) {
    const outcome = await host.drive({ scope: JOB_SCOPE, runId: submitted.runId });
    if (outcome.kind === 'ended') return outcome;
    if (outcome.kind === 'parked') await answerAll(host, revoked);
    if (outcome.kind === 'held') await pause(25);
  }
}

async function answerAll(host: Reborn, revoked: Set<string>): Promise<void> {
  for (const gate of await host.openGates(JOB_SCOPE)) {
    const answer = answerTo(gate);
    const { gateId } = gate;
    const about = { tenantId: JOB_SCOPE.tenantId, gateId, approver: ada };
    await host.runtime.resolveGate({ ...about, ...answer });
    if (numberOf(gate) !== EFFECTS.revoked || gate.kind !== 'approval' || revoked.size > 0) continue;
    revoked.add(gateId);
    await host.runtime.resolveGate({ ...about, decision: 'revoke' });
  }
}

function answerTo(gate: GateRow): Pick<ResolveGateRequest, 'decision' | 'input' | 'credentials'> {
  switch (gate.kind) {
    case 'approval': {
      const n = numberOf(gate);
      return n === EFFECTS.edited ? { decision: 'edit', input: { n, text: EDITED_TEXT } } : { decision: 'approve' };
    }
    case 'credentials': {
      const value = gate.asked.includes('credential_refused') ? RIGHT_SECRET : WRONG_SECRET;
      return { decision: 'authenticate', credentials: [{ handle: JOB_TOKEN, value }] };
    }
    case 'budget':
      return { decision: 'approve' };
  }
}

/** Which effect a gate stands before. */
export function numberOf({ input }: Pick<GateRow, 'input'>): number {
  return typeof input === 'object' && input !== null && 'n' in input ? Number(input.n) : 0;
}
