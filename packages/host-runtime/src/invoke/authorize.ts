/**
 * The authoriser: may this capability be used in this scope at all, and must somebody be asked?
 *
 * Not here: what hooks say about one particular input (`call-policy.ts`), how verdicts are joined (`@reborn/host-api`).
 * Source: specification 2, b.5 step 7 and f.2-2.
 */
import {
  approvalByPolicy,
  isSamePrincipal,
  principalsOf,
  type CapabilityDescriptor,
  type CapabilityGrant,
  type EffectKind,
  type EffectiveTrust,
  type Principal,
  type ResourceScope,
  type RuntimeProfile,
  type Verdict,
} from '@reborn/host-api';

/** Everything that the decision depends on. Units: milliseconds since 1970. */
export interface AuthorizationRequest {
  readonly descriptor: CapabilityDescriptor;
  readonly scope: ResourceScope;
  readonly trust: EffectiveTrust;
  readonly grants: readonly CapabilityGrant[];
  readonly profile: RuntimeProfile;
  readonly nowMs: number;
}

/**
 * Default deny. A call is allowed only if one live grant to a principal of the scope covers every effect, the trust of
 * the provider covers them too, and the profile has what they need. `ask` and the profile's approval policy turn an
 * allowance into a question; `deny` refuses. The order of grants means nothing. The verdicts stand in a fixed order, one
 * for each source.
 */
export function authorize(request: AuthorizationRequest): readonly Verdict[] {
  const { descriptor, trust, profile } = request;
  if (descriptor.permission === 'deny') return [{ kind: 'deny', by: 'descriptor', code: 'permission_denied' }];
  if (!descriptor.effects.every((effect) => trust.allowedEffects.includes(effect))) {
    return [{ kind: 'deny', by: 'trust', code: 'policy_denied' }];
  }
  const refusal = refusedByPosture(profile, descriptor.effects);
  if (refusal !== undefined) return [{ kind: 'deny', by: 'profile', code: refusal }];
  const grants = grantVerdict(request);
  if (grants.kind === 'deny') return [grants];
  const verdicts: Verdict[] = [grants];
  if (descriptor.permission === 'ask') verdicts.push({ kind: 'approval', by: 'descriptor', code: 'permission_ask' });
  if (approvalByPolicy(profile, descriptor.effects))
    verdicts.push({ kind: 'approval', by: 'profile', code: 'effects_ask' });
  return verdicts;
}

/** A posture without processes or without a network refuses what needs them, whoever granted it. */
function refusedByPosture(
  profile: RuntimeProfile,
  effects: readonly EffectKind[],
): 'policy_denied' | 'network_denied' | undefined {
  const runsCode = effects.includes('spawn_process') || effects.includes('execute_code');
  if (profile.processes === 'none' && runsCode) return 'policy_denied';
  return profile.network === 'none' && effects.includes('network') ? 'network_denied' : undefined;
}

function grantVerdict(request: AuthorizationRequest): Verdict {
  const { descriptor, scope, grants, nowMs } = request;
  const principals = principalsOf(scope);
  const matching = grants.filter(
    (grant) => grant.capability === descriptor.id && isGrantedTo(grant, principals) && isLive(grant, nowMs),
  );
  if (matching.length === 0) return { kind: 'deny', by: 'grants', code: 'missing_grant' };
  const covered = matching.some((grant) => descriptor.effects.every((effect) => grant.allowedEffects.includes(effect)));
  return covered ? { kind: 'allow', by: 'grants' } : { kind: 'deny', by: 'grants', code: 'policy_denied' };
}

function isGrantedTo(grant: CapabilityGrant, principals: readonly Principal[]): boolean {
  return principals.some((principal) => isSamePrincipal(principal, grant.grantee));
}

function isLive(grant: CapabilityGrant, nowMs: number): boolean {
  return grant.expiresAtMs === undefined || grant.expiresAtMs > nowMs;
}
