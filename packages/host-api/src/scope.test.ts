import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExecutionContext } from './execution-context.ts';
import { parseIdempotencyKey } from './ids.ts';
import { isSamePrincipal, parsePrincipal, principalsOf } from './principal.ts';
import { isSameOwner, parseResourceScope, SCOPE_AXES, type ResourceScope } from './scope.ts';
import { toIdempotencyRecordKey, toScopeKey, toThreadKey } from './scope-key.ts';
import { buildContext, buildScope, createSentinel, findLeaks, fixedUuid } from './testkit/index.ts';

describe('A scope', () => {
  const bad: readonly unknown[] = [
    undefined,
    null,
    [],
    'acme',
    {},
    { tenantId: 'acme' },
    { userId: 'alice' },
    { tenantId: 'acme', userId: '' },
    { tenantId: 'acme', userId: 'alice', agentId: null },
    { tenantId: 'acme', userId: 'alice', threadId: '..' },
    { tenantId: 'acme', userId: 'alice', invocationId: fixedUuid(1) },
    { tenantId: 'acme', userId: 'alice', tenant_id: 'other' },
  ];
  test.each(bad)('is refused: %j', (value) => {
    expect(() => parseResourceScope(value)).toThrow(expect.objectContaining({ code: 'host-api/invalid_value' }));
  });

  test('shows nothing of what it refuses', () => {
    const sentinel = createSentinel('scope');
    for (const value of [
      { tenantId: `${sentinel}/`, userId: 'alice' },
      { tenantId: 'acme', userId: 'alice', [sentinel]: 1 },
      sentinel,
    ]) {
      let refusal: unknown;
      try {
        parseResourceScope(value);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeDefined();
      expect(findLeaks(refusal, [sentinel])).toEqual([]);
    }
  });

  test.each(SCOPE_AXES)('has another owner when only %s differs or is absent', (axis) => {
    const full = buildScope({ projectId: 'p', missionId: 'm' });
    expect(isSameOwner(full, { ...full })).toBe(true);
    expect(isSameOwner(full, { ...full, [axis]: 'other' } as ResourceScope)).toBe(false);
    const { [axis]: _, ...rest } = full;
    expect(isSameOwner(full, rest as ResourceScope)).toBe(false);
  });
});

describe('The key of a scope', () => {
  test('has the form that stores keep', () => {
    expect(toScopeKey(buildScope({ userId: 'é|1:a' }))).toBe('4:acme|6:é|1:a|5:agent|-|-|8:thread-1');
    expect(toThreadKey(buildScope())).toBe('4:acme|5:agent|-|8:thread-1');
    const key = parseIdempotencyKey('order#17');
    expect(toIdempotencyRecordKey(buildScope(), key)).toBe('4:acme|5:alice|5:agent|-|-|8:thread-1#8:order#17');
  });

  test('is the same only for the same scope', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '|', '-', ':', '1', '#', 'é'), minLength: 1, maxLength: 4 });
    const optional = fc.option(text, { nil: undefined });
    const scope = fc
      .record({
        tenantId: text,
        userId: text,
        agentId: optional,
        projectId: optional,
        missionId: optional,
        threadId: optional,
      })
      .map((axes) => buildScope(axes));
    fc.assert(
      fc.property(scope, scope, text, text, (left, right, leftKey, rightKey) => {
        expect(toScopeKey(left) === toScopeKey(right)).toBe(isSameOwner(left, right));
        const keys = [
          toIdempotencyRecordKey(left, parseIdempotencyKey(leftKey)),
          toIdempotencyRecordKey(right, parseIdempotencyKey(rightKey)),
        ];
        expect(keys[0] === keys[1]).toBe(isSameOwner(left, right) && leftKey === rightKey);
      }),
    );
  });

  test('leaves the actor out of a conversation', () => {
    expect(toThreadKey(buildScope({ userId: 'bob' }))).toBe(toThreadKey(buildScope({ userId: 'alice' })));
    expect(toThreadKey(buildScope({ tenantId: 'b' }))).not.toBe(toThreadKey(buildScope()));
  });
});

describe('A principal', () => {
  test.each([
    { kind: 'root' },
    { kind: 'user' },
    { kind: 'host', id: 'x' },
    { kind: 'user', id: 'a/b' },
    { kind: 'user', id: 'a', admin: true },
  ])('is refused: %j', (value) => {
    expect(() => parsePrincipal(value)).toThrow(expect.objectContaining({ code: 'host-api/invalid_value' }));
  });

  test('differs by kind, also with the same id', () => {
    const [user, agent] = [parsePrincipal({ kind: 'user', id: 'x' }), parsePrincipal({ kind: 'agent', id: 'x' })];
    expect(isSamePrincipal(user, agent)).toBe(false);
    expect(isSamePrincipal(user, parsePrincipal({ kind: 'user', id: 'x' }))).toBe(true);
    expect(isSamePrincipal({ kind: 'host' }, { kind: 'host' })).toBe(true);
  });

  test('of a scope is each axis that is there, and never the host', () => {
    expect(principalsOf(buildScope()).map(({ kind }) => kind)).toEqual(['tenant', 'user', 'agent', 'thread']);
  });
});

test('A context holds identity only: authority that a caller adds is refused', () => {
  for (const extra of ['trust', 'grants', 'mounts', 'verdict', 'principal']) {
    expect(() => parseExecutionContext({ ...buildContext(), [extra]: 'system' })).toThrow(
      expect.objectContaining({ code: 'host-api/invalid_value' }),
    );
  }
});
