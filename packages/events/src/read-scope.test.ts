import { parseRunId, type CapabilityGrant } from '@reborn/host-api';
import { buildGrant, buildScope, createSentinel, FAKE_START_MS, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { isReadScope, LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor } from './read-scope.ts';

const { tenantId } = buildScope();
const grantee = { kind: 'tenant', id: tenantId } as const;

describe('The read scope of an owner', () => {
  test('fixes the tenant and each axis that the owner has', () => {
    const runId = parseRunId(fixedUuid(1));
    const scope = readScopeFor(buildScope({ projectId: 'p' }), { runId });
    expect({ tenantId: scope.tenantId, labels: scope.labels }).toEqual({
      tenantId: 'acme',
      labels: { userId: 'alice', agentId: 'agent', projectId: 'p', threadId: 'thread-1', runId },
    });
  });

  test('admits records of its agent alone, absence included', () => {
    const [withAgent, without] = [readScopeFor(buildScope()), readScopeFor(buildScope({ agentId: undefined }))];
    expect([
      withAgent.admits({ agentId: 'agent' }),
      withAgent.admits({}),
      withAgent.admits({ agentId: 'other' }),
    ]).toEqual([true, false, false]);
    expect([without.admits({ agentId: 'agent' }), without.admits({})]).toEqual([false, true]);
  });

  test.each([
    { userId: 'bob' },
    { agentId: 'other' },
    { runId: 'not a uuid' },
    { runId: fixedUuid(1), extra: true },
    null,
  ])('cannot be widened or bent by %j in place of a narrowing', (narrowing) => {
    expect(() => readScopeFor(buildScope(), narrowing as never)).toThrow(/required form/);
  });

  test('is frozen, labels included', () => {
    const scope = readScopeFor(buildScope());
    expect(() => Object.assign(scope, { tenantId: 'globex' })).toThrow(TypeError);
    expect(() => Object.assign(scope.labels, { userId: 'bob' })).toThrow(TypeError);
  });

  test('cannot be forged', () => {
    const scope = readScopeFor(buildScope());
    const Made = scope.constructor as new (...args: unknown[]) => unknown;
    expect(() => new Made(Symbol('read-scope'), 'globex', undefined, {})).toThrow(/Invariant broken/);
    const copies = [
      { ...scope },
      Object.create(scope),
      Object.create(Made.prototype),
      structuredClone({ ...scope }),
      null,
      'scope',
    ];
    expect(copies.map(isReadScope)).toEqual(Array(copies.length).fill(false));
    expect(isReadScope(scope)).toBe(true);
  });

  test('is made of a whole scope only, and its refusal shows nothing of it', () => {
    const secret = createSentinel('scope');
    for (const bad of [
      undefined,
      {},
      { tenantId: secret },
      { tenantId: `${secret}/..`, userId: 'alice' },
      { ...buildScope(), secret },
    ]) {
      let refused: unknown;
      try {
        readScopeFor(bad as never);
      } catch (error) {
        refused = error;
      }
      expect(refused).toMatchObject({ code: 'host-api/invalid_value' });
      expect(findLeaks(refused, [secret])).toEqual([]);
    }
  });
});

test('A read scope admits what it was made for, whatever is done to its kind', () => {
  const scope = readScopeFor(buildScope());
  const kind = Object.getPrototypeOf(scope) as { admits: unknown };
  expect(() => (kind.admits = () => true)).toThrow(TypeError);
  expect(scope.admits({ agentId: 'another' })).toBe(false);
});

describe('The read scope of a grant', () => {
  test.each<[string, CapabilityGrant, boolean]>([
    ['log.read to the tenant', buildGrant({ capability: LOG_READ_CAPABILITY, grantee }), true],
    [
      'one that still lasts',
      buildGrant({ capability: LOG_READ_CAPABILITY, grantee, expiresAtMs: FAKE_START_MS + 1 }),
      true,
    ],
    [
      'one that has just ended',
      buildGrant({ capability: LOG_READ_CAPABILITY, grantee, expiresAtMs: FAKE_START_MS }),
      false,
    ],
    ['another capability', buildGrant({ capability: 'log.write', grantee }), false],
    [
      'another tenant',
      buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: 'globex' } }),
      false,
    ],
    [
      'a user of that name',
      buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'user', id: tenantId } }),
      false,
    ],
  ])('is given for %s: decided', (_, grant, given) => {
    const make = () => readScopeByGrant(tenantId, grant, FAKE_START_MS);
    if (given)
      expect({ labels: make().labels, admits: make().admits({ agentId: 'any' }) }).toEqual({
        labels: {},
        admits: true,
      });
    else expect(make).toThrow('Reading more than one owner needs a grant');
  });
});
