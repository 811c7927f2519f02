import { parseDigest, portableDigest, type EffectiveTrust } from '@reborn/host-api';
import { buildTrust } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildInstallation } from '../testkit/builder.ts';
import type { EventHookSpec, GateHookSpec, HookSpec } from './hook-spec.ts';
import { createHookRegistry, type HookInstallation } from './registry.ts';

const gate = (changes: Partial<GateHookSpec> = {}): GateHookSpec => ({
  point: 'before_capability',
  id: 'gate',
  version: 1,
  body: (_call, mint) => mint.observe(),
  ...changes,
});
const watcher = (changes: Partial<EventHookSpec> = {}): EventHookSpec => ({
  point: 'event_triggered',
  id: 'watcher',
  version: 1,
  kinds: ['run_completed'],
  body: () => undefined,
  ...changes,
});
const registryOf = (...hooks: readonly HookInstallation[]) => createHookRegistry({ hooks, digest: portableDigest });
const install = (hook: HookSpec, trust?: EffectiveTrust) => buildInstallation(hook, trust);
const many = (count: number, packageId = 'rules', spec: (changes: { id: string }) => HookSpec = gate) =>
  Array.from({ length: count }, (_, at) => install(spec({ id: `hook-${at}` }), buildTrust(packageId)));
const refuses = (make: () => unknown, code: string, detail: object = {}) =>
  expect(make).toThrow(expect.objectContaining({ code: `hooks/${code}`, detail: expect.objectContaining(detail) }));
/** A specification as somebody without a compiler may write it. */
const loose = (changes: object, base: HookSpec = gate()): HookSpec => ({ ...base, ...changes }) as HookSpec;

describe('what a registry takes', () => {
  test('refuses a point that is not in the table', () => {
    refuses(() => registryOf(install(loose({ point: 'before_prompt' }))), 'unknown_point', {
      field: 'hooks.0.hook.point',
    });
    refuses(() => registryOf(install(loose({ point: 'constructor' }))), 'unknown_point');
  });

  test('refuses a gate with a filter of events', () => {
    refuses(() => registryOf(install(loose({ kinds: ['run_completed'] }))), 'invalid_hook', {
      field: 'hooks.0.hook.kinds',
    });
  });

  test('refuses an event hook without a filter of events', () => {
    const { kinds: _, ...rest } = watcher();
    refuses(() => registryOf(install(rest as HookSpec)), 'invalid_hook', { field: 'hooks.0.hook.kinds' });
    refuses(() => registryOf(install(watcher({ kinds: [] }))), 'invalid_hook');
  });

  test('refuses an event hook with a filter of capabilities', () => {
    refuses(() => registryOf(install(loose({ capabilities: ['notes.write'] }, watcher()))), 'invalid_hook');
  });

  test('refuses kinds of another family', () => {
    refuses(() => registryOf(install(watcher({ kinds: ['hook_note' as never] }))), 'invalid_hook');
    refuses(() => registryOf(install(watcher({ kinds: ['call_denied' as never] }))), 'invalid_hook');
  });

  test('refuses a filter that can never match', () => {
    refuses(() => registryOf(install(gate({ capabilities: [] }))), 'invalid_hook');
    refuses(() => registryOf(install(gate({ capabilities: ['notes'] }))), 'invalid_hook');
    refuses(() => registryOf(install(gate({ capabilities: ['*'] }))), 'invalid_hook');
    refuses(() => registryOf(install(gate({ capabilities: ['notes.wr*'] }))), 'invalid_hook');
  });

  test.each([['tier'], ['trust'], ['scope']])('refuses a hook that says its own %s', (key) => {
    refuses(() => registryOf(install(loose({ [key]: 'builtin' }))), 'invalid_hook');
  });

  test.each([
    [{ id: 'Über' }],
    [{ id: '' }],
    [{ version: 0 }],
    [{ priority: -1 }],
    [{ phase: 'first' }],
    [{ body: 'x' }],
  ])('refuses a hook with %o', (changes) => {
    refuses(() => registryOf(install(loose(changes))), 'invalid_hook');
  });

  test('refuses a digest of a body that is none', () => {
    refuses(() => registryOf({ ...install(gate()), bodyDigest: 'latest' as never }), 'invalid_hook');
  });

  test('refuses trust that the host did not evaluate', () => {
    const forged = { packageId: 'rules', class: 'system', allowedEffects: [] } as unknown as EffectiveTrust;
    refuses(() => registryOf(install(gate(), forged)), 'invalid_composition');
  });

  test('refuses a hook twice, also in another version', () => {
    refuses(() => registryOf(install(gate()), install(gate())), 'duplicate_hook');
    refuses(() => registryOf(install(gate()), install(gate({ version: 2 }))), 'duplicate_hook');
  });

  test('takes the same local id from two extensions', () => {
    const { gates } = registryOf(install(gate(), buildTrust('one')), install(gate(), buildTrust('two')));
    expect(gates).toHaveLength(2);
    expect(gates[0]?.id).not.toBe(gates[1]?.id);
  });
});

