/**
 * Step 3: the capability as the host knows it, and what the host itself thinks of it now. Nothing of this comes from the
 * caller.
 *
 * Not here: deciding by it (`authorize.ts`).
 */
import {
  addAmounts,
  digestOf,
  narrowerAmounts,
  subtractAmounts,
  type Digest,
  type EffectiveTrust,
  type EffectKind,
  type JsonValue,
  type ResourceAmounts,
} from '@reborn/host-api';
import { AUTHORITIES_REMEMBERED } from '../limits.ts';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import type { Allowance } from './authorize.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';

/** `effects`: those that the capability declares, and for a process that it is one. Order: by code unit. */
export interface CallPlan {
  readonly handler: AdoptedHandler;
  readonly effects: readonly EffectKind[];
  readonly trust: EffectiveTrust;
}

/** `undefined` for a capability that the host does not have. */
export function planCall(dependencies: RuntimeDependencies, call: Call): CallPlan | undefined {
  const handler = dependencies.handlers.get(call.capabilityId);
  if (handler === undefined) return undefined;
  const { effects } = handler.descriptor;
  return {
    handler,
    effects: call.mode === 'call' ? effects : withSpawn(effects),
    trust: dependencies.trust.evaluate(handler.provider),
  };
}

/**
 * What an approval is bound to besides the input: the package and its content, the descriptor, the trust, the posture, the
 * set of hooks, what the grant leaves, and how much is expected to be used up. Which grant it is, and when it ends, is
 * looked at when the approval is used.
 */
export function authorityDigest(
  dependencies: RuntimeDependencies,
  { handler, trust, effects }: CallPlan,
  hooks: Digest,
  allowance: Allowance | undefined,
  estimate: ResourceAmounts,
): Digest {
  const { mounts, targets, secrets, ceiling } = allowance ?? {};
  const bound = JSON.stringify({
    capability: handler.digest,
    trust: { class: trust.class, allowedEffects: trust.allowedEffects },
    effects,
    profile: dependencies.profile.name,
    hooks,
    allowed: { mounts, targets, secrets, ceiling },
    estimate,
  });
  const known = dependencies.authorityDigests.get(bound);
  if (known !== undefined) return known;
  const digest = digestOf(JSON.parse(bound) as JsonValue, dependencies.digest);
  if (dependencies.authorityDigests.size === AUTHORITIES_REMEMBERED) dependencies.authorityDigests.clear();
  dependencies.authorityDigests.set(bound, digest);
  return digest;
}

/**
 * What the call is expected to use up: what its capability declares, or more if the caller says so. What the host bounds
 * itself is taken at its bound; money that nobody estimates is nothing, unless money is what the capability is about.
 */
export function estimateOf(call: Call, { handler, effects }: CallPlan, ceiling: ResourceAmounts): ResourceAmounts {
  const { estimate = {}, deadlineMs, outputBytesMax } = handler.descriptor;
  const said = addAmounts(estimate, subtractAmounts(call.estimate, estimate));
  const limits = narrowerAmounts({ wallClockMs: deadlineMs, outputBytes: outputBytesMax }, ceiling);
  const { usd: _, inputTokens: __, outputTokens: ___, ...bound } = limits;
  return {
    ...(effects.includes('financial') ? {} : { usd: '0' }),
    inputTokens: 0,
    outputTokens: 0,
    ...bound,
    ...(effects.includes('network') ? {} : { egressBytes: 0 }),
    ...said,
    processes: call.mode === 'spawn' ? 1 : 0,
    calls: 1,
  };
}

/** The estimate that has to be within the ceiling of a grant: nothing is filled in for what nobody has said. */
export function statedEstimate(call: Call, { handler }: CallPlan): ResourceAmounts {
  const { estimate = {} } = handler.descriptor;
  return addAmounts(estimate, subtractAmounts(call.estimate, estimate));
}

function withSpawn(effects: readonly EffectKind[]): readonly EffectKind[] {
  return effects.includes('spawn_process') ? effects : [...effects, 'spawn_process' as const].toSorted();
}
