/**
 * The authoriser against the reference, and authorisers with one planted fault each, to show that a fault is found.
 *
 * Not here: its laws (`../src/invoke/authorize.test.ts`).
 */
import { effectKindSchema, runtimeProfile, type CapabilityGrant, type EffectiveTrust } from '@reborn/host-api';
import { buildTrust } from '@reborn/host-api/testkit';
import { compareAuthorisers } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { authorize, type Authorization, type AuthorizationRequest } from '../src/invoke/authorize.ts';

const COUNT = Math.max(2000, Number(process.env['REBORN_MODEL_RUNS'] ?? 0));
/** So many requests are enough to find a fault. */
const FOUND_WITHIN = 4000;

test(`the authoriser says what the reference says, on ${COUNT} requests that leave no branch of it out`, () => {
  const { compared, difference, reached } = compareAuthorisers({ count: COUNT, seed: 1 });
  expect({ compared, difference }).toEqual({ compared: COUNT, difference: undefined });
  expect([...reached].filter(([, times]) => times === 0)).toEqual([]);
  expect(reached.size).toBe(51);
});

test('the same seed compares the same requests', () => {
  const [one, other, next] = [1, 1, 2].map((seed) => compareAuthorisers({ count: 50, seed }).reached);
  expect(other).toEqual(one);
  expect(next).not.toEqual(one);
});

type Authoriser = (request: AuthorizationRequest) => Authorization;

/** Asks the real one about something else. The grant that it chooses is told as it was. */
const about =
  (change: (request: AuthorizationRequest) => Partial<AuthorizationRequest>): Authoriser =>
  (request) => {
    const { verdicts, allowance } = authorize({ ...request, ...change(request) });
    const grant = request.grants.find(({ id }) => id === allowance?.grant.id);
    return { verdicts, allowance: allowance && { ...allowance, grant: grant ?? allowance.grant } };
  };
/** Asks it about other grants. */
const withGrants = (change: (grant: CapabilityGrant, request: AuthorizationRequest) => object): Authoriser =>
  about((request) => ({ grants: request.grants.map((grant) => ({ ...grant, ...change(grant, request) })) }));
const withDescriptor = (change: (request: AuthorizationRequest['descriptor']) => object): Authoriser =>
  about(({ descriptor }) => ({ descriptor: { ...descriptor, ...change(descriptor) } }));
/** Says something else than the real one. */
const instead =
  (change: (found: Authorization, request: AuthorizationRequest) => Partial<Authorization>): Authoriser =>
  (request) => {
    const found = authorize(request);
    return { ...found, ...change(found, request) };
  };
const leaving = (change: (left: NonNullable<Authorization['allowance']>, request: AuthorizationRequest) => object) =>
  instead(({ allowance }, request) => ({ allowance: allowance && { ...allowance, ...change(allowance, request) } }));

const trusted: EffectiveTrust = buildTrust('notes', 'system', [...effectKindSchema.options]);
const production = runtimeProfile('production');

/** The grant that is chosen after the one that should be. */
function second(request: AuthorizationRequest): Authorization {
  const found = authorize(request);
  const others = request.grants.filter(({ id }) => id !== found.allowance?.grant.id);
  const other = authorize({ ...request, grants: others });
  return other.allowance === undefined ? found : other;
}

