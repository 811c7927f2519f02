/**
 * Steps 7 to 10: the units of work around one effect. What is announced is durable before it happens, and its result is
 * durable before anybody hears of it.
 *
 * Not here: deciding (`judge.ts`), executing (`dispatch.ts`).
 */
import {
  consumeGate,
  digestOf,
  intendEffect,
  isReadOnly,
  reopenEffect,
  settleEffect,
  supersedeGate,
  suspendEffect,
  gateIdSchema,
  idempotencyRowSchema,
  openGate,
  type CommitOutcome,
  type GateRow,
  type Principal,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { HostRuntimeError } from '../errors.ts';
import type { Effect } from '../failure.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { SETTLE_GRACE_MS } from '../limits.ts';
import { effectOf, failedOutcome, guardOf, leaseOf, recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { DispatchResult } from './dispatch.ts';
import type { JudgedInvocation } from './judge.ts';
import { toStoredOutcome, type FinalOutcome } from './stored-outcome.ts';

/** `contended`: somebody else moved a record of this call; begin again from what is known. */
export type Step<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'contended' };

/** Step 8: the question is durable before anybody hears of it. */
export async function suspendForApproval(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  closing: readonly Write[],
): Promise<Step<InvokeOutcome>> {
  const gateId = gateIdSchema.parse(dependencies.ids.uuid());
  const { inputDigest, authorityDigest, asked, input } = judged;
  const { scope, correlationId, run } = call.context;
  const { capabilityId, invocationId } = call;
  const expiresAtMs = dependencies.clock.nowMs() + dependencies.gateTtlMs;
  const requestedBy: Principal = scope.agentId === undefined ? { kind: 'user', id: scope.userId } : { kind: 'agent', id: scope.agentId };
  const receipt = {
    requestedBy,
    scope,
    invocationId,
    correlationId,
    capabilityId,
    inputDigest,
    authorityDigest,
    expiresAtMs,
    ...(run === undefined ? {} : { runId: run.runId }),
  };
  const asks = { ...recordBase(dependencies, call), kind: 'approval_requested' as const, gateId, inputDigest, asked: [...asked] };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...closing,
    suspendEffect(call.effectKey, effectOf(call), gateId),
    openGate({ gateId, kind: 'approval', asked: [...asked], input, receipt, effectKey: call.effectKey }),
    ...judged.writes,
    ...toAppends([...judged.records, asks]),
  ]);
  return stepOf(committed, { kind: 'approval_required', capabilityId, invocationId, gateId, asked });
}

/** Records a refusal. Nothing is stored under the key: the policy may say something else next time. */
export async function recordDenial(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  closing: readonly Write[],
): Promise<Step<InvokeOutcome>> {
  const { verdict } = judged;
  const code = verdict.kind === 'allow' ? 'policy_denied' : verdict.code;
  const denied = { ...recordBase(dependencies, call), kind: 'call_denied' as const, by: verdict.by, code };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...closing,
    ...judged.writes,
    ...toAppends([...judged.records, denied]),
  ]);
  return stepOf(committed, failedOutcome(call, 'denied', 'none', `The call is not permitted (${code}).`));
}

/** Records a call that never came to a judgement: its capability or its input is wrong. */
export async function recordRefusedCall(
  dependencies: RuntimeDependencies,
  call: Call,
  outcome: Extract<InvokeOutcome, { kind: 'failed' }>,
): Promise<Step<InvokeOutcome>> {
  const about = { errorKind: outcome.failureKind, effect: 'none' as const };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...toAppends([{ ...recordBase(dependencies, call), kind: 'dispatch_failed', ...about }]),
  ]);
  return stepOf(committed, outcome);
}

/** The answer of the person who was asked is final. */
export async function settleDeclined(dependencies: RuntimeDependencies, call: Call, gate: GateRow): Promise<Step<InvokeOutcome>> {
  const outcome = failedOutcome(call, 'approval_denied');
  const denied = {
    ...recordBase(dependencies, call),
    kind: 'call_denied' as const,
    by: `gate:${gate.gateId}`,
    code: 'approval_denied',
  };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    settleEffect(call.effectKey, effectOf(call), 0, toStoredOutcome(outcome)),
    ...toAppends([denied]),
  ]);
  return stepOf(committed, outcome);
}

