/**
 * The order of one governed call, the same for every caller.
 *
 * Not here: the stages themselves (the files beside this one), answering gates (`../gate/resolve.ts`).
 * Source: rulings, section 2.
 */
import type { GateRow, Write } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import { failedOutcome, startCall, type Call, type ParsedInvoke } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { dispatch } from './dispatch.ts';
import { sealPlan } from './dispatch-plan.ts';
import { join } from './join.ts';
import { judge, type JudgedInvocation } from './judge.ts';
import { findPrior } from './prior.ts';
import {
  announce,
  closeSuperseded,
  recordDenial,
  recordRefusedCall,
  settle,
  settleDeclined,
  suspendForApproval,
  type Step,
} from './settle.ts';

/** Runs one parsed call to its outcome. Errors: those of `HostRuntime.invokeCapability`. */
export async function runPipeline(
  dependencies: RuntimeDependencies,
  request: ParsedInvoke,
  signal: AbortSignal,
): Promise<InvokeOutcome> {
  const started = startCall(dependencies, request);
  for (let contentions = 0; contentions < CONTENTION_RETRIES_MAX; ) {
    const prior = await findPrior(dependencies, started);
    switch (prior.kind) {
      case 'settled':
        return prior.outcome;
      case 'waiting':
        return waitingOutcome(prior.call, prior.gate);
      case 'under_way': {
        const joined = await join(dependencies, prior.call, prior.row, signal);
        if (joined.kind === 'outcome') return joined.outcome;
        continue;
      }
      case 'declined': {
        const step = await settleDeclined(dependencies, prior.call, prior.gate);
        if (step.kind === 'done') return step.value;
        break;
      }
      case 'fresh':
      case 'approved': {
        const gate = prior.kind === 'approved' ? prior.gate : undefined;
        const closing = prior.kind === 'fresh' ? prior.closing : [];
        const step = await proceed(dependencies, prior.call, { gate, closing }, signal);
        if (step.kind === 'done') return step.value;
        break;
      }
    }
    contentions += 1;
  }
  throw new HostRuntimeError('host-runtime/unavailable', { detail: { field: 'request', rule: 'was contended too often' } });
}

interface Before {
  readonly gate: GateRow | undefined;
  readonly closing: readonly Write[];
}

async function proceed(
  dependencies: RuntimeDependencies,
  call: Call,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const outcome = await judge(dependencies, call, before.gate, signal);
  switch (outcome.kind) {
    case 'unknown_capability':
      return recordRefusedCall(dependencies, call, failedOutcome(call, 'unknown_capability'));
    case 'invalid_input': {
      const message = `The input does not have the form that the capability takes: ${outcome.field} ${outcome.rule}.`;
      return recordRefusedCall(dependencies, call, failedOutcome(call, 'invalid_input', 'none', message));
    }
    case 'judged':
      return act(dependencies, call, outcome.judged, before, signal);
  }
}

async function act(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const { verdict } = judged;
  const approved = before.gate !== undefined && isSatisfied(judged, before.gate) ? before.gate : undefined;
  const goesOn = before.gate === undefined || (approved !== undefined && verdict.kind !== 'deny' && verdict.kind !== 'auth');
  const outdated = before.gate === undefined || goesOn ? [] : closeSuperseded(dependencies, call, before.gate);
  const closing = [...before.closing, ...outdated];
  switch (verdict.kind) {
    case 'deny':
    // Nothing mints credential gates yet, so a demand for credentials refuses.
    case 'auth':
      return recordDenial(dependencies, call, judged, closing);
    case 'approval':
      if (approved === undefined) return suspendForApproval(dependencies, call, judged, closing);
      return execute(dependencies, call, judged, { gate: approved, closing }, signal);
    case 'allow':
      return execute(dependencies, call, judged, { gate: approved, closing }, signal);
  }
}

async function execute(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const announced = await announce(dependencies, call, judged, before.gate, before.closing);
  if (announced.kind === 'contended') return announced;
  const { scope } = call.context;
  const { timers } = dependencies;
  const plan = sealPlan(judged.handler, judged.input);
  const result = await dispatch(plan, { scope, invocationId: call.invocationId, signal, timers });
  const settled = await settle(dependencies, call, judged, announced.value, result, { approved: before.gate, closing: before.closing });
  // A read that lost a race is judged and made again; an effect that cannot be settled was given up by somebody else.
  if (settled.kind === 'done' || announced.value === 0) return settled;
  return { kind: 'contended' };
}

/** True when the answer was given to exactly this question: same input, same authority, nobody new who asks. */
function isSatisfied(judged: JudgedInvocation, gate: GateRow): boolean {
  return (
    gate.receipt.inputDigest === judged.inputDigest &&
    gate.receipt.authorityDigest === judged.authorityDigest &&
    judged.asked.every((code) => gate.asked.includes(code))
  );
}

function waitingOutcome(call: Call, gate: GateRow): InvokeOutcome {
  const { capabilityId, invocationId } = call;
  return { kind: 'approval_required', capabilityId, invocationId, gateId: gate.gateId, asked: gate.asked };
}
