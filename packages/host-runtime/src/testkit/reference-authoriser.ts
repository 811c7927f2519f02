/**
 * The authoriser a second time, as a list of sentences: slow, without any of the host's arithmetic, and written apart from
 * the one that hosts run. Wherever the two disagree, one of them is wrong.
 *
 * Not here: the one that hosts run (`../invoke/authorize.ts`), requests to compare them by (`random-authorization.ts`).
 * Source: specification 2, b.5 step 7, f.2-2 and f.2-5; rulings, section 2.
 */
import type {
  CapabilityGrant,
  EffectKind,
  MountGrant,
  MountView,
  NetworkTarget,
  Principal,
  ResourceScope,
  Verdict,
} from '@reborn/host-api';
import type { Authorization, AuthorizationRequest } from '../invoke/authorize.ts';

/** Hears which way each sentence went: `<sentence>: yes` or `: no`, and `<sentence>: alone` where it alone ruled a grant out. */
type Reach = (branch: string) => void;

/** One request, and the effects that it is about. */
interface Asked {
  readonly request: AuthorizationRequest;
  readonly effects: readonly EffectKind[];
}

interface Saying {
  readonly says: string;
  readonly applies: (asked: Asked) => boolean;
  readonly verdict: Verdict;
}

interface Condition {
  readonly says: string;
  readonly holds: (grant: CapabilityGrant, asked: Asked) => boolean;
}

/** Whatever grants there are. Order: the first that applies speaks. */
const REFUSALS: readonly Saying[] = [
  {
    says: 'the provider switched it off',
    applies: ({ request }) => request.descriptor.permission === 'deny',
    verdict: { kind: 'deny', by: 'descriptor', code: 'permission_denied' },
  },
  {
    says: 'the provider is not trusted with one of the effects',
    applies: ({ request, effects }) => !isWithin(effects, request.trust.allowedEffects),
    verdict: { kind: 'deny', by: 'trust', code: 'policy_denied' },
  },
  {
    says: 'it starts programs and the posture has none',
    applies: ({ request, effects }) =>
      request.profile.processes === 'none' && (effects.includes('spawn_process') || effects.includes('execute_code')),
    verdict: { kind: 'deny', by: 'profile', code: 'policy_denied' },
  },
  {
    says: 'it talks to others and the posture has no network',
    applies: ({ request, effects }) => request.profile.network === 'none' && effects.includes('network'),
    verdict: { kind: 'deny', by: 'profile', code: 'network_denied' },
  },
];

/** Whether a grant speaks about this call at all. */
const SPEAKS: readonly Condition[] = [
  {
    says: 'the grant is of this capability',
    holds: (grant, { request }) => grant.capability === request.descriptor.id,
  },
  {
    says: 'the grantee is somebody in whose name the call is made',
    holds: ({ grantee }, { request }) => isNamed(request.scope, grantee),
  },
  {
    says: 'the grant has not run out',
    holds: ({ expiresAtMs }, { request }) => expiresAtMs === undefined || request.nowMs < expiresAtMs,
  },
  {
    says: 'the grant is not used up',
    holds: ({ id, maxInvocations }, { request }) =>
      maxInvocations === undefined || (request.uses?.get(id) ?? 0) < maxInvocations,
  },
];

/** Whether it alone is enough. */
const SUFFICES: readonly Condition[] = [
  {
    says: 'it covers every effect',
    holds: ({ allowedEffects }, { effects }) => isWithin(effects, allowedEffects),
  },
  {
    says: 'its folders are those of the capability',
    holds: ({ mounts }, { request }) => mounts === undefined || isPartOf(mounts, request.mounts ?? { mounts: [] }),
  },
  {
    says: 'it names every secret that is needed',
    holds: ({ secrets = [] }, { request }) =>
      (request.descriptor.credentials ?? []).every(({ handle, required }) => !required || secrets.includes(handle)),
  },
  {
    says: 'it leaves somebody to talk to',
    holds: ({ targets }, { request }) => {
      const declared = request.descriptor.targets ?? [];
      return declared.length === 0 || common(declared, targets).length > 0;
    },
  },
  ...(['usd', 'inputTokens', 'outputTokens'] as const).map((dimension): Condition => ({
    says: `the ${dimension} it may cost are within its ceiling`,
    holds: ({ ceiling }, { request }) => isEnough(ceiling?.[dimension], request.estimate?.[dimension]),
  })),
];

/** What somebody is asked about although it is allowed. */
const QUESTIONS: readonly Saying[] = [
  {
    says: 'the provider wants somebody asked',
    applies: ({ request }) => request.descriptor.permission === 'ask',
    verdict: { kind: 'approval', by: 'descriptor', code: 'permission_ask' },
  },
  {
    says: 'the posture wants somebody asked',
    applies: ({ request, effects }) =>
      request.profile.approvalPolicy !== 'as_granted' && !isWithin(effects, ['read_filesystem', 'use_secret']),
    verdict: { kind: 'approval', by: 'profile', code: 'effects_ask' },
  },
];