describe('a fault is found where the authoriser', () => {
  test.each<[string, Authoriser]>([
    [
      'overlooks that a capability is switched off',
      withDescriptor((it) => (it.permission === 'deny' ? { permission: 'allow' } : {})),
    ],
    ['forgets to ask', withDescriptor((it) => (it.permission === 'ask' ? { permission: 'allow' } : {}))],
    ['trusts every provider', about(() => ({ trust: trusted }))],
    [
      'looks at what the capability declares, and not at what is done',
      about(({ descriptor }) => ({ effects: descriptor.effects })),
    ],
    ['does not know of the posture', about(() => ({ profile: production }))],
    [
      'lets programs run where the posture has none',
      about(({ profile }) => ({ profile: { ...profile, processes: 'in_workspace' } })),
    ],
    [
      'lets the network be used where the posture has none',
      about(({ profile }) => ({ profile: { ...profile, network: 'brokered' } })),
    ],
    ['does not look at the clock', about(() => ({ nowMs: 0 }))],
    ['takes the last moment of a grant for one too many', about(({ nowMs }) => ({ nowMs: nowMs + 1 }))],
    ['takes a grant that runs out now', about(({ nowMs }) => ({ nowMs: nowMs - 1 }))],
    ['does not count uses', about(() => ({ uses: new Map() }))],
    [
      'counts one use too few',
      about(({ uses }) => ({ uses: new Map([...(uses ?? [])].map(([id, times]) => [id, times - 1])) })),
    ],
    ['takes a grant of another capability', withGrants((_grant, { descriptor }) => ({ capability: descriptor.id }))],
    [
      'takes a grant to anybody',
      withGrants((_grant, { scope }) => ({ grantee: { kind: 'tenant', id: scope.tenantId } })),
    ],
    [
      'takes a grant to the extension for one to its user',
      withGrants((grant, { scope }) =>
        grant.grantee.kind === 'extension' ? { grantee: { kind: 'user', id: scope.userId } } : {},
      ),
    ],
    [
      'takes a grant to the host for one to its user',
      withGrants((grant, { scope }) =>
        grant.grantee.kind === 'host' ? { grantee: { kind: 'user', id: scope.userId } } : {},
      ),
    ],
    [
      'confuses the kinds of principals',
      withGrants(({ grantee }, { scope }) =>
        'id' in grantee && Object.values(scope).includes(grantee.id as never)
          ? { grantee: { kind: 'user', id: scope.userId } }
          : {},
      ),
    ],
    [
      'forgets the grants to a mission',
      withGrants(({ grantee }) => (grantee.kind === 'mission' ? { grantee: { kind: 'host' } } : {})),
    ],
    [
      'takes an effect that was granted by halves',
      withGrants((_grant, { grants }) => ({ allowedEffects: grants.flatMap((each) => each.allowedEffects) })),
    ],
    ['looks at the first grant only', about(({ grants }) => ({ grants: grants.slice(0, 1) }))],
    ['takes another grant that is enough', second],
    [
      'uses up what is counted before what is not',
      withGrants(({ maxInvocations }) => ({ maxInvocations: maxInvocations ?? 1000 })),
    ],
    [
      'lets a grant name folders that the host did not mount',
      about(({ grants, mounts }) => ({
        mounts: { mounts: [...(mounts?.mounts ?? []), ...grants.flatMap((grant) => grant.mounts?.mounts ?? [])] },
      })),
    ],
    [
      'lets a capability without folders have those of its grant',
      about(({ grants, mounts }) => ({ mounts: mounts ?? grants.find((grant) => grant.mounts !== undefined)?.mounts })),
    ],
    ['leaves all folders of the host', leaving((_left, { mounts }) => ({ mounts }))],
    [
      'needs no secret to be granted',
      withDescriptor(({ credentials }) => ({
        credentials: credentials?.map((each) => ({ ...each, required: false })),
      })),
    ],
    [
      'needs every secret to be granted',
      withDescriptor(({ credentials }) => ({ credentials: credentials?.map((each) => ({ ...each, required: true })) })),
    ],
    ['lends every secret of the grant', leaving(({ grant }) => ({ secrets: grant.secrets ?? [] }))],
    [
      'lends every secret that is declared',
      leaving((_left, { descriptor }) => ({ secrets: (descriptor.credentials ?? []).map(({ handle }) => handle) })),
    ],
    ['lets a capability talk where it likes', leaving((_left, { descriptor }) => ({ targets: descriptor.targets }))],
    [
      'lets a capability talk wherever its grant leads',
      leaving(({ grant, targets }) => ({ targets: grant.targets ?? targets })),
    ],
    [
      'takes a private place for granted when it is declared',
      leaving(({ targets, grant }, { descriptor }) =>
        grant.targets === undefined ? { targets: descriptor.targets } : { targets },
      ),
    ],
    [
      'lets a capability go without anybody to talk to',
      withDescriptor(({ targets }) => ({ targets: targets === undefined ? undefined : [] })),
    ],
    [
      'takes what nobody has estimated for nothing',
      about(({ estimate }) => ({ estimate: { usd: '0', inputTokens: 0, outputTokens: 0, ...estimate } })),
    ],
    [
      'counts money in floating point',
      about(({ estimate }) =>
        estimate?.usd === undefined ? {} : { estimate: { ...estimate, usd: String(Number(estimate.usd)) } },
      ),
    ],
    [
      'compares money as text',
      about(({ estimate }) => ({ estimate: { ...estimate, ...(estimate?.usd === '10' ? { usd: '1' } : {}) } })),
    ],
    ['does not look at the ceiling', withGrants(() => ({ ceiling: undefined }))],
    [
      'forgets the tokens that come out',
      withGrants(({ ceiling }) => ({ ceiling: { ...ceiling, outputTokens: undefined } })),
    ],
    [
      'leaves the deadline of the capability',
      leaving(({ ceiling }, { descriptor }) => ({ ceiling: { ...ceiling, wallClockMs: descriptor.deadlineMs } })),
    ],
    [
      'leaves the deadline of the grant',
      leaving(({ ceiling, grant }) => ({
        ceiling: { ...ceiling, wallClockMs: grant.ceiling?.wallClockMs ?? ceiling.wallClockMs },
      })),
    ],
    ['leaves no bound for what is sent', leaving(({ ceiling: { egressBytes: _bytes, ...ceiling } }) => ({ ceiling }))],
    [
      'asks about a refusal',
      instead(({ verdicts }) =>
        verdicts[0]?.kind === 'deny'
          ? { verdicts: [{ kind: 'approval', by: 'descriptor', code: 'permission_ask' }] }
          : {},
      ),
    ],
    [
      'leaves an allowance with a refusal',
      instead(({ verdicts, allowance }, request) => ({
        allowance:
          allowance ??
          (verdicts[0]?.kind === 'deny' ? authorize({ ...request, profile: production }).allowance : undefined),
      })),
    ],
  ])('%s', (_, authoriser) => {
    expect(compareAuthorisers({ count: FOUND_WITHIN, seed: 1, authoriser }).difference).toBeDefined();
  });
});
