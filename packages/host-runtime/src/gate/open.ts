/**
 * Minting gates: the question is durable before anybody hears of it.
 *
 * Not here: which question (`../invoke/decide.ts`), answering (`resolve.ts`), putting gates away (`close.ts`).
 * Source: rulings, section 2, step 8.
 */
import {
  consumeGate,
  gateIdSchema,
  openGate,
  reopenEffect,
  suspendEffect,
  type CommitOutcome,
  type GateId,
  type GateRow,
  type Principal,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import type { InvokeOutcome } from '../host-runtime.ts';
import { beginning, beginningRecords, type Before, type Going } from '../invoke/announce.ts';
import { effectOf, guardOf, recordBase, type Call } from '../invoke/call.ts';
import type { Question } from '../invoke/decide.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import type { Equipment } from '../invoke/equip.ts';
import type { JudgedInvocation } from '../invoke/judge.ts';
import { judgementRecords } from '../invoke/judgement-record.ts';
import { closingRecords, usageOf } from '../invoke/settle.ts';
import { stepOf, type Step } from '../invoke/step.ts';
import { tellPolicy } from '../invoke/tell-policy.ts';
import { commitSurely } from '../invoke/write-result.ts';

/** The call waits before its effect. An answer that brought it here is used up; the new gate remembers what it said. */
export async function suspend(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  question: Question,
  before: Before,
): Promise<Step<InvokeOutcome>> {
  const settled = judgementRecords(dependencies, call, judged, 'asked');
  const { gateId, records, writes, outcome } = mint(dependencies, call, judged, question);
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...before.closing,
    ...(before.gate === undefined ? [] : [consumeGate(before.gate.gateId, judged)]),
    suspendEffect(call.effectKey, effectOf(call), gateId),
    ...writes,
    ...judged.writes,
    ...toAppends([...judged.records, ...settled, ...records]),
  ]);
  return opened(dependencies, call, question, gateId, stepOf(call, committed, outcome));
}

/** A call whose capability was carried out, without effect, as far as a demand for credentials. */
export interface Demanding extends Going {
  readonly attempt: number;
  readonly equipment: Equipment;
  /** Units: milliseconds. */
  readonly durationMs: number;
}

/**
 * The call waits after an attempt that came to nothing: the attempt is closed, and everything held for it given back, but
 * what was sent was used. That nothing happened is known here and nowhere else.
 */
export async function suspendAfter(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  question: Question,
  going: Demanding,
): Promise<Step<InvokeOutcome>> {
  const { attempt, equipment } = going;
  const reads = attempt === 0;
  // In the order in which it is told: their times stand in it.
  const begun = reads ? beginningRecords(dependencies, call, judged, going, equipment.lentCount) : [];
  const end = endOfHold(dependencies, call, judged, going);
  const ended = [...attemptRecords(dependencies, call, attempt), ...(reads ? [] : end.records)];
  const { gateId, records, writes, outcome } = mint(dependencies, call, judged, question);
  const unit = [
    ...guardOf(call),
    ...(reads ? going.closing : [reopenEffect(call.effectKey, effectOf(call), attempt)]),
    ...(reads ? beginning(judged, going) : []),
    suspendEffect(call.effectKey, effectOf(call, reads ? call.attempts : attempt), gateId),
    ...end.writes,
    ...writes,
    ...toAppends([...begun, ...equipment.facts(), ...ended, ...records]),
  ];
  const commit = (): Promise<CommitOutcome> => dependencies.store.commit(unit);
  const committed = await (reads ? commit() : commitSurely(dependencies, commit));
  return opened(dependencies, call, question, gateId, stepOf(call, committed, outcome));
}

/** What a caller hears of a gate that stands already. */
export function waitingOutcome(call: Call, gate: GateRow): InvokeOutcome {
  const { gateId, kind, asked, block, credentials = [] } = gate;
  return toOutcome(call, gateId, { gateKind: kind, asked, granted: [], credentials, block });
}

