/**
 * The order of one governed call, the same for every caller.
 *
 * Not here: the stages themselves (the files beside this one), answering gates (`../gate/resolve.ts`).
 * Source: rulings, section 2.
 */
import { closeGate, suspendForApproval } from '../gate/open.ts';
import type { GateRow, InvocationId } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { dispatch } from './dispatch.ts';
import { sealPlan } from './dispatch-plan.ts';
import { join } from './join.ts';
import { judge, type JudgedInvocation } from './judge.ts';
import { findPrior, type Prior } from './prior.ts';
import { recordCancelled, recordDenial, recordRefusedCall, settleDeclined } from './refusal.ts';
import { checkRun } from './run-of-call.ts';
import { announce, settle, type Before } from './settle.ts';
import type { Step } from './step.ts';

/** Who follows one call: `signal` gives it up, `identified` hears under which invocation it is known. */
export interface CallFollower {
  readonly signal: AbortSignal;
  identified(invocationId: InvocationId): void;
}

/** Runs one call to its outcome. Errors: those of `HostRuntime.invokeCapability`, and faults of the store. */
export async function runPipeline(
  dependencies: RuntimeDependencies,
  started: Call,
  follower: CallFollower,
): Promise<InvokeOutcome> {
  await checkRun(dependencies, started);
  for (let contentions = 0; contentions < CONTENTION_RETRIES_MAX;) {
    const prior = await findPrior(dependencies, started);
    if (prior.kind === 'settled') return prior.outcome;
    follower.identified(prior.call.invocationId);
    if (prior.kind === 'under_way') {
      const joined = await join(dependencies, prior.call, prior.row, follower.signal);
      if (joined.kind === 'outcome') return joined.outcome;
      continue;
    }
    const step = await goOn(dependencies, prior, follower.signal);
    if (step.kind === 'done') return step.value;
    contentions += 1;
  }
  throw new HostRuntimeError('host-runtime/unavailable', {
    detail: { field: 'request', rule: 'was contended too often' },
  });
}

async function goOn(
  dependencies: RuntimeDependencies,
  prior: Exclude<Prior, { kind: 'settled' | 'under_way' }>,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  switch (prior.kind) {
    case 'waiting':
      return { kind: 'done', value: waitingOutcome(prior.call, prior.gate) };
    case 'declined':
      return settleDeclined(dependencies, prior.call, prior.gate);
    case 'fresh':
      return proceed(dependencies, prior.call, { gate: undefined, closing: prior.closing }, signal);
    case 'approved':
      return proceed(dependencies, prior.call, { gate: prior.gate, closing: [] }, signal);
  }
}

async function proceed(
  dependencies: RuntimeDependencies,
  call: Call,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  if (signal.aborted) return recordCancelled(dependencies, call, undefined);
  const outcome = await judge(dependencies, call, before.gate, signal);
  switch (outcome.kind) {
    case 'unknown_capability':
      return recordRefusedCall(
        dependencies,
        call,
        { kind: 'unknown_capability' },
        outdated(dependencies, call, before),
      );
    case 'broken':
      return recordRefusedCall(dependencies, call, { kind: 'capability_failed' }, outdated(dependencies, call, before));
    case 'invalid_input': {
      const message = `The input does not have the form that the capability takes: ${outcome.field} ${outcome.rule}.`;
      return recordRefusedCall(
        dependencies,
        call,
        { kind: 'invalid_input', message },
        outdated(dependencies, call, before),
      );
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
  if (signal.aborted) return recordCancelled(dependencies, call, judged);
  const satisfied = before.gate !== undefined && isSatisfied(judged, before.gate);
  const withoutGate = { gate: undefined, closing: outdated(dependencies, call, before) };
  switch (judged.verdict.kind) {
    case 'deny':
    // Nothing mints credential gates yet, so a demand for credentials refuses.
    case 'auth':
      return recordDenial(dependencies, call, judged, withoutGate.closing);
    case 'approval':
      if (!satisfied) return suspendForApproval(dependencies, call, judged, withoutGate.closing);
      return execute(dependencies, call, judged, before, signal);
    case 'allow':
      return execute(dependencies, call, judged, satisfied ? before : withoutGate, signal);
  }
}

async function execute(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const announced = await announce(dependencies, call, judged, before);
  if (announced.kind === 'contended') return announced;
  const { attempt, endByMs } = announced.value;
  const { timers, clock } = dependencies;
  const { invocationId, context } = call;
  const deadlineMs = Math.min(judged.handler.descriptor.deadlineMs, endByMs - clock.nowMs());
  const plan = sealPlan(judged.handler, judged.input);
  const startedAtMs = clock.nowMs();
  const ended = await dispatch(plan, { scope: context.scope, invocationId, signal, deadlineMs, timers });
  const result = { ...ended, durationMs: clock.nowMs() - startedAtMs };
  // A read that lost a race is judged and made again; an effect that cannot be settled was given up by somebody else.
  return settle(dependencies, call, judged, attempt, result, before);
}

/** Everything that has to be closed when the call goes on without the answer it had. */
function outdated(dependencies: RuntimeDependencies, call: Call, before: Before): Before['closing'] {
  const { gate, closing } = before;
  return gate === undefined ? closing : [...closing, ...closeGate(dependencies, call, gate, 'superseded')];
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
