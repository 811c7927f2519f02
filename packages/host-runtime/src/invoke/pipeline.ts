/**
 * The order of one governed call, the same for every caller.
 *
 * Not here: the stages themselves (the files beside this one), answering gates (`../gate/resolve.ts`).
 * Source: rulings, section 2.
 */
import type { GateRow, InvocationId } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { closeWrites } from '../gate/close.ts';
import { suspend, waitingOutcome } from '../gate/open.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import type { Before } from './announce.ts';
import type { Call } from './call.ts';
import { decide } from './decide.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { execute } from './execute.ts';
import { join } from './join.ts';
import { judge, type JudgedInvocation } from './judge.ts';
import { launch } from './launch.ts';
import { findPrior, type Prior } from './prior.ts';
import { recordCancelled, recordDenial, recordRefusedCall, settleDeclined } from './refusal.ts';
import { checkRun } from './run-of-call.ts';
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
      contentions += Number(joined.kind === 'contended');
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
  const refuse = (refusal: Parameters<typeof recordRefusedCall>[2]): Promise<Step<InvokeOutcome>> =>
    recordRefusedCall(dependencies, call, refusal, outdated(dependencies, call, before));
  switch (outcome.kind) {
    case 'unknown_capability':
      return refuse({ kind: 'unknown_capability' });
    case 'broken':
      return refuse({ kind: 'capability_failed' });
    case 'invalid_input': {
      const whose = outcome.mutated ? 'The input, as the policy of this host changed it,' : 'The input';
      const message = `${whose} does not have the form that the capability takes: ${outcome.field} ${outcome.rule}.`;
      return refuse({ kind: 'invalid_input', message });
    }
    case 'judged':
      return act(dependencies, call, outcome.judged, before, signal);
  }
}

/** Acts on a judgement. A gate whose question no longer fits is put away with whatever follows. */
async function act(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  before: Before,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  if (signal.aborted) return recordCancelled(dependencies, call, judged);
  const fits = before.gate !== undefined && isFitting(judged, before.gate);
  const standing = fits ? before : { gate: undefined, closing: outdated(dependencies, call, before) };
  const decision = await decide(dependencies, call, judged, standing.gate);
  switch (decision.kind) {
    case 'deny':
      return recordDenial(dependencies, call, judged, decision, outdated(dependencies, call, before));
    case 'ask':
      return suspend(dependencies, call, judged, decision.question, standing);
    case 'go':
      try {
        const going = { ...standing, hold: decision.hold, granted: decision.granted };
        return await (call.mode === 'call' ? execute : launch)(dependencies, call, judged, going, signal);
      } finally {
        decision.hold?.forget();
      }
  }
}

/** Everything that has to be closed when the call goes on without the answer it had. */
function outdated(dependencies: RuntimeDependencies, call: Call, before: Before): Before['closing'] {
  const { gate, closing } = before;
  return gate === undefined ? closing : [...closing, ...closeWrites(dependencies, call, gate, 'superseded')];
}

/** True when the answer was given to exactly this question: same input, same authority. */
function isFitting(judged: JudgedInvocation, { receipt }: GateRow): boolean {
  return receipt.inputDigest === judged.inputDigest && receipt.authorityDigest === judged.authorityDigest;
}
