/**
 * The laws that an authoriser keeps whatever it is asked.
 *
 * Not here: what it says of each request (`../../test/authoriser.test.ts`, against the reference).
 */
import {
  composeMostRestrictive,
  exceededDimensions,
  findTarget,
  isMountSubset,
  MOUNT_PERMISSIONS,
  principalsOf,
  isSamePrincipal,
  runtimeProfile,
  type CapabilityGrant,
  type MountGrant,
  type NetworkPlace,
  type NetworkTarget,
  type ResourceAmounts,
  type Verdict,
} from '@reborn/host-api';
import { buildDescriptor, buildGrant, buildScope, buildTrust, fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pick, shuffled, without, type Draw } from '../testkit/draw.ts';
import { createRandomAuthorizations } from '../testkit/random-authorization.ts';
import { authorize, type Allowance, type AuthorizationRequest } from './authorize.ts';
import { statedEstimate } from './plan.ts';

const NOW = 1_000_000;
const RUNS = { numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 200) };

const request = fc.nat().map((seed) => createRandomAuthorizations(seed)());
const draws = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));
const chance = draws.map(
  (stream): Draw =>
    () =>
      stream.next().value ?? 0,
);

const verdictOf = (asked: AuthorizationRequest): Verdict => composeMostRestrictive(authorize(asked).verdicts);
const rank = { allow: 0, approval: 1, auth: 2, deny: 3 } as const;
const rankOf = (asked: AuthorizationRequest): number => rank[verdictOf(asked).kind];

/** Every place that any target of a random request can mean. */
const PLACES: readonly NetworkPlace[] = [
  'a.example',
  'b.example',
  'example',
  'x.a.example',
  'y.a.example',
  '127.0.0.1',
  '1.0.0.1',
].flatMap((host) =>
  [
    { scheme: 'https', port: 443 },
    { scheme: 'http', port: 80 },
    { scheme: 'https', port: 8443 },
  ].map((door) => ({ host, ...door }) as NetworkPlace),
);

/** Where `narrow` leads and `wide` does not. A private place is another one than the public of the same name. */
function beyondTargets(narrow: readonly NetworkTarget[], wide: readonly NetworkTarget[]): readonly NetworkPlace[] {
  return PLACES.filter((place) => {
    const found = findTarget(narrow, place);
    const fitting = wide.filter((target) => findTarget([target], place) !== undefined);
    return found !== undefined && !fitting.some((target) => found.private !== true || target.private === true);
  });
}

/** What `narrow` leaves that `wide` does not. */
function beyond(narrow: Allowance, wide: Pick<Allowance, 'mounts' | 'targets' | 'secrets' | 'ceiling'>): object {
  return {
    mounts: isMountSubset(narrow.mounts ?? { mounts: [] }, wide.mounts ?? { mounts: [] }) ? [] : narrow.mounts,
    targets: beyondTargets(narrow.targets ?? [], wide.targets ?? []),
    secrets: narrow.secrets.filter((handle) => !wide.secrets.includes(handle)),
    ceiling: exceededDimensions(narrow.ceiling, wide.ceiling),
    unlimited: Object.keys(wide.ceiling).filter((dimension) => !(dimension in narrow.ceiling)),
  };
}
const NOTHING = { mounts: [], targets: [], secrets: [], ceiling: [], unlimited: [] };

/** Changes one grant. */
const inGrant =
  (change: (grant: CapabilityGrant, draw: Draw) => Partial<CapabilityGrant>): Tightening =>
  ({ grants }, draw) => {
    const chosen = grants.length === 0 ? undefined : pick(draw, grants);
    return { grants: grants.map((grant) => (grant === chosen ? { ...grant, ...change(grant, draw) } : grant)) };
  };
/** The same for the folders of a grant that names none but the host's: one that names others is void until it does not. */
const inFolders =
  (change: (mounts: readonly MountGrant[], draw: Draw) => readonly MountGrant[]): Tightening =>
  (asked, draw) =>
    inGrant(({ mounts }) => {
      const fits = mounts !== undefined && isMountSubset(mounts, asked.mounts ?? { mounts: [] });
      return fits ? { mounts: { mounts: [...change(mounts.mounts, draw)] } } : {};
    })(asked, draw);
type Tightening = (asked: AuthorizationRequest, draw: Draw) => Partial<AuthorizationRequest>;

