// Somebody else's agent loop. It decides what to do next in its own way; every tool call goes through the door, and
// every outcome of the door is handled. It knows the facade only, so it is tested with `FakeHostRuntime`.
import type { ExecutionContext, GateId, JsonValue } from '@reborn/host-api';
import type { HostRuntime, InvokeOutcome } from '@reborn/host-runtime';

/** What this loop's own planner wants next; `undefined` when it is done. */
export interface Step {
  readonly capabilityId: string;
  readonly input: JsonValue;
}
export type Planner = (seen: readonly string[]) => Step | undefined;

export interface Loop {
  readonly runtime: HostRuntime;
  /** A new identity for each call, in the name of the loop's owner. */
  readonly newContext: () => ExecutionContext;
  readonly plan: Planner;
  /** Gets an answer from somebody who may give one; `false` when nobody is there. */
  readonly askSomebody: (gateId: GateId, asked: readonly string[]) => Promise<boolean>;
}

/** Works until the planner is done or somebody has to be waited for. Returns what was seen, a line for each call. */
export async function runOwnLoop(loop: Loop): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let step = loop.plan(seen); step !== undefined; step = loop.plan(seen)) {
    const request = { context: loop.newContext(), ...step };
    let outcome = await loop.runtime.invokeCapability(request);
    if (outcome.kind === 'approval_required' && (await loop.askSomebody(outcome.gateId, outcome.asked))) {
      // The same call again: it has the same identity, so it goes on from the gate and happens at most once.
      outcome = await loop.runtime.invokeCapability(request);
    }
    seen.push(`${step.capabilityId}: ${describe(outcome)}`);
    if (isWaiting(outcome)) break;
  }
  return seen;
}

function describe(outcome: InvokeOutcome): string {
  switch (outcome.kind) {
    case 'completed':
      return JSON.stringify(outcome.output);
    case 'approval_required':
      return `waits for an approval (${outcome.asked.join(', ')})`;
    case 'auth_required':
      return 'waits for a credential';
    case 'resource_blocked':
      return 'waits for budget';
    case 'spawned_process':
      return `goes on as process ${outcome.processId}`;
    case 'failed':
      return `failed: ${outcome.message} (effect: ${outcome.effect})`;
  }
}

function isWaiting(outcome: InvokeOutcome): boolean {
  return (
    outcome.kind === 'approval_required' || outcome.kind === 'auth_required' || outcome.kind === 'resource_blocked'
  );
}
