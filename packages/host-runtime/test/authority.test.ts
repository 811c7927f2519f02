/** Authority is the host's: nothing that a caller, a capability or a package says adds to it. Also: fingerprints, surfaces. */
import { createHostTrustPolicy, parseExtensionId, toCanonicalJson, type JsonValue } from '@reborn/host-api';
import { buildContext, buildGrant, buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asker, codeOf, createWorld, done, reader, writer } from './support.ts';

const notes = parseExtensionId('notes');
const nested = (levels: number): JsonValue => Array.from({ length: levels }).reduce<JsonValue>((inner) => [inner], 1);

describe('trust and grants', () => {
  test.each(['trust', 'trustDecision', 'grants', 'permission', 'runtime'])(
    'are never taken from a call: "%s" is refused',
    async (field) => {
      const world = createWorld();
      const runtime = world.open([writer(done)]);
      const request = world.newCall();
      const forged = { ...request, context: { ...request.context, [field]: 'system' } };
      expect(await codeOf(runtime.invokeCapability(forged as never))).toBe('host-runtime/invalid_request');
      expect(await codeOf(runtime.invokeCapability({ ...request, [field]: 'system' } as never))).toBe(
        'host-runtime/invalid_request',
      );
    },
  );

  test.each([
    ['from another source than the policy names', { source: 'local_manifest' } as const],
    ['of another id', { descriptor: { id: 'other.write' } }],
  ])('do not reach a provider %s', async (_, options) => {
    const world = createWorld();
    const handler = scriptedHandler({ ...options, runs: [done] });
    const grants = {
      grantsFor: async () => [buildGrant(), buildGrant({ id: fixedUuid(8), capability: 'other.write' })],
    };
    const runtime = world.open([handler], { grants });
    const outcome = await runtime.invokeCapability(world.newCall({}, { capabilityId: handler.descriptor.id }));
    expect(outcome).toMatchObject({ failureKind: 'denied', message: 'The call is not permitted (policy_denied).' });
    expect(handler.inputs).toEqual([]);
  });

  test('are judged anew for each call: a downgrade denies the next one before any effect', async () => {
    const world = createWorld();
    const handler = writer(done, done);
    const entry = { packageId: notes, source: 'composed' as const, trust: 'sandbox' as const, allowedEffects: [] };
    expect((await world.open([handler]).invokeCapability(world.newCall())).kind).toBe('completed');
    const downgraded = world.open([handler], { trust: createHostTrustPolicy([entry]) });
    expect(await downgraded.invokeCapability(world.newCall())).toMatchObject({ failureKind: 'denied' });
    expect(handler.inputs).toHaveLength(1);
  });
});

describe('the fingerprint of a call', () => {
  const reorder = (value: JsonValue): JsonValue => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(reorder);
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, reorder(member)]),
    );
  };

  test('is the same for the same meaning, whatever the order of members', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (input) => {
        const value = input as JsonValue;
        fc.pre(isTakable(value));
        const world = createWorld();
        const runtime = world.open([writer(done)]);
        const key = { idempotencyKey: 'k' };
        const first = await runtime.invokeCapability(world.newCall(value, key));
        expect(await runtime.invokeCapability(world.newCall(reorder(value), key))).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['another input', { input: { text: 'b' } }],
    ['another capability', { capabilityId: 'notes.read' }],
  ])('differs for %s', async (_, change) => {
    const world = createWorld();
    const runtime = world.open([writer(done), reader(done)]);
    const key = { idempotencyKey: 'k' };
    await runtime.invokeCapability(world.newCall({ text: 'a' }, key));
    expect(await codeOf(runtime.invokeCapability(world.newCall({ text: 'a' }, { ...key, ...change })))).toBe(
      'host-runtime/idempotency_conflict',
    );
  });

  test('leaves the key of another agent, thread or tenant alone', async () => {
    const world = createWorld();
    const handler = scriptedHandler({ otherwise: done });
    const runtime = world.open([handler]);
    const scopes = [
      buildScope(),
      buildScope({ agentId: 'b' }),
      buildScope({ agentId: undefined }),
      buildScope({ threadId: 't' }),
      buildScope({ tenantId: 'b' }),
    ];
    for (const scope of scopes)
      await runtime.invokeCapability(world.newCall({}, { idempotencyKey: 'k', context: buildContext({ scope }) }));
    expect(handler.inputs).toHaveLength(scopes.length);
  });

  test.each([
    ['65 levels', nested(66)],
    ['a number beyond 2^53', 2 ** 60],
    ['half a character', '\ud800'],
    ['more than 6 MiB', 'x'.repeat(6 * 1024 * 1024)],
  ])('is not made of an input with %s', async (_, input) => {
    const world = createWorld();
    expect(await codeOf(world.open([writer(done)]).invokeCapability(world.newCall(input)))).toBe(
      'host-runtime/invalid_request',
    );
  });
});

