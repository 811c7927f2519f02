/**
 * Requests to an authoriser, drawn by chance and by a seed: most of what stands in one fits, and what does not is off by as
 * little as possible. Made of words that were checked once, so that millions of them cost little.
 *
 * Not here: what an authoriser should say of them (`reference-authoriser.ts`).
 */
import {
  createHostTrustPolicy,
  effectKindSchema,
  evaluateTrust,
  MOUNT_PERMISSIONS,
  parseExtensionId,
  parseMountView,
  parseSecretHandle,
  parseVirtualPath,
  runtimeProfile,
  grantIdSchema,
  type CapabilityDescriptor,
  type CapabilityGrant,
  type EffectiveTrust,
  type EffectKind,
  type GrantId,
  type MountGrant,
  type MountView,
  type NetworkTarget,
  type Principal,
  type ResourceAmounts,
  type ResourceScope,
  type SecretHandle,
} from '@reborn/host-api';
import { buildDescriptor, buildGrant, buildScope } from '@reborn/host-api/testkit';
import type { AuthorizationRequest } from '../invoke/authorize.ts';
import { createDraw, pick, shuffled, some, without, type Draw } from './draw.ts';

/** Moments that are one apart decide whether a grant has run out. Units: milliseconds since 1970. */
const NOW_MS = 1_767_225_600_000;
const EFFECTS = effectKindSchema.options;
const PROFILES = (['local', 'production', 'production', 'test'] as const).map(runtimeProfile);
const DESCRIPTORS = [
  buildDescriptor(),
  buildDescriptor({ id: 'notes.read' }),
  buildDescriptor({ id: 'notes.write.all' }),
];
const GRANT = buildGrant();
/** Names that stand for several axes at once: whoever confuses the kinds of principals grants to the wrong one. */
const SCOPES: readonly ResourceScope[] = [
  buildScope(),
  buildScope({ agentId: undefined, threadId: undefined }),
  buildScope({ tenantId: 'alice', userId: 'acme', agentId: 'notes' }),
  buildScope({ projectId: 'project', missionId: 'mission' }),
  buildScope({ userId: 'bob', agentId: 'alice', projectId: 'acme', missionId: 'agent', threadId: undefined }),
];
const NAMES = ['acme', 'alice', 'bob', 'agent', 'notes', 'project', 'mission', 'thread-1'];
const KINDS = ['tenant', 'user', 'agent', 'project', 'mission', 'thread', 'extension', 'system'] as const;
const GRANT_IDS = Array.from('3a07c91be5d2', (digit, at) =>
  grantIdSchema.parse(`${digit}${at.toString(16)}000000-0000-4000-8000-000000000000`),
);
const HANDLES: readonly SecretHandle[] = ['forge.token', 'mail.token', 'notes.token'].map((name) =>
  parseSecretHandle(name),
);
const HOSTS = ['a.example', 'b.example', '*.example', '*.a.example', 'x.a.example', '127.0.0.1', '*.0.0.1'];
const DOORS = [{}, {}, { scheme: 'https', port: 443 }, { scheme: 'http' }, { port: 8443 }] as const;
/** Ascending. Some differ by less than a number can tell. */
const MONEY = ['0', '0.1', '0.100000000001', '0.3', '9', '10', '9007199254740992', '9007199254740992.000000000001'];
const COUNTS = [0, 1, 2, 9, 10, 4_503_599_627_370_496];
const MAY_ALL = { read: true, write: true, delete: true, list: true, execute: true };
const MAY_READ = { ...MAY_ALL, write: false, delete: false, execute: false };
const { mounts: MOUNTS } = parseMountView({
  mounts: [
    { alias: '/workspace', target: '/projects/demo', permissions: MAY_ALL },
    { alias: '/workspace/secret', target: '/projects/secret', permissions: MAY_READ },
    { alias: '/workspace-2', target: '/projects/other', permissions: MAY_READ },
    { alias: '/shared', target: '/projects/shared', permissions: MAY_READ },
  ],
});
const OTHER_TARGET = parseVirtualPath('/projects/elsewhere');

/** What is drawn for one request: `slips` says of each detail whether it is spoiled. */
interface Dice {
  readonly draw: Draw;
  readonly slips: () => boolean;
}