describe('tiers', () => {
  test('takes code of the host and of the operator', () => {
    const { gates } = registryOf(
      install(gate(), buildTrust('one', 'first_party')),
      install(gate(), buildTrust('two', 'system')),
      install(gate(), buildTrust('three', 'user_trusted')),
    );
    expect(gates.map(({ extensionId, tier }) => `${extensionId} ${tier}`).toSorted()).toEqual([
      'one builtin',
      'three trusted',
      'two builtin',
    ]);
  });

  test('refuses code of an installed package, at every point', () => {
    const sandboxed = buildTrust('stranger', 'sandbox');
    refuses(() => registryOf(install(gate(), sandboxed)), 'tier_not_supported');
    refuses(() => registryOf(install(watcher(), sandboxed)), 'tier_not_supported');
  });

  test('keeps the first two phases for the host', () => {
    for (const phase of ['validation', 'authorization'] as const) {
      refuses(() => registryOf(install(gate({ phase }))), 'phase_not_permitted');
      expect(registryOf(install(gate({ phase }), buildTrust('host', 'first_party'))).gates[0]?.phase).toBe(phase);
    }
  });
});

describe('caps', () => {
  test('takes eight hooks of one extension at one point and no ninth', () => {
    expect(registryOf(...many(8)).gates).toHaveLength(8);
    refuses(() => registryOf(...many(9)), 'too_many_hooks', { max: 8 });
  });

  test('counts one extension together, wherever its hooks stand in the list', () => {
    const [first, ...rest] = many(9);
    if (first === undefined) throw new Error('nine hooks have a first');
    refuses(() => registryOf(first, ...many(8, 'others'), ...rest), 'too_many_hooks', { max: 8 });
  });

  test('takes no more than 32 hooks of one extension', () => {
    refuses(() => registryOf(...many(33)), 'too_many_hooks', { max: 32 });
  });

  test('takes no more than 128 gates in all', () => {
    const extensions = Array.from({ length: 16 }, (_, at) => many(8, `ext-${at}`)).flat();
    expect(registryOf(...extensions).gates).toHaveLength(128);
    refuses(() => registryOf(...extensions, ...many(1, 'one-more')), 'too_many_hooks', { max: 128 });
  });
});

describe('order', () => {
  test('is by phase, then priority, then id', () => {
    const host = buildTrust('host', 'first_party');
    const { gates } = registryOf(
      install(gate({ id: 'd', phase: 'telemetry', priority: 0 }), host),
      install(gate({ id: 'c', priority: 200 }), host),
      install(gate({ id: 'b' }), host),
      install(gate({ id: 'a', phase: 'validation', priority: 300 }), host),
    );
    expect(gates.map((hook) => hook.localId)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('and digest do not depend on the order of registration', () => {
    const hooks = [...many(5, 'one'), ...many(4, 'two'), ...many(3, 'three', watcher)];
    const expected = registryOf(...hooks);
    fc.assert(
      fc.property(fc.shuffledSubarray(hooks, { minLength: hooks.length }), (shuffled) => {
        const registry = registryOf(...shuffled);
        expect(registry.gates.map((hook) => hook.id)).toEqual(expected.gates.map((hook) => hook.id));
        expect(registry.eventHooks.map((hook) => hook.id)).toEqual(expected.eventHooks.map((hook) => hook.id));
        expect(registry.digest()).toBe(expected.digest());
      }),
      { numRuns: 30 },
    );
  });
});

describe('the digest of the set', () => {
  const digestOf = (changes: Partial<GateHookSpec>, more: Partial<HookInstallation> = {}) =>
    registryOf({ ...install(gate(changes)), ...more }).digest();

  test('changes with whatever a judgement depends on', () => {
    const digests = [
      digestOf({}),
      digestOf({ priority: 1 }),
      digestOf({ phase: 'telemetry' }),
      digestOf({ capabilities: ['notes.write'] }),
      digestOf({ version: 2 }),
      digestOf({}, { extensionVersion: '1.0.1' }),
      digestOf({}, { bodyDigest: parseDigest(`sha256:${'c'.repeat(64)}`) }),
      digestOf({}, { trust: buildTrust('rules', 'first_party') }),
      registryOf().digest(),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('does not change with the order of a filter', () => {
    const one = digestOf({ capabilities: ['notes.write', 'files.*'] });
    expect(digestOf({ capabilities: ['files.*', 'notes.write', 'files.*'] })).toBe(one);
  });
});

test('a registry and its hooks cannot be changed', () => {
  const registry = registryOf(install(gate()), install(watcher()));
  expect(Object.isFrozen(registry)).toBe(true);
  expect(Object.isFrozen(registry.gates) && Object.isFrozen(registry.eventHooks)).toBe(true);
  expect([...registry.gates, ...registry.eventHooks].every((hook) => Object.isFrozen(hook))).toBe(true);
});

test('what becomes of a specification after registration means nothing', () => {
  const spec = { ...gate({ capabilities: ['notes.write'] }) };
  const registry = registryOf(install(spec));
  Object.assign(spec, { body: () => undefined, capabilities: ['other.thing'] });
  expect(registry.gates[0]?.capabilities).toEqual(['notes.write']);
  expect(registry.gates[0]?.body).not.toBe(spec.body);
});
