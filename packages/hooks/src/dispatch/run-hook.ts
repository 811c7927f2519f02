/**
 * One call of one gate: from its mint to exactly one outcome, whatever the body does.
 *
 * Not here: which gates are asked and what follows (`dispatcher.ts`). A body that never gives the event loop back cannot
 * be stopped from inside the process: that is why only trusted code comes this far (`../tier.ts`).
 */
import type { Timers } from '@reborn/host-api';
import type { Decision } from '../decision/decision.ts';
import { openMint, type Acceptance } from '../decision/mint.ts';
import { deepFreeze, toFrozenJson } from '../deep-freeze.ts';
import type { FailureCategory } from '../failure-policy.ts';
import { HOOK_DEADLINE_MS } from '../limits.ts';
import type { GateCall } from '../registry/hook-spec.ts';
import type { RegisteredGate } from '../registry/registry.ts';
import type { JudgedCall } from './judged-call.ts';

export type GateOutcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'failed'; readonly category: FailureCategory };

/** What all gates of a call see alike. */
export type GateView = Omit<GateCall, 'signal'>;

/** The promise's own `then`, beyond the reach of whoever made the promise. */
const nativeThen = Promise.prototype.then;

/**
 * Calls the body and waits for its decision or its deadline, whichever comes first. What comes later changes nothing.
 * `over` aborts when nobody waits any more; then the gate is not at fault. Never rejects.
 */
export function runGate(
  gate: RegisteredGate,
  view: GateView,
  terms: { readonly timers: Timers; readonly over: AbortSignal },
): Promise<GateOutcome> {
  return new Promise((resolve) => {
    const { timers, over } = terms;
    if (over.aborted) return resolve(failed('unavailable'));
    const session = openMint(gate.point);
    const patience = new AbortController();
    const settle = (outcome: GateOutcome): void => {
      session.close();
      cancel();
      over.removeEventListener('abort', giveUp);
      resolve(outcome);
    };
    const abandon = (category: FailureCategory): void => {
      settle(failed(category));
      patience.abort();
    };
    const giveUp = (): void => abandon('unavailable');
    const cancel = timers.schedule(HOOK_DEADLINE_MS, () => abandon('timeout'));
    over.addEventListener('abort', giveUp, { once: true });
    const { body } = gate;
    whenReturned(
      () => body(Object.freeze({ ...view, signal: patience.signal }), session.mint),
      (returned) => settle(toOutcome(session.accept(returned))),
      () => settle(failed(session.isMisused() ? 'malformed' : 'panic')),
    );
  });
}

/** No lease, no store, no log: a hook gets data and a mint, and nothing that acts. */
export function toView(call: JudgedCall): GateView {
  const { context, capabilityId, provider, effects, input } = call;
  return {
    capabilityId,
    provider,
    effects: Object.freeze([...effects]),
    input: toFrozenJson(input, 'input'),
    scope: deepFreeze({ ...context.scope }),
    invocationId: context.invocationId,
    runId: context.run?.runId,
  };
}

/**
 * Calls `returned` or `threw` for what `work` does. Only native promises are waited for: the `then` of a foreign object
 * is code that somebody else would run at a moment of his choice.
 */
function whenReturned(work: () => unknown, returned: (value: unknown) => void, threw: () => void): void {
  let value: unknown;
  try {
    value = work();
  } catch {
    return threw();
  }
  if (!isPromise(value)) return returned(value);
  try {
    Reflect.apply(nativeThen, value, [returned, threw]);
  } catch {
    returned(undefined);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise;
  } catch {
    return false;
  }
}

function toOutcome(acceptance: Acceptance): GateOutcome {
  switch (acceptance.kind) {
    case 'accepted':
      return { kind: 'decided', decision: acceptance.decision };
    case 'refused':
      return failed(acceptance.category);
  }
}

function failed(category: FailureCategory): GateOutcome {
  return { kind: 'failed', category };
}
