/**
 * The authoriser: may this capability be used in this scope at all, must somebody be asked, and what does the grant leave
 * of what the capability declares?
 *
 * Not here: what hooks say about one particular input (`call-policy.ts`), how verdicts are joined (`@reborn/host-api`).
 * Source: specification 2, b.5 step 7 and f.2-2.
 */
import {
  approvalByPolicy,
  exceededDimensions,
  intersectTargets,
  isMountSubset,
  isSamePrincipal,
  narrowerAmounts,
  principalsOf,
  type CapabilityDescriptor,
  type CapabilityGrant,
  type EffectiveTrust,
  type EffectKind,
  type GrantId,
  type MountView,
  type NetworkTarget,
  type Principal,
  type ResourceAmounts,
  type ResourceDimension,
  type ResourceScope,
  type RuntimeProfile,
  type SecretHandle,
  type Verdict,
} from '@reborn/host-api';

/**
 * Everything that the decision depends on. `effects`: what the call does, which for a process is more than the capability
 * declares. `mounts`: what the host lets the capability see. `uses`: how often grants with a count were used; a grant that
 * is not in it was not. Units: milliseconds since 1970.
 */
export interface AuthorizationRequest {
  readonly descriptor: CapabilityDescriptor;
  readonly effects?: readonly EffectKind[];
  readonly scope: ResourceScope;
  readonly trust: EffectiveTrust;
  readonly grants: readonly CapabilityGrant[];
  readonly profile: RuntimeProfile;
  readonly mounts?: MountView | undefined;
  readonly estimate?: ResourceAmounts;
  readonly uses?: ReadonlyMap<GrantId, number>;
  readonly nowMs: number;
}

/** What an allowed call may reach: the part of what the capability declares that its grant covers. */
export interface Allowance {
  readonly grant: CapabilityGrant;
  readonly mounts: MountView | undefined;
  readonly targets: readonly NetworkTarget[] | undefined;
  readonly secrets: readonly SecretHandle[];
  readonly ceiling: ResourceAmounts;
}

/** `allowance` is there exactly when no verdict denies. */
export interface Authorization {
  readonly verdicts: readonly Verdict[];
  readonly allowance: Allowance | undefined;
}

/**
 * Default deny. A call is allowed only if one live grant to a principal of the scope covers everything that it needs, the
 * trust of the provider covers its effects too, and the profile has what they need. `ask` and the profile's approval
 * policy turn an allowance into a question; `deny` refuses. The order of grants means nothing. The verdicts stand in a
 * fixed order, one for each source.
 */
export function authorize(request: AuthorizationRequest): Authorization {
  const { descriptor, trust, profile, effects = descriptor.effects } = request;
  if (descriptor.permission === 'deny') return denied('descriptor', 'permission_denied');
  if (!effects.every((effect) => trust.allowedEffects.includes(effect))) return denied('trust', 'policy_denied');
  const refusal = refusedByPosture(profile, effects);
  if (refusal !== undefined) return denied('profile', refusal);
  const matching = matchingGrants(request);
  if (matching.length === 0) return denied('grants', 'missing_grant');
  const grant = matching.filter((each) => covers(each, request, effects)).toSorted(byPreference)[0];
  if (grant === undefined) return denied('grants', 'policy_denied');
  const verdicts: Verdict[] = [{ kind: 'allow', by: 'grants' }];
  if (descriptor.permission === 'ask') verdicts.push({ kind: 'approval', by: 'descriptor', code: 'permission_ask' });
  if (approvalByPolicy(profile, effects)) verdicts.push({ kind: 'approval', by: 'profile', code: 'effects_ask' });
  return { verdicts, allowance: allowanceOf(grant, request) };
}

/** The limits that the host holds a call to itself; the others have to be covered by an estimate. */
const ENFORCED: readonly ResourceDimension[] = ['wallClockMs', 'outputBytes', 'egressBytes'];

function denied(by: string, code: string): Authorization {
  return { verdicts: [{ kind: 'deny', by, code }], allowance: undefined };
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

function matchingGrants({ descriptor, scope, grants, uses, nowMs }: AuthorizationRequest): readonly CapabilityGrant[] {
  const principals = principalsOf(scope);
  return grants.filter(
    (grant) =>
      grant.capability === descriptor.id &&
      (grant.expiresAtMs === undefined || grant.expiresAtMs > nowMs) &&
      (grant.maxInvocations === undefined || (uses?.get(grant.id) ?? 0) < grant.maxInvocations) &&
      isGrantedTo(grant, principals),
  );
}

function covers(grant: CapabilityGrant, request: AuthorizationRequest, effects: readonly EffectKind[]): boolean {
  const { descriptor, mounts, estimate = {} } = request;
  if (!effects.every((effect) => grant.allowedEffects.includes(effect))) return false;
  if (grant.mounts !== undefined && !isMountSubset(grant.mounts, mounts ?? NO_MOUNTS)) return false;
  const wanted = (descriptor.credentials ?? []).filter(({ required }) => required);
  if (!wanted.every(({ handle }) => grant.secrets?.includes(handle) === true)) return false;
  const targets = intersectTargets(descriptor.targets, grant.targets);
  if (descriptor.targets !== undefined && descriptor.targets.length > 0 && targets?.length === 0) return false;
  return isWithin(estimate, grant.ceiling ?? {});
}

const NO_MOUNTS: MountView = Object.freeze({ mounts: [] });

/** A limited dimension without an estimate is not within its limit. */
function isWithin(estimate: ResourceAmounts, ceiling: ResourceAmounts): boolean {
  const estimated: ResourceAmounts = Object.fromEntries(
    Object.entries(ceiling).filter(([dimension]) => !ENFORCED.some((enforced) => enforced === dimension)),
  );
  const unknown = Object.keys(estimated).some((dimension) => !(dimension in estimate));
  return !unknown && exceededDimensions(estimate, estimated).length === 0;
}

function allowanceOf(grant: CapabilityGrant, { descriptor, mounts }: AuthorizationRequest): Allowance {
  const { deadlineMs, outputBytesMax } = descriptor;
  return {
    grant,
    mounts: grant.mounts ?? mounts,
    targets: intersectTargets(descriptor.targets, grant.targets),
    secrets: (descriptor.credentials ?? []).flatMap(({ handle }) => (grant.secrets?.includes(handle) ? [handle] : [])),
    ceiling: narrowerAmounts({ wallClockMs: deadlineMs, outputBytes: outputBytesMax }, grant.ceiling ?? {}),
  };
}

/** A grant without a count is used before one that would be used up; among those the smallest id. */
function byPreference(left: CapabilityGrant, right: CapabilityGrant): number {
  const counted = Number(left.maxInvocations !== undefined) - Number(right.maxInvocations !== undefined);
  if (counted !== 0 || left.id === right.id) return counted;
  return left.id < right.id ? -1 : 1;
}

function isGrantedTo(grant: CapabilityGrant, principals: readonly Principal[]): boolean {
  return principals.some((principal) => isSamePrincipal(principal, grant.grantee));
}
