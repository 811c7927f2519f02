/**
 * Everything that decides about a call, by script: grants, trust and the policy, for one door. The authoriser itself is
 * the real one.
 *
 * Not here: grants as hosts have them (`staticGrants`), a policy alone (`recording-policy.ts`).
 * Source: specification 2, c.
 */
import {
  createHostTrustPolicy,
  effectKindSchema,
  evaluateTrust,
  type CapabilityGrant,
  type CapabilityId,
  type PackageIdentity,
  type ResourceScope,
} from '@reborn/host-api';
import { buildGrant } from '@reborn/host-api/testkit';
import type { GrantSource, TrustSource } from '../invoke/authority.ts';
import { recordingPolicy, type RecordingPolicy } from './recording-policy.ts';

/**
 * What is said of one call. `code` stands for `approval`, `auth` and `deny`: who asks or refuses is `script`. `allowance`:
 * limits of the grant, which is for everything otherwise; secrets are only those that it names.
 */
export interface ScriptedVerdict {
  readonly verdict: 'allow' | 'approval' | 'auth' | 'deny';
  readonly code?: string;
  readonly allowance?: Partial<
    Pick<CapabilityGrant, 'mounts' | 'targets' | 'secrets' | 'ceiling' | 'expiresAtMs' | 'maxInvocations'>
  >;
}

/** To be spread into the options of `createHostRuntime`. */
export interface ScriptedAuthority {
  readonly grants: GrantSource;
  readonly trust: TrustSource;
  /** What it was asked, and what is left of the script. */
  readonly policy: RecordingPolicy;
  /** Whose grants were asked for, by calls and by surfaces. Order: as asked. */
  readonly asked: readonly { readonly scope: ResourceScope; readonly capabilityId: CapabilityId }[];
}

/**
 * Each judgement of a call uses one verdict up, a call that goes on from a gate included; surfaces use up none. For calls
 * one after the other. `otherwise`: what is said beyond the script; without it, calls are denied as `unscripted`.
 */
export function scriptedAuthority(
  script: readonly ScriptedVerdict[] = [],
  otherwise: ScriptedVerdict = { verdict: 'deny', code: 'unscripted' },
): ScriptedAuthority {
  const asked: { scope: ResourceScope; capabilityId: CapabilityId }[] = [];
  const next = (): ScriptedVerdict => script[policy.calls.length] ?? otherwise;
  const policy = recordingPolicy(script.map(toJudgement), toJudgement(otherwise));
  return {
    policy,
    asked,
    grants: {
      grantsFor: async (scope, capabilityId) => {
        asked.push({ scope: structuredClone(scope), capabilityId });
        const grantee = { kind: 'user', id: scope.userId } as const;
        return [
          buildGrant({ capability: capabilityId, grantee, allowedEffects: [...ALL_EFFECTS], ...next().allowance }),
        ];
      },
    },
    trust: { evaluate: trusting },
  };
}

const ALL_EFFECTS = effectKindSchema.options;

function toJudgement({ verdict, code = 'scripted' }: ScriptedVerdict) {
  return verdict === 'allow' ? [] : [{ kind: verdict, by: 'script', code } as const];
}

function trusting(identity: PackageIdentity) {
  const { packageId, source } = identity;
  const policy = createHostTrustPolicy([
    { packageId, source, trust: 'user_trusted', allowedEffects: [...ALL_EFFECTS] },
  ]);
  return evaluateTrust(policy, identity);
}