/** One request after the other. The same seed gives the same requests. */
export function createRandomAuthorizations(seed: number): () => AuthorizationRequest {
  const draw = createDraw(seed);
  const minted = new Map<string, EffectiveTrust>();
  const trustIn = (effects: readonly EffectKind[]): EffectiveTrust => {
    const key = effects.join();
    const known = minted.get(key) ?? mintTrust(effects);
    minted.set(key, known);
    return known;
  };
  return () => {
    const share = pick(draw, [0, 0.02, 0.1, 0.4]);
    const dice: Dice = { draw, slips: () => draw() < share };
    const descriptor = drawDescriptor(dice);
    const effects =
      draw() < 0.1 ? [...new Set([...descriptor.effects, 'spawn_process' as const])].toSorted() : undefined;
    const trusted = aroundEffects(dice, effects ?? descriptor.effects);
    const mounts = drawHostView(draw);
    const estimate = draw() < 0.2 ? undefined : drawAmounts(draw);
    const request = { descriptor, scope: pick(draw, SCOPES), profile: pick(draw, PROFILES), mounts, nowMs: NOW_MS };
    const about = { ...request, effects: effects ?? descriptor.effects, estimate: estimate ?? {} };
    const ids = shuffled(draw, GRANT_IDS).slice(0, pick(draw, [0, 1, 1, 1, 2, 2, 3, 5]));
    const grants = ids.map((id) => drawGrant(dice, about, id));
    return {
      ...request,
      trust: trustIn(trusted),
      grants,
      ...(effects === undefined ? {} : { effects }),
      ...(estimate === undefined ? {} : { estimate }),
      ...(draw() < 0.2 ? {} : { uses: drawUses(dice, grants) }),
    };
  };
}

/** What a grant is made to fit. */
interface Wanted {
  readonly descriptor: CapabilityDescriptor;
  readonly scope: ResourceScope;
  readonly mounts: MountView | undefined;
  readonly effects: readonly EffectKind[];
  readonly estimate: ResourceAmounts;
}

function drawDescriptor({ draw, slips }: Dice): CapabilityDescriptor {
  const particular = some(draw, ['network', 'use_secret'] as const, 0.3);
  const effects = [...new Set([...particular, ...some(draw, EFFECTS, pick(draw, [0, 0.05, 0.1, 0.25]))])].toSorted();
  const credentials = HANDLES.flatMap((handle) => (draw() < 0.5 ? [{ handle, required: draw() < 0.6 }] : []));
  const targets = drawTargets(draw);
  return {
    ...pick(draw, DESCRIPTORS),
    effects,
    permission: slips() ? 'deny' : pick(draw, ['allow', 'allow', 'ask']),
    deadlineMs: pick(draw, [1, 5000]),
    outputBytesMax: pick(draw, [1, 65_536]),
    ...(effects.includes('use_secret') && draw() < 0.8 ? { credentials } : {}),
    ...(effects.includes('network') && draw() < 0.8 ? { targets } : {}),
  };
}

function drawGrant(dice: Dice, wanted: Wanted, id: GrantId): CapabilityGrant {
  const { draw, slips } = dice;
  const { descriptor, scope, mounts, effects, estimate } = wanted;
  const optional = {
    expiresAtMs: drawExpiry(dice),
    mounts: drawGrantView(dice, mounts),
    targets: drawGrantTargets(dice, descriptor.targets),
    secrets: drawSecrets(dice, descriptor),
    ceiling: draw() < 0.5 ? undefined : drawCeiling(dice, estimate),
    maxInvocations: draw() < 0.6 ? undefined : pick(draw, [1, 2, 3]),
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    ...GRANT,
    ...Object.fromEntries(present),
    id,
    capability: (slips() ? pick(draw, DESCRIPTORS) : descriptor).id,
    grantee: slips() ? drawPrincipal(draw) : drawPrincipalOf(draw, scope),
    allowedEffects: aroundEffects(dice, effects),
  };
}

/** What is needed and a little more; or all but one of it. */
function aroundEffects({ draw, slips }: Dice, effects: readonly EffectKind[]): EffectKind[] {
  const kept = slips() ? without(draw, effects) : effects;
  const missing = effects.find((effect) => !kept.includes(effect));
  const more = some(draw, EFFECTS, 0.2).filter((effect) => effect !== missing);
  return [...new Set([...kept, ...more])].toSorted();
}

function drawExpiry({ draw, slips }: Dice): number | undefined {
  if (slips()) return pick(draw, [NOW_MS, NOW_MS - 1]);
  return pick(draw, [undefined, undefined, NOW_MS + 1, NOW_MS + 60_000]);
}

function drawPrincipalOf(draw: Draw, scope: ResourceScope): Principal {
  const kind = pick(draw, ['tenant', 'user', 'user', 'agent', 'project', 'mission', 'thread'] as const);
  const id = scope[`${kind}Id`];
  return id === undefined ? { kind: 'user', id: scope.userId } : ({ kind, id } as Principal);
}

function drawPrincipal(draw: Draw): Principal {
  if (draw() < 0.1) return { kind: 'host' };
  return { kind: pick(draw, KINDS), id: pick(draw, NAMES) } as Principal;
}

