/**
 * Minting gates, and putting them away when their question no longer fits.
 *
 * Not here: answering them (`resolve.ts`).
 * Source: rulings, section 2.
 */
import {
  expireGate,
  gateIdSchema,
  openGate,
  supersedeGate,
  suspendEffect,
  type GateRow,
  type Principal,
  type Write,
} from '@reborn/host-api';
import { toAppends } from '@reborn/events';
import type { InvokeOutcome } from '../host-runtime.ts';
import { effectOf, guardOf, recordBase, type Call } from '../invoke/call.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import type { JudgedInvocation } from '../invoke/judge.ts';
import { judgementRecords } from '../invoke/judgement-record.ts';
import { stepOf, type Step } from '../invoke/step.ts';

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
  const asks = {
    ...recordBase(dependencies, call),
    kind: 'approval_requested' as const,
    by: receipt.requestedBy,
    gateId,
    inputDigest,
    asked: [...asked],
  };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...closing,
    suspendEffect(call.effectKey, effectOf(call), gateId),
    openGate({ gateId, kind: 'approval', asked: [...asked], input, receipt, effectKey: call.effectKey }),
    ...judged.writes,
    ...toAppends([...judged.records, ...judgementRecords(dependencies, call, judged, 'asked'), asks]),
  ]);
  return stepOf(call, committed, { kind: 'approval_required', capabilityId, invocationId, gateId, asked });
}

/** Writes that close a gate and say so; they join the unit that goes on without it. */
export function closeGate(
  dependencies: RuntimeDependencies,
  call: Call,
  gate: GateRow,
  how: 'expired' | 'superseded',
): readonly Write[] {
  const { gateId, receipt } = gate;
  const { inputDigest } = receipt;
  const closed = { ...recordBase(dependencies, call), kind: 'approval_closed' as const, gateId, inputDigest, how };
  return [how === 'expired' ? expireGate(gateId) : supersedeGate(gateId), ...toAppends([closed])];
}

function requesterOf(call: Call): Principal {
  const { agentId, userId } = call.context.scope;
  return agentId === undefined ? { kind: 'user', id: userId } : { kind: 'agent', id: agentId };
}