describe('the visible surface', () => {
  const request = { scope: buildScope() };

  test('is empty and always the same for an empty host', async () => {
    const [a, b] = await Promise.all([0, 1].map(() => createWorld().open([]).visibleCapabilities(request)));
    expect(a).toEqual(b);
    expect(a?.capabilities).toEqual([]);
  });

  test('shows what would be allowed or asked, and hides the rest', async () => {
    const world = createWorld();
    const hidden = scriptedHandler({ descriptor: { id: 'notes.off', permission: 'deny' } });
    const ungranted = scriptedHandler({ descriptor: { id: 'notes.other' } });
    const runtime = world.open([hidden, ungranted, asker(), reader()]);
    const { capabilities } = await runtime.visibleCapabilities(request);
    expect(capabilities.map(({ descriptor, access }) => [descriptor.id, access])).toEqual([
      ['notes.read', 'available'],
      ['notes.write', 'requires_approval'],
    ]);
    for (const capabilityId of ['notes.off', 'notes.other']) {
      expect(await runtime.invokeCapability(world.newCall({}, { capabilityId }))).toMatchObject({
        failureKind: 'denied',
      });
    }
    expect((await runtime.visibleCapabilities({ scope: buildScope({ userId: 'bob' }) })).capabilities).toEqual([]);
  });

  test('has a version that follows what it depends on, and no order', async () => {
    const world = createWorld();
    const versionOf = async (...args: Parameters<typeof world.open>) =>
      (await world.open(...args).visibleCapabilities(request)).version;
    const base = await versionOf([writer(), reader()]);
    expect(await versionOf([reader(), writer()])).toBe(base);
    const policy = recordingPolicy();
    const described = scriptedHandler({ descriptor: { description: 'Another text.' } });
    const schema = scriptedHandler({ descriptor: { inputSchema: { type: 'string' } } });
    const versions = [
      base,
      await versionOf([described, reader()]),
      await versionOf([schema, reader()]),
      await versionOf([asker(), reader()]),
      await versionOf([reader()]),
      await versionOf([writer(), reader()], { policy }),
      await versionOf([writer(), reader()], { profile: 'local' }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  test('hands out nothing that changes the host', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const [shown] = (await runtime.visibleCapabilities(request)).capabilities;
    expect(Reflect.set(shown?.descriptor ?? {}, 'permission', 'allow')).toBe(false);
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('approval_required');
  });
});

test('the health of a door tells that its store is away, and nothing else about it', async () => {
  const world = createWorld();
  const runtime = world.open([writer()]);
  expect((await runtime.health()).ready).toBe(true);
  await world.store.close();
  const health = await runtime.health();
  expect([health.ready, health.components[0]]).toEqual([
    false,
    { name: 'store', state: 'unavailable', detail: 'memory, survives nothing' },
  ]);
});

function isTakable(value: JsonValue): boolean {
  try {
    return toCanonicalJson(value) !== '' && toCanonicalJson(JSON.parse(JSON.stringify(value))) !== '';
  } catch {
    return false;
  }
}
