/** The same decisions by Casbin: a line for each grant and one for each refusal of the host, an enforcer for each world. */
import { loadPeer } from '../../measure/peer.ts';
import type { DecisionCase } from './decision-cases.ts';
import { nameOf, namesOf } from './principals.ts';
import type { Decider } from './reborn-decisions.ts';

/** The part of it that is used. */
interface Casbin {
  newModelFromString(text: string): unknown;
  newEnforcer(model: unknown): Promise<Enforcer>;
}
interface Enforcer {
  addFunction(name: string, run: (...values: never[]) => boolean): Promise<void>;
  addPolicies(lines: readonly (readonly string[])[]): Promise<boolean>;
  enforceSync(call: object): boolean;
}

interface CasbinCall {
  readonly action: string;
  readonly principals: readonly string[];
  readonly effects: readonly string[];
  readonly permission: string;
  readonly trusted: readonly string[];
  readonly processes: string;
  readonly network: string;
  readonly now: number;
}

const MODEL = `
[request_definition]
r = call
[policy_definition]
p = sub, act, rule, effects, expires, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = (p.act == "*" || p.act == r.call.action) && (p.sub == "*" || acts(r.call, p.sub)) && holds(r.call, p.rule, p.effects, p.expires)
`;
const REFUSALS = ['permission', 'trust', 'processes', 'network'].map((rule) => ['*', '*', rule, '', '', 'deny']);

/** `undefined` when it is not installed. */
export async function casbinDecisions(cases: readonly DecisionCase[]): Promise<Decider | undefined> {
  const casbin = await loadPeer<Casbin>('casbin');
  if (casbin === undefined) return undefined;
  const enforcers = new Map<number, Enforcer>();
  for (const [world, grants] of new Map(cases.map((each) => [each.world, each.request.grants]))) {
    const enforcer = await casbin.newEnforcer(casbin.newModelFromString(MODEL));
    await enforcer.addFunction('acts', (call: CasbinCall, sub: string) => call.principals.includes(sub));
    await enforcer.addFunction('holds', holds);
    const granted = grants.map(({ id, capability, grantee, allowedEffects, expiresAtMs }) => [
      nameOf(grantee),
      capability,
      // Casbin knows no line twice.
      `grant ${id}`,
      allowedEffects.join(' '),
      String(expiresAtMs ?? ''),
      'allow',
    ]);
    if (!(await enforcer.addPolicies([...REFUSALS, ...granted]))) throw new Error('Casbin does not take the policies');
    enforcers.set(world, enforcer);
  }
  return {
    prepare(question) {
      const call = toCall(question);
      const enforcer = enforcers.get(question.world);
      return () => enforcer?.enforceSync(call) === true;
    },
  };
}

function holds(call: CasbinCall, rule: string, effects: string, expires: string): boolean {
  switch (rule) {
    case 'permission':
      return call.permission === 'deny';
    case 'trust':
      return !call.effects.every((effect) => call.trusted.includes(effect));
    case 'processes':
      return call.processes === 'none' && call.effects.some((effect) => /^(spawn_process|execute_code)$/.test(effect));
    case 'network':
      return call.network === 'none' && call.effects.includes('network');
    default: {
      const covered = effects.split(' ');
      return call.effects.every((effect) => covered.includes(effect)) && (expires === '' || call.now < Number(expires));
    }
  }
}

function toCall({ request }: DecisionCase): CasbinCall {
  const { descriptor, scope, trust, profile, nowMs } = request;
  return {
    action: descriptor.id,
    principals: namesOf(scope),
    effects: descriptor.effects,
    permission: descriptor.permission,
    trusted: trust.allowedEffects,
    processes: profile.processes,
    network: profile.network,
    now: nowMs,
  };
}