const TIGHTENINGS: readonly (readonly [string, Tightening])[] = [
  ['a grant fewer', ({ grants }, draw) => ({ grants: without(draw, grants) })],
  [
    'a grant for less effects',
    inGrant(({ allowedEffects }, draw) => ({ allowedEffects: [...without(draw, allowedEffects)] })),
  ],
  [
    'a grant of a secret fewer',
    inGrant(({ secrets }, draw) => (secrets === undefined ? {} : { secrets: [...without(draw, secrets)] })),
  ],
  [
    'a grant of a target fewer',
    inGrant(({ targets }, draw) => (targets === undefined ? {} : { targets: [...without(draw, targets)] })),
  ],
  [
    'a grant of no private place',
    inGrant(({ targets }) =>
      targets === undefined ? {} : { targets: targets.map((target) => ({ ...target, private: false })) },
    ),
  ],
  ['a grant of a folder fewer', inFolders((mounts, draw) => without(draw, mounts))],
  [
    'a grant of fewer rights in its folders',
    inFolders((mounts, draw) => {
      const never = { [pick(draw, MOUNT_PERMISSIONS)]: false };
      return mounts.map((mount) => ({ ...mount, permissions: { ...mount.permissions, ...never } }));
    }),
  ],
  [
    'a lower ceiling',
    inGrant(({ ceiling }, draw) => ({
      ceiling: {
        ...ceiling,
        ...pick<ResourceAmounts>(draw, [
          { usd: '0' },
          { inputTokens: 0 },
          { outputTokens: 0 },
          { wallClockMs: 1 },
          { outputBytes: 1 },
          { egressBytes: 0 },
        ]),
      },
    })),
  ],
  ['an earlier end', inGrant(() => ({ expiresAtMs: 1 }))],
  ['a time later', ({ nowMs }) => ({ nowMs: nowMs + 1 })],
  ['one use more', ({ uses, grants }) => ({ uses: new Map(grants.map(({ id }) => [id, (uses?.get(id) ?? 0) + 1])) })],
  [
    'less trust',
    ({ trust }, draw) => ({ trust: buildTrust('notes', 'user_trusted', [...without(draw, trust.allowedEffects)]) }),
  ],
  ['the posture of tests', () => ({ profile: runtimeProfile('test') })],
  [
    'the question of the provider',
    ({ descriptor }) => ({
      descriptor: { ...descriptor, permission: descriptor.permission === 'deny' ? 'deny' : 'ask' },
    }),
  ],
  [
    'an effect more',
    ({ effects, descriptor }) => ({
      effects: [...new Set([...(effects ?? descriptor.effects), 'spawn_process' as const])],
    }),
  ],
  [
    'a credential more',
    ({ descriptor }) => ({
      descriptor: {
        ...descriptor,
        credentials: [...(descriptor.credentials ?? []), { handle: 'other.token' as never, required: true }],
      },
    }),
  ],
  [
    'a higher estimate',
    ({ estimate }) => ({
      estimate: { ...estimate, ...(estimate?.usd === undefined ? {} : { usd: '999999999999999999.999999999999' }) },
    }),
  ],
];

