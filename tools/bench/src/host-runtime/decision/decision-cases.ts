/**
 * Generated questions of authority: a few sets of grants, and calls that some of them allow.
 *
 * Not here: who answers them (beside this file).
 */
import {
  createHostTrustPolicy,
  evaluateTrust,
  parseExtensionId,
  runtimeProfile,
  type EffectKind,
  type EffectiveTrust,
} from '@reborn/host-api';
import { buildDescriptor, buildGrant, buildScope, fixedUuid } from '@reborn/host-api/testkit';
import type { AuthorizationRequest } from '@reborn/host-runtime/testkit';
import { createRandom } from '../../measure/random.ts';

const WORLDS = 8;
const GRANTS = 12;
const CASES = 64;
const NOW_MS = 1_700_000_000_000;

const EFFECTS: readonly EffectKind[] = [
  'execute_code',
  'network',
  'read_filesystem',
  'spawn_process',
  'write_filesystem',
];
const CAPABILITIES = ['notes.find', 'notes.read', 'notes.write'];
const PEOPLE = ['alice', 'bob'];

/** `request.grants` are the world's; each case of a world has the same ones. */
export interface DecisionCase {
  readonly world: number;
  readonly request: AuthorizationRequest;
}

export function createDecisionCases(seed: number): readonly DecisionCase[] {
  const random = createRandom(seed);
  const trusts = Array.from({ length: WORLDS }, () => trustUpTo([...some(random, 0.85)]));
  return trusts.flatMap((trust, world) => {
    const grants = Array.from({ length: GRANTS }, (_, at) => createGrant(random, world * GRANTS + at));
    return Array.from({ length: CASES }, () => ({ world, request: { ...createCall(random), trust, grants } }));
  });
}

/** What the authoriser decides, without the question whom to ask. */
export function isAllowed(verdicts: readonly { readonly kind: string }[]): boolean {
  return verdicts.every(({ kind }) => kind !== 'deny');
}

function createGrant(random: () => number, number: number): AuthorizationRequest['grants'][number] {
  const kind = pick(random, ['user', 'user', 'agent', 'tenant', 'project'] as const);
  const id = kind === 'user' ? pick(random, PEOPLE) : kind === 'tenant' ? 'acme' : kind === 'agent' ? 'agent' : 'plan';
  return buildGrant({
    id: fixedUuid(number),
    capability: pick(random, CAPABILITIES),
    grantee: { kind, id },
    allowedEffects: [...some(random, 0.7)],
    ...(random() < 0.5 ? {} : { expiresAtMs: NOW_MS + Math.round((random() - 0.3) * 1000) }),
  });
}

function createCall(random: () => number): Omit<AuthorizationRequest, 'trust' | 'grants'> {
  return {
    descriptor: buildDescriptor({
      id: pick(random, CAPABILITIES),
      effects: [...some(random, 0.3)],
      permission: pick(random, ['allow', 'allow', 'allow', 'ask', 'ask', 'deny'] as const),
    }),
    scope: buildScope({
      userId: pick(random, PEOPLE),
      agentId: random() < 0.7 ? 'agent' : undefined,
      projectId: random() < 0.5 ? 'plan' : undefined,
    }),
    profile: runtimeProfile(pick(random, ['local', 'production', 'production', 'test'] as const)),
    nowMs: NOW_MS,
  };
}

function trustUpTo(allowedEffects: EffectKind[]): EffectiveTrust {
  const identity = { packageId: parseExtensionId('notes'), source: 'composed' } as const;
  return evaluateTrust(createHostTrustPolicy([{ ...identity, trust: 'user_trusted', allowedEffects }]), identity);
}

/** In their order; at least one. */
function some(random: () => number, share: number): readonly [EffectKind, ...EffectKind[]] {
  const [first, ...others] = EFFECTS.filter(() => random() < share);
  return [first ?? 'read_filesystem', ...others];
}

function pick<T>(random: () => number, values: readonly [T, ...T[]] | readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('There is nothing to pick from');
  return value;
}
