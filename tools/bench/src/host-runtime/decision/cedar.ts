/**
 * The same decisions by Cedar in WebAssembly: a policy for each grant and one for each refusal of the host, parsed ahead
 * of time.
 */
import { loadPeer } from '../../measure/peer.ts';
import type { DecisionCase } from './decision-cases.ts';
import { nameOf, namesOf } from './principals.ts';
import type { Decider } from './reborn-decisions.ts';

/** The part of it that is used. */
interface Cedar {
  preparsePolicySet(id: string, policies: object): { readonly type: string };
  statefulIsAuthorized(call: object): {
    readonly type: string;
    readonly response?: { readonly decision: string; readonly diagnostics: { readonly errors: readonly unknown[] } };
  };
}

const CALLER = { type: 'Caller', id: 'caller' };

const REFUSALS: Readonly<Record<string, string>> = {
  permission: 'forbid(principal, action, resource) when { context.permission == "deny" };',
  trust: 'forbid(principal, action, resource) unless { context.trusted.containsAll(context.effects) };',
  processes:
    'forbid(principal, action, resource) when { context.processes == "none" && context.effects.containsAny(["spawn_process", "execute_code"]) };',
  network:
    'forbid(principal, action, resource) when { context.network == "none" && context.effects.contains("network") };',
};

/** `undefined` when it is not installed. */
export async function cedarDecisions(cases: readonly DecisionCase[]): Promise<Decider | undefined> {
  const loaded = await loadPeer<Cedar & { readonly default?: Cedar }>('@cedar-policy/cedar-wasm/nodejs');
  if (loaded === undefined) return undefined;
  const cedar = loaded.default ?? loaded;
  const worlds = new Map(cases.map(({ world, request }) => [world, request.grants]));
  for (const [world, grants] of worlds) {
    const granted = grants.map((grant) => [grant.id, toPolicy(grant)] as const);
    const parsed = cedar.preparsePolicySet(String(world), {
      staticPolicies: { ...REFUSALS, ...Object.fromEntries(granted) },
    });
    if (parsed.type !== 'success') throw new Error('Cedar does not take the policies');
  }
  return {
    prepare(question) {
      const call = toCall(question);
      return () => {
        const { response } = cedar.statefulIsAuthorized(call);
        if (response === undefined || response.diagnostics.errors.length > 0) throw new Error('Cedar failed');
        return response.decision === 'allow';
      };
    },
  };
}

function toPolicy(grant: DecisionCase['request']['grants'][number]): string {
  const { capability, grantee, allowedEffects, expiresAtMs } = grant;
  const lives = expiresAtMs === undefined ? '' : ` && context.now < ${expiresAtMs}`;
  return `permit(principal in Principal::"${nameOf(grantee)}", action == Action::"${capability}", resource)
    when { ${JSON.stringify(allowedEffects)}.containsAll(context.effects)${lives} };`;
}

function toCall({ world, request }: DecisionCase): object {
  const { descriptor, scope, trust, profile, nowMs } = request;
  return {
    principal: CALLER,
    action: { type: 'Action', id: descriptor.id },
    resource: { type: 'Capability', id: descriptor.id },
    context: {
      effects: [...descriptor.effects],
      permission: descriptor.permission,
      trusted: [...trust.allowedEffects],
      processes: profile.processes,
      network: profile.network,
      now: nowMs,
    },
    preparsedPolicySetId: String(world),
    validateRequest: false,
    entities: [{ uid: CALLER, attrs: {}, parents: namesOf(scope).map((id) => ({ type: 'Principal', id })) }],
  };
}