/** Step 10, first half: the intent. The value is the number of the attempt; 0 for a call that only reads. */
export async function announce(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  approved: GateRow | undefined,
  closing: readonly Write[],
): Promise<Step<number>> {
  const { descriptor } = judged.handler;
  if (isReadOnly(descriptor.effects)) return { kind: 'done', value: 0 };
  const lease = leaseOf(call);
  const settleByMs = dependencies.clock.nowMs() + descriptor.deadlineMs + SETTLE_GRACE_MS;
  const intend = intendEffect(call.effectKey, effectOf(call), { settleByMs, ...(lease === undefined ? {} : { lease }) });
  const guard = [...guardOf(call), ...closing];
  const committed = await dependencies.store.commit([
    ...guard,
    intend,
    ...consumption(judged, approved),
    ...judged.writes,
    ...toAppends([...judged.records, requestedRecord(dependencies, call), intendedRecord(dependencies, call, judged, approved)]),
  ]);
  const step = stepOf(committed, undefined);
  if (step.kind === 'contended' || committed.kind === 'conflict') return { kind: 'contended' };
  const receipt = committed.receipts[guard.length];
  const row = idempotencyRowSchema.parse(receipt?.kind === 'record' ? receipt.row : undefined);
  return { kind: 'done', value: row.attempt };
}

/** Step 10, second half: the result. A call that only reads writes its decisions here too. */
export async function settle(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  attempt: number,
  result: DispatchResult,
  before: { readonly approved: GateRow | undefined; readonly closing: readonly Write[] },
): Promise<Step<InvokeOutcome>> {
  const outcome = toOutcome(call, result);
  const reads = attempt === 0;
  const effect: Effect = outcome.kind === 'completed' ? (reads ? 'none' : 'happened') : outcome.effect;
  const preface = reads
    ? [...before.closing, ...consumption(judged, before.approved), ...judged.writes]
    : [];
  const said = reads ? [...judged.records, requestedRecord(dependencies, call)] : [];
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...move(call, attempt, outcome, effect),
    ...preface,
    ...toAppends([...said, ...resultRecords(dependencies, call, attempt, result, effect)]),
  ]);
  return stepOf(committed, outcome);
}

/** What the result does to the record of the effect: final outcomes are stored, others leave the way open. */
function move(call: Call, attempt: number, outcome: FinalOutcome, effect: Effect): readonly Write[] {
  const final = outcome.kind === 'completed' || effect !== 'none';
  if (final) return [settleEffect(call.effectKey, effectOf(call), attempt, toStoredOutcome(outcome))];
  return attempt === 0 ? [] : [reopenEffect(call.effectKey, effectOf(call), attempt)];
}

function consumption(judged: JudgedInvocation, approved: GateRow | undefined): readonly Write[] {
  return approved === undefined ? [] : [consumeGate(approved.gateId, judged)];
}

function requestedRecord(dependencies: RuntimeDependencies, call: Call): LogRecord {
  return { ...recordBase(dependencies, call), kind: 'dispatch_requested', attempt: call.attempts + 1 };
}

function intendedRecord(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  approved: GateRow | undefined,
): LogRecord {
  const { inputDigest, authorityDigest } = judged;
  const gate = approved === undefined ? {} : { gateId: approved.gateId };
  const attempt = call.attempts + 1;
  return { ...recordBase(dependencies, call), kind: 'effect_intended', attempt, inputDigest, authorityDigest, ...gate };
}

function resultRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  attempt: number,
  result: DispatchResult,
  effect: Effect,
): readonly LogRecord[] {
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  if (result.kind === 'failed') {
    const errorKind = result.code;
    return [
      { ...base(), kind: 'dispatch_failed', errorKind, effect },
      { ...base(), kind: 'effect_settled', attempt, outcome: 'failed', effect, errorKind },
    ];
  }
  const { outputBytes } = result;
  const outputDigest = digestOf(result.output, dependencies.digest);
  return [
    { ...base(), kind: 'dispatch_succeeded', outputBytes },
    { ...base(), kind: 'effect_settled', attempt, outcome: 'completed', effect, outputDigest, outputBytes },
  ];
}

function toOutcome(call: Call, result: DispatchResult): FinalOutcome {
  const { capabilityId, invocationId } = call;
  if (result.kind === 'completed') {
    return { kind: 'completed', capabilityId, invocationId, output: result.output, outputBytes: result.outputBytes };
  }
  return failedOutcome(call, result.failureKind, result.effect, result.message);
}

/** Closes a gate whose question no longer fits, together with what is written next. */
export function closeSuperseded(dependencies: RuntimeDependencies, call: Call, gate: GateRow): readonly Write[] {
  const { gateId, receipt } = gate;
  const closed = {
    ...recordBase(dependencies, call),
    kind: 'approval_closed' as const,
    gateId,
    inputDigest: receipt.inputDigest,
    how: 'superseded' as const,
  };
  return [supersedeGate(gateId), ...toAppends([closed])];
}

function stepOf<T>(committed: CommitOutcome, value: T): Step<T> {
  if (committed.kind === 'committed') return { kind: 'done', value };
  if (committed.machine === 'lease') throw new HostRuntimeError('host-runtime/lease_lost');
  return { kind: 'contended' };
}