function drawSecrets({ draw, slips }: Dice, { credentials = [] }: CapabilityDescriptor): SecretHandle[] | undefined {
  const needed = credentials.flatMap(({ handle, required }) => (required || draw() < 0.3 ? [handle] : []));
  if (needed.length === 0 && draw() < 0.7) return undefined;
  const kept = slips() ? without(draw, needed) : needed;
  const more = some(draw, HANDLES, 0.3).filter((handle) => !needed.includes(handle));
  return shuffled(draw, [...kept, ...more]);
}

function drawHostView(draw: Draw): MountView | undefined {
  return draw() < 0.3 ? undefined : { mounts: some(draw, MOUNTS, 0.6) };
}

/** Some of the host's folders, with fewer rights; or one that the host does not have like this, or one too few. */
function drawGrantView({ draw, slips }: Dice, host: MountView | undefined): MountView | undefined {
  if (draw() < 0.5) return undefined;
  const kept = some(draw, host?.mounts ?? [], 0.7);
  const below = (host?.mounts ?? []).filter(({ alias }) => kept.some((mount) => alias.startsWith(`${mount.alias}/`)));
  const whole = [...new Set([...kept, ...below])].map((mount) => (draw() < 0.5 ? mount : narrowed(draw, mount)));
  if (!slips()) return { mounts: whole };
  const [first, ...rest] = shuffled(draw, whole);
  const other = pick(draw, MOUNTS);
  return pick(draw, [
    { mounts: whole.some(({ alias }) => alias === other.alias) ? whole : [...whole, other] },
    { mounts: first === undefined ? [] : [{ ...first, permissions: MAY_ALL }, ...rest] },
    { mounts: first === undefined ? [] : [{ ...first, target: OTHER_TARGET }, ...rest] },
    { mounts: rest },
  ]);
}

function narrowed(draw: Draw, mount: MountGrant): MountGrant {
  return { ...mount, permissions: { ...mount.permissions, [pick(draw, MOUNT_PERMISSIONS)]: false } };
}

function drawTargets(draw: Draw): NetworkTarget[] {
  return Array.from({ length: pick(draw, [0, 1, 1, 2, 3]) }, () => drawTarget(draw));
}

function drawTarget(draw: Draw): NetworkTarget {
  const isPrivate = pick(draw, [{}, {}, { private: true }, { private: false }]);
  return { host: pick(draw, HOSTS), ...pick(draw, DOORS), ...isPrivate };
}

function drawGrantTargets({ draw, slips }: Dice, declared: readonly NetworkTarget[] = []): NetworkTarget[] | undefined {
  if (draw() < 0.4) return undefined;
  if (slips() || declared.length === 0) return drawTargets(draw);
  return [{ ...pick(draw, declared), private: draw() < 0.5 }, ...drawTargets(draw)];
}

function drawAmounts(draw: Draw): ResourceAmounts {
  const optional = { usd: pick(draw, MONEY), inputTokens: pick(draw, COUNTS), outputTokens: pick(draw, COUNTS) };
  return Object.fromEntries(Object.entries(optional).filter(() => draw() < 0.7));
}

/** At least what is expected, or less, or in a dimension of which nothing is expected. */
function drawCeiling({ draw, slips }: Dice, expected: ResourceAmounts): NonNullable<CapabilityGrant['ceiling']> {
  const around = <T>(ladder: readonly T[], value: T | undefined): T | undefined => {
    const at = value === undefined ? -1 : ladder.indexOf(value);
    if (slips()) return at < 1 ? pick(draw, ladder) : ladder[draw() < 0.6 ? at - 1 : Math.floor(draw() * at)];
    return at < 0 || draw() < 0.4 ? undefined : pick(draw, ladder.slice(at));
  };
  const limits = {
    usd: around(MONEY, expected.usd),
    inputTokens: around(COUNTS, expected.inputTokens),
    outputTokens: around(COUNTS, expected.outputTokens),
    wallClockMs: pick(draw, [undefined, undefined, 1, 4999, 5000, 5001]),
    outputBytes: pick(draw, [undefined, undefined, 1, 65_536, 65_537]),
    egressBytes: pick(draw, [undefined, undefined, 0, 10]),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, most]) => most !== undefined));
}

function drawUses({ draw, slips }: Dice, grants: readonly CapabilityGrant[]): ReadonlyMap<GrantId, number> {
  return new Map(
    grants.flatMap(({ id, maxInvocations = 1 }) => {
      if (slips()) return [[id, maxInvocations + pick(draw, [0, 0, 1])] as const];
      return draw() < 0.5 ? [] : [[id, maxInvocations - 1] as const];
    }),
  );
}

function mintTrust(effects: readonly EffectKind[]): EffectiveTrust {
  const identity = { packageId: parseExtensionId('notes'), source: 'composed' } as const;
  const policy = createHostTrustPolicy([{ ...identity, trust: 'user_trusted', allowedEffects: [...effects] }]);
  return evaluateTrust(policy, identity);
}
