import {
  composeMostRestrictive,
  effectKindSchema,
  runtimeProfile,
  type CapabilityGrant,
  type Verdict,
} from '@reborn/host-api';
import { buildDescriptor, buildGrant, buildScope, buildTrust, fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorize, type AuthorizationRequest } from './authorize.ts';

const NOW = 1_000_000;
const EFFECTS = effectKindSchema.options;
const effects = fc
  .uniqueArray(fc.constantFrom(...EFFECTS.slice(0, 5)), { maxLength: 3 })
  .map((found) => found.toSorted());
const grantee = fc.constantFrom(
  { kind: 'user', id: 'alice' },
  { kind: 'user', id: 'bob' },
  { kind: 'agent', id: 'agent' },
  { kind: 'tenant', id: 'acme' },
  { kind: 'tenant', id: 'other' },
  { kind: 'extension', id: 'notes' },
  { kind: 'host' },
) as fc.Arbitrary<CapabilityGrant['grantee']>;
const grant = fc
  .record({
    capability: fc.constantFrom('notes.write', 'notes.read'),
    grantee,
    allowedEffects: effects,
    expiresAtMs: fc.constantFrom(undefined, NOW - 1, NOW, NOW + 1),
  })
  .map((fields) => buildGrant({ ...fields, allowedEffects: [...fields.allowedEffects] }));
const grants = fc.array(grant, { maxLength: 4 });
const request = fc
  .record({
    effects,
    permission: fc.constantFrom('allow', 'ask', 'deny'),
    ceiling: effects,
    profile: fc.constantFrom('local', 'production', 'test'),
    grants,
  } as const)
  .map(({ effects, permission, ceiling, profile, grants }): AuthorizationRequest => ({
    descriptor: buildDescriptor({ effects: [...effects], permission }),
    scope: buildScope(),
    trust: buildTrust('notes', 'user_trusted', [...ceiling]),
    grants,
    profile: runtimeProfile(profile),
    nowMs: NOW,
  }));

const verdictOf = (asked: AuthorizationRequest): Verdict => composeMostRestrictive(authorize(asked));
const rank = { allow: 0, approval: 1, auth: 2, deny: 3 } as const;

describe('the laws of the authoriser', () => {
  test('it denies by default', () => {
    fc.assert(
      fc.property(request, (asked) => {
        expect(verdictOf({ ...asked, grants: [] }).kind).toBe('deny');
      }),
    );
  });

  test('another grant never takes an allowance away', () => {
    fc.assert(
      fc.property(request, grant, fc.nat(4), (asked, more, at) => {
        const added = { ...asked, grants: asked.grants.toSpliced(at, 0, more) };
        expect(rank[verdictOf(added).kind]).toBeLessThanOrEqual(rank[verdictOf(asked).kind]);
      }),
    );
  });

  test('the order of grants means nothing', () => {
    fc.assert(
      fc.property(request, (asked) => {
        expect(authorize({ ...asked, grants: asked.grants.toReversed() })).toEqual(authorize(asked));
      }),
    );
  });

  test('a permission of "deny" wins over everything', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const descriptor = { ...asked.descriptor, permission: 'deny' } as const;
        expect(verdictOf({ ...asked, descriptor })).toMatchObject({ kind: 'deny', code: 'permission_denied' });
      }),
    );
  });

  test('an effect beyond the trust of the provider is denied, whoever granted it', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const beyond = asked.descriptor.effects.some((effect) => !asked.trust.allowedEffects.includes(effect));
        if (beyond) expect(verdictOf(asked).kind).toBe('deny');
      }),
    );
  });

  test('nothing is allowed that one live grant to a principal of the scope does not cover', () => {
    fc.assert(
      fc.property(request, (asked) => {
        if (verdictOf(asked).kind === 'deny') return;
        const covers = asked.grants.filter(
          ({ capability, grantee, allowedEffects, expiresAtMs }) =>
            capability === 'notes.write' &&
            ['alice', 'agent', 'acme'].includes('id' in grantee ? grantee.id : '') &&
            asked.descriptor.effects.every((effect) => allowedEffects.includes(effect)) &&
            (expiresAtMs ?? Infinity) > NOW,
        );
        expect(covers.length).toBeGreaterThan(0);
      }),
    );
  });

  test('a permission of "ask", and a posture that asks, never allow more than without', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const allows = { ...asked, descriptor: { ...asked.descriptor, permission: 'allow' } as const };
        const asks = { ...asked, descriptor: { ...asked.descriptor, permission: 'ask' } as const };
        expect(rank[verdictOf(asks).kind]).toBe(Math.max(rank.approval, rank[verdictOf(allows).kind]));
      }),
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