describe('the laws of the authoriser', () => {
  test('it denies by default', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const foreign = asked.grants.map(
          (grant) => ({ ...grant, grantee: { kind: 'user', id: 'nobody' } }) as CapabilityGrant,
        );
        for (const grants of [[], foreign]) expect(verdictOf({ ...asked, grants }).kind).toBe('deny');
      }),
      RUNS,
    );
  });

  test('what denies wins over every grant: the provider, the trust in it, the posture', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const descriptor = { ...asked.descriptor, permission: 'deny' } as const;
        expect(verdictOf({ ...asked, descriptor })).toMatchObject({ kind: 'deny', code: 'permission_denied' });
        const effects = [...new Set([...(asked.effects ?? asked.descriptor.effects), 'network' as const])];
        expect(verdictOf({ ...asked, effects, trust: buildTrust('notes', 'system', []) }).kind).toBe('deny');
        expect(verdictOf({ ...asked, effects, profile: runtimeProfile('test') }).kind).toBe('deny');
      }),
      RUNS,
    );
  });

  test('the order of grants, of effects and of secrets means nothing', () => {
    fc.assert(
      fc.property(request, chance, (asked, draw) => {
        const grants = asked.grants.map((grant) => ({ ...grant, allowedEffects: grant.allowedEffects.toReversed() }));
        const said = authorize({
          ...asked,
          effects: (asked.effects ?? asked.descriptor.effects).toReversed(),
          grants: shuffled(draw, grants),
        });
        const { verdicts, allowance } = authorize(asked);
        expect(said.verdicts).toEqual(verdicts);
        expect({ ...said.allowance, grant: said.allowance?.grant.id }).toEqual({
          ...allowance,
          grant: allowance?.grant.id,
        });
      }),
      RUNS,
    );
  });

  test('another grant never takes an allowance away', () => {
    fc.assert(
      fc.property(request, request, chance, (asked, { grants: others }, draw) => {
        const known = new Set(asked.grants.map(({ id }) => id));
        const more = others.filter(({ id }) => !known.has(id));
        expect(rankOf({ ...asked, grants: shuffled(draw, [...asked.grants, ...more]) })).toBeLessThanOrEqual(
          rankOf(asked),
        );
      }),
      RUNS,
    );
  });

  test.each(TIGHTENINGS)('%s never allows what was refused, asks less, or leaves more', (_, tighten) => {
    fc.assert(
      fc.property(request, chance, (asked, draw) => {
        const tight = { ...asked, ...tighten(asked, draw) };
        expect(rankOf(tight)).toBeGreaterThanOrEqual(rankOf(asked));
        const [narrow, wide] = [authorize(tight).allowance, authorize(asked).allowance];
        if (narrow !== undefined && narrow.grant.id === wide?.grant.id) expect(beyond(narrow, wide)).toEqual(NOTHING);
      }),
      RUNS,
    );
  });

  test('nothing grants itself: whatever is declared and estimated, one live grant and the host leave no less', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { allowance } = authorize(asked);
        if (allowance === undefined) return;
        const { grant } = allowance;
        const { secrets = [], targets, ceiling = {}, expiresAtMs = Infinity, maxInvocations = Infinity } = grant;
        expect(asked.grants).toContain(grant);
        expect(principalsOf(asked.scope).some((principal) => isSamePrincipal(principal, grant.grantee))).toBe(true);
        expect(expiresAtMs).toBeGreaterThan(asked.nowMs);
        expect(maxInvocations).toBeGreaterThan(asked.uses?.get(grant.id) ?? 0);
        expect(grant.allowedEffects).toEqual(expect.arrayContaining([...(asked.effects ?? asked.descriptor.effects)]));
        expect(asked.trust.allowedEffects).toEqual(
          expect.arrayContaining([...(asked.effects ?? asked.descriptor.effects)]),
        );
        expect(
          beyond(allowance, { mounts: asked.mounts, targets: targets ?? asked.descriptor.targets, secrets, ceiling }),
        ).toEqual(NOTHING);
        const isPrivate = (allowance.targets ?? []).some((target) => target.private === true);
        if (isPrivate) expect(targets?.some((target) => target.private === true)).toBe(true);
      }),
      RUNS,
    );
  });

  test('what a caller expects adds to what the capability expects, and takes nothing off it', () => {
    fc.assert(
      fc.property(request, request, (one, other) => {
        const descriptor = { ...one.descriptor, ...(one.estimate === undefined ? {} : { estimate: one.estimate }) };
        const said = statedEstimate({ estimate: other.estimate ?? {} } as never, { handler: { descriptor } } as never);
        for (const part of [one.estimate ?? {}, other.estimate ?? {}])
          expect(exceededDimensions(part, said)).toEqual([]);
        expect(Object.keys(said).toSorted()).toEqual(
          [...new Set(Object.keys({ ...one.estimate, ...other.estimate }))].toSorted(),
        );
      }),
      RUNS,
    );
  });
});

describe('the authoriser', () => {
  const asked: AuthorizationRequest = {
    descriptor: buildDescriptor(),
    scope: buildScope(),
    trust: buildTrust(),
    grants: [buildGrant()],
    profile: runtimeProfile('production'),
    nowMs: NOW,
  };

  test.each([
    ['another principal', { grants: [buildGrant({ grantee: { kind: 'user', id: 'bob' } })] }, 'missing_grant'],
    ['another capability', { grants: [buildGrant({ capability: 'notes.read' })] }, 'missing_grant'],
    ['an effect that is not covered', { grants: [buildGrant({ allowedEffects: [] })] }, 'policy_denied'],
    ['a grant that ran out', { grants: [buildGrant({ expiresAtMs: NOW })] }, 'missing_grant'],
    ['a sandboxed provider', { trust: buildTrust('notes', 'sandbox', []) }, 'policy_denied'],
    ['a user of another name in the same tenant', { scope: buildScope({ userId: 'bob' }) }, 'missing_grant'],
  ])('denies %s', (_, change, code) => {
    expect(verdictOf({ ...asked, ...change })).toMatchObject({ kind: 'deny', code });
  });

  test('uses a later grant that is enough', () => {
    const poor = buildGrant({ id: fixedUuid(8), allowedEffects: [] });
    expect(verdictOf({ ...asked, grants: [poor, buildGrant()] }).kind).toBe('allow');
  });

  test.each([
    ['execute_code', 'policy_denied'],
    ['spawn_process', 'policy_denied'],
    ['network', 'network_denied'],
  ] as const)('denies %s where the posture has none, whoever granted it', (effect, code) => {
    const change = {
      descriptor: buildDescriptor({ effects: [effect] }),
      trust: buildTrust('notes', 'system', [effect]),
      grants: [buildGrant({ allowedEffects: [effect] })],
    };
    expect(verdictOf({ ...asked, ...change, profile: runtimeProfile('test') })).toMatchObject({
      kind: 'deny',
      by: 'profile',
      code,
    });
    expect(verdictOf({ ...asked, ...change, profile: runtimeProfile('local') }).kind).toBe('approval');
  });
});