function mint(dependencies: RuntimeDependencies, call: Call, judged: JudgedInvocation, question: Question) {
  const gateId = gateIdSchema.parse(dependencies.ids.uuid());
  const { inputDigest, authorityDigest, input, estimate } = judged;
  const { gateKind, asked, granted, credentials, block } = question;
  const { scope, correlationId, run } = call.context;
  const { capabilityId, invocationId } = call;
  const receipt = {
    requestedBy: requesterOf(call),
    scope,
    invocationId,
    correlationId,
    capabilityId,
    inputDigest,
    authorityDigest,
    expiresAtMs: dependencies.clock.nowMs() + dependencies.gateTtlMs,
    ...(run === undefined ? {} : { runId: run.runId }),
  };
  const gate = {
    gateId,
    kind: gateKind,
    asked: [...asked],
    ...(granted.length === 0 ? {} : { granted: [...granted] }),
    ...(credentials.length === 0 ? {} : { credentials: [...credentials] }),
    ...(block === undefined ? {} : { block: { ...block, estimate } }),
    input,
    receipt,
    effectKey: call.effectKey,
  };
  const asks: LogRecord = {
    ...recordBase(dependencies, call),
    kind: 'approval_requested',
    by: receipt.requestedBy,
    gateId,
    gateKind,
    inputDigest,
    asked: [...asked],
  };
  const writes: readonly Write[] = [openGate(gate)];
  return { gateId, writes, records: [asks], outcome: toOutcome(call, gateId, { ...question, block: gate.block }) };
}

function opened(
  dependencies: RuntimeDependencies,
  call: Call,
  { gateKind }: Question,
  gateId: GateId,
  step: Step<InvokeOutcome>,
): Step<InvokeOutcome> {
  const fact = { kind: 'gate_opened', gateId, gateKind } as const;
  if (step.kind === 'done') tellPolicy(dependencies, call.context, call.capabilityId, fact);
  return step;
}

function attemptRecords(dependencies: RuntimeDependencies, call: Call, attempt: number): readonly LogRecord[] {
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  const about = { effect: 'none', errorKind: 'credential_refused' } as const;
  return [
    { ...base(), kind: 'dispatch_failed', ...about },
    { ...base(), kind: 'effect_settled', attempt, outcome: 'failed', ...about },
  ];
}

/** The end of what was held for an attempt without effect. */
function endOfHold(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  { hold, attempt, equipment, durationMs }: Demanding,
): { readonly writes: readonly Write[]; readonly records: readonly LogRecord[] } {
  if (hold === undefined) return { writes: [], records: [] };
  if (equipment.egressBytes() > 0) {
    const used = usageOf(call, judged, equipment, { durationMs, effect: 'none' });
    return { writes: hold.reconcile(used), records: closingRecords(dependencies, call, attempt, hold, used) };
  }
  const released = { ...recordBase(dependencies, call), kind: 'resources_closed', attempt, how: 'released' } as const;
  return { writes: hold.release(), records: [released] };
}

function toOutcome(
  call: Call,
  gateId: GateId,
  { gateKind, asked, credentials, block }: Omit<Question, 'block'> & Pick<GateRow, 'block'>,
): InvokeOutcome {
  const { capabilityId, invocationId } = call;
  const about = { capabilityId, invocationId, gateId };
  switch (gateKind) {
    case 'approval':
      return { kind: 'approval_required', ...about, asked };
    case 'credentials':
      return { kind: 'auth_required', ...about, requiredSecrets: credentials.length };
    case 'budget': {
      const { reason, dimension, estimate } = block ?? UNKNOWN_BLOCK;
      return { kind: 'resource_blocked', ...about, reason, dimension, estimate };
    }
  }
}

const UNKNOWN_BLOCK = { reason: 'exhausted', dimension: 'calls', estimate: {} } as const;

function requesterOf(call: Call): Principal {
  const { agentId, userId } = call.context.scope;
  return agentId === undefined ? { kind: 'user', id: userId } : { kind: 'agent', id: agentId };
}
