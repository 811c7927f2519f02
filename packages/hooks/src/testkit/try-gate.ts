/**
 * One gate against one call, without a host, a store or a log.
 *
 * Not here: what a host makes of the answer, with records and poison (`createHookDispatcher`).
 */
import { assert, portableDigest, type EffectiveTrust, type Timers } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import type { Decision } from '../decision/decision.ts';
import type { JudgedCall } from '../dispatch/judged-call.ts';
import { runGate, toView } from '../dispatch/run-hook.ts';
import type { FailureCategory } from '../failure-policy.ts';
import { coversCapability, type GateHookSpec } from '../registry/hook-spec.ts';
import { createHookRegistry } from '../registry/registry.ts';
import { buildInstallation, buildJudgedCall } from './builder.ts';

/** `passed_by`: the gate's filter leaves the call out. */
export type GateTrial =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'failed'; readonly category: FailureCategory }
  | { readonly kind: 'passed_by' };

/** Without `timers` no time passes: a gate that never answers is then waited for without end. */
export interface GateTrialOptions {
  readonly call?: JudgedCall;
  readonly timers?: Timers;
  readonly trust?: EffectiveTrust;
}

/** Registers the gate, asks it, and says what a host would hear. Errors: those of `createHookRegistry`. */
export async function tryGate(hook: GateHookSpec, options: GateTrialOptions = {}): Promise<GateTrial> {
  const { call = buildJudgedCall(), timers = createFakePlatform().timers, trust } = options;
  const registry = createHookRegistry({ hooks: [buildInstallation(hook, trust)], digest: portableDigest });
  const [gate] = registry.gates;
  assert(gate !== undefined, 'a gate that was registered is in the registry');
  if (!coversCapability(gate.capabilities, call.capabilityId)) return { kind: 'passed_by' };
  return runGate(gate, toView(call), { timers, over: call.signal });
}