/** The verdicts in no order that means anything, and what the chosen grant leaves. */
export function referenceAuthorise(request: AuthorizationRequest, reach: Reach = () => undefined): Authorization {
  const asked: Asked = { request, effects: request.effects ?? request.descriptor.effects };
  const refusal = REFUSALS.find(({ says, applies }) => told(reach, says, applies(asked)));
  if (refusal !== undefined) return { verdicts: [refusal.verdict], allowance: undefined };
  const judged = request.grants.map((grant) => {
    const against = (conditions: readonly Condition[]): readonly string[] =>
      conditions.flatMap(({ says, holds }) => (told(reach, says, holds(grant, asked)) ? [] : [says]));
    const [silent, lacking] = [against(SPEAKS), against(SUFFICES)];
    const [only, ...others] = [...silent, ...lacking];
    if (only !== undefined && others.length === 0) reach(`${only}: alone`);
    return { grant, silent, lacking };
  });
  const speaking = judged.filter(({ silent }) => silent.length === 0);
  const sufficing = speaking.filter(({ lacking }) => lacking.length === 0).map(({ grant }) => grant);
  reach(`grants that speak: ${HOW_MANY[speaking.length] ?? 'several'}`);
  reach(`grants that suffice: ${HOW_MANY[sufficing.length] ?? 'several'}`);
  const grant = chosen(sufficing);
  if (grant === undefined) return refused(speaking.length === 0 ? 'missing_grant' : 'policy_denied');
  const questions = QUESTIONS.filter(({ says, applies }) => told(reach, says, applies(asked)));
  const verdicts: readonly Verdict[] = [{ kind: 'allow', by: 'grants' }, ...questions.map(({ verdict }) => verdict)];
  return { verdicts, allowance: left(grant, asked) };
}

const HOW_MANY = ['none', 'one'];
/** Everything that `referenceAuthorise` can say to a `Reach`. */
export const REFERENCE_BRANCHES: readonly string[] = [
  ...[...REFUSALS, ...SPEAKS, ...SUFFICES, ...QUESTIONS].flatMap(({ says }) => [`${says}: yes`, `${says}: no`]),
  ...[...SPEAKS, ...SUFFICES].map(({ says }) => `${says}: alone`),
  ...[...HOW_MANY, 'several'].flatMap((how) => [`grants that speak: ${how}`, `grants that suffice: ${how}`]),
];

function refused(code: string): Authorization {
  return { verdicts: [{ kind: 'deny', by: 'grants', code }], allowance: undefined };
}

function told(reach: Reach, says: string, so: boolean): boolean {
  reach(`${says}: ${so ? 'yes' : 'no'}`);
  return so;
}

/** One that may be used without end before one that may not; among those the one with the smallest id. */
function chosen(grants: readonly CapabilityGrant[]): CapabilityGrant | undefined {
  const endless = grants.filter(({ maxInvocations }) => maxInvocations === undefined);
  return (endless.length > 0 ? endless : grants).toSorted((one, other) => (one.id < other.id ? -1 : 1))[0];
}

function left(grant: CapabilityGrant, { request }: Asked): NonNullable<Authorization['allowance']> {
  const { targets, credentials = [], deadlineMs, outputBytesMax } = request.descriptor;
  const { wallClockMs = deadlineMs, outputBytes = outputBytesMax } = grant.ceiling ?? {};
  return {
    grant,
    mounts: grant.mounts ?? request.mounts,
    targets: targets === undefined ? grant.targets : common(targets, grant.targets),
    secrets: credentials.map(({ handle }) => handle).filter((handle) => grant.secrets?.includes(handle) === true),
    ceiling: {
      ...grant.ceiling,
      wallClockMs: Math.min(deadlineMs, wallClockMs),
      outputBytes: Math.min(outputBytesMax, outputBytes),
    },
  };
}

function isWithin(effects: readonly EffectKind[], allowed: readonly EffectKind[]): boolean {
  return effects.every((effect) => allowed.includes(effect));
}

function isNamed(scope: ResourceScope, grantee: Principal): boolean {
  if (grantee.kind === 'extension' || grantee.kind === 'host' || grantee.kind === 'system') return false;
  return scope[`${grantee.kind}Id`] === grantee.id;
}

/** Every folder as it was mounted, and none left out below one that is there: its part would show through. */
function isPartOf({ mounts: part }: MountView, { mounts: whole }: MountView): boolean {
  const isNoWider = (mine: MountGrant, its: MountGrant): boolean =>
    mine.target === its.target &&
    (['read', 'write', 'delete', 'list', 'execute'] as const).every(
      (may) => its.permissions[may] || !mine.permissions[may],
    );
  return (
    part.every((mine) => whole.some((its) => its.alias === mine.alias && isNoWider(mine, its))) &&
    whole.every(
      ({ alias }) =>
        part.some((mine) => mine.alias === alias) || !part.some((mine) => alias.startsWith(`${mine.alias}/`)),
    )
  );
}

/** Where both may talk to; a private place only where the grant says so. */
function common(
  declared: readonly NetworkTarget[],
  granted: readonly NetworkTarget[] | undefined,
): readonly NetworkTarget[] {
  if (granted === undefined) return declared.map((target) => ({ ...target, private: false }));
  const pairs = granted.flatMap((grant) => declared.map((target) => ({ grant, target })));
  return pairs.flatMap(({ grant, target }) => {
    if (doorOf(grant) !== doorOf(target)) return [];
    const host = [grant.host, target.host].find((name) => isHostOf(grant.host, name) && isHostOf(target.host, name));
    return host === undefined ? [] : [{ ...target, host, private: grant.private === true }];
  });
}

function doorOf({ scheme = 'https', port }: NetworkTarget): string {
  return `${scheme}:${port ?? (scheme === 'https' ? 443 : 80)}`;
}

function isHostOf(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  const isAddress = name.split('.').every((label) => /^[0-9]+$/.test(label));
  return pattern.startsWith('*.') && !isAddress && name.replace(/^[^.*]+/, '*') === pattern;
}

/** Whether what is expected is known and no more than what there may be. */
function isEnough(most: string | number | undefined, expected: string | number | undefined): boolean {
  return most === undefined || (expected !== undefined && exactly(expected) <= exactly(most));
}

/** In units of which there are 10¹² to one. */
function exactly(amount: string | number): bigint {
  const [whole = '0', part = ''] = String(amount).split('.');
  return BigInt(whole + part.padEnd(12, '0'));
}
