import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from './assert.ts';
import { effectKindSchema, isReadOnly, parseCapabilityDescriptor, parseCapabilityGrant } from './capability.ts';
import { parseDigest, parseExtensionId } from './ids.ts';
import { approvalByPolicy, runtimeProfile } from './runtime-policy.ts';
import { buildDescriptor, buildGrant, buildTrust } from './testkit/index.ts';
import {
  createHostTrustPolicy,
  evaluateTrust,
  isEffectiveTrust,
  requestedTrustClassSchema,
  trustClassOutSchema,
  wireTrustClassSchema,
  type PackageIdentity,
  type TrustEntry,
} from './trust.ts';
import { codesOf, composeMostRestrictive, parseVerdict, type Verdict } from './verdict.ts';

const invalid = expect.objectContaining({ code: 'host-api/invalid_value' });
const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);

describe('Trust', () => {
  const packageId = parseExtensionId('notes');
  const entry = (more: Partial<TrustEntry>): TrustEntry => ({
    packageId,
    source: 'bundled',
    trust: 'first_party',
    allowedEffects: ['read_filesystem'],
    ...more,
  });

  test('of a privileged class is written and never read', () => {
    for (const privileged of ['first_party', 'system']) {
      expect(wireTrustClassSchema.safeParse(privileged).success).toBe(false);
      expect(trustClassOutSchema.safeParse(privileged).success).toBe(true);
    }
    for (const wish of ['untrusted', 'third_party', 'first_party_requested', 'system_requested']) {
      expect(requestedTrustClassSchema.parse(wish)).toBe(wish);
      expect(trustClassOutSchema.safeParse(wish).success).toBe(false);
    }
  });

  test('is the sandbox with an empty ceiling where no entry fits', () => {
    const policy = createHostTrustPolicy([entry({ digest: digest('a') })]);
    const strangers: readonly PackageIdentity[] = [
      { packageId: parseExtensionId('other'), source: 'bundled', digest: digest('a') },
      { packageId, source: 'registry', digest: digest('a') },
      { packageId, source: 'bundled', digest: digest('b') },
      { packageId, source: 'bundled' },
    ];
    for (const identity of strangers) {
      expect(evaluateTrust(policy, identity)).toMatchObject({ class: 'sandbox', allowedEffects: [] });
    }
  });

  test('comes from the first entry that fits', () => {
    const policy = createHostTrustPolicy([
      entry({ digest: digest('a'), trust: 'system' }),
      entry({ trust: 'user_trusted' }),
      entry({ source: 'composed', trust: 'first_party' }),
    ]);
    const classOf = (identity: Partial<PackageIdentity>) =>
      evaluateTrust(policy, { packageId, source: 'bundled', ...identity }).class;
    expect(classOf({ digest: digest('a') })).toBe('system');
    expect(classOf({ digest: digest('b') })).toBe('user_trusted');
    expect(classOf({})).toBe('user_trusted');
    expect(classOf({ source: 'composed' })).toBe('first_party');
  });

  test('is refused for a subject that stands twice', () => {
    expect(() => createHostTrustPolicy([entry({}), entry({ trust: 'sandbox' })])).toThrow(invalid);
    expect(() => createHostTrustPolicy([entry({ trust: 'root' as never })])).toThrow(invalid);
    expect(() => createHostTrustPolicy([entry({ allowedEffects: ['network', 'network'] })])).toThrow(invalid);
  });

  test('cannot be forged, copied, changed or read from JSON', () => {
    const trust = buildTrust('notes', 'sandbox');
    const text = JSON.stringify(trust);
    const forged = [
      JSON.parse(text),
      structuredClone(trust),
      { ...trust },
      Object.create(trust),
      new Proxy(trust, {}),
      null,
      'system',
    ];
    for (const value of forged) expect(isEffectiveTrust(value)).toBe(false);
    expect(isEffectiveTrust(trust)).toBe(true);
    expect(() => Object.assign(trust, { class: 'system' })).toThrow(TypeError);
    expect(() => Reflect.apply(Array.prototype.push, trust.allowedEffects, ['network'])).toThrow(TypeError);
    const Constructor = trust.constructor as new (...args: readonly unknown[]) => unknown;
    expect(() => new Constructor(Symbol('mint'), 'notes', 'system', [])).toThrow(InvariantError);
  });

  test('is evaluated under a policy of the host only', () => {
    const policy = createHostTrustPolicy([]);
    expect(() => evaluateTrust({ entries: [entry({ trust: 'system' })] }, { packageId, source: 'bundled' })).toThrow(
      InvariantError,
    );
    expect(() => evaluateTrust({ ...policy }, { packageId, source: 'bundled' })).toThrow(InvariantError);
    expect(() => Reflect.apply(Array.prototype.push, policy.entries, [entry({})])).toThrow(TypeError);
  });
});

describe('A descriptor', () => {
  const good = buildDescriptor();
  test.each<readonly [string, object]>([
    ['the id of another provider', { provider: 'other' }],
    ['a provider that only begins its id', { provider: 'note' }],
    ['an id that is the provider', { id: 'notes', provider: 'notes' }],
    ['an effect twice', { effects: ['network', 'network'] }],
    ['an unknown effect', { effects: ['fly'] }],
    ['an unknown mode', { permission: 'maybe' }],
    ['no description', { description: '' }],
    ['a description of 1025 bytes', { description: 'é'.repeat(512) + 'a' }],
    ['a schema that is no object', { inputSchema: [] }],
    ['no deadline', { deadlineMs: 0 }],
    ['a deadline beyond ten minutes', { deadlineMs: 600_001 }],
    ['an output beyond a mebibyte', { outputBytesMax: 1_048_577 }],
    ['a trust of its own', { trust: 'system' }],
  ])('is refused with %s', (_name, more) => {
    expect(() => parseCapabilityDescriptor({ ...good, ...more })).toThrow(invalid);
  });

  test('holds its effects sorted, so that two that mean the same are the same', () => {
    expect(buildDescriptor({ effects: ['write_filesystem', 'network'] }).effects).toEqual([
      'network',
      'write_filesystem',
    ]);
  });

  test('may have a provider of several parts', () => {
    expect(buildDescriptor({ id: 'a.b.c' })).toMatchObject({ id: 'a.b.c', provider: 'a.b' });
  });
});

describe('A grant', () => {
  test.each<readonly [string, object]>([
    ['a number of uses that is none', { maxInvocations: 0 }],
    ['more uses than are counted', { maxInvocations: 1_000_001 }],
    ['a ceiling of another name', { resourceCeiling: { maxUsd: '1' } }],
    ['a quota of memory, which nobody enforces', { ceiling: { memoryBytes: 1 } }],
    ['a quota of processor time, which nobody enforces', { ceiling: { cpuTimeMs: 1 } }],
    ['a number of processes for each call, which nobody enforces', { ceiling: { processes: 1 } }],
    ['a number of calls for each call', { ceiling: { calls: 1 } }],
    ['money below nothing', { ceiling: { usd: '-1' } }],
    ['an unknown grantee', { grantee: { kind: 'root' } }],
    ['an end that is no time', { expiresAtMs: '2030-01-01' }],
    ['an effect twice', { allowedEffects: ['network', 'network'] }],
  ])('is refused with %s', (_name, more) => {
    expect(() => parseCapabilityGrant({ ...buildGrant(), ...more })).toThrow(invalid);
  });

  test('may limit what the host can hold a call to, each dimension of it', () => {
    const ceiling = { usd: '1', inputTokens: 1, outputTokens: 1, wallClockMs: 1, outputBytes: 1, egressBytes: 1 };
    const limits = { ceiling, maxInvocations: 1, expiresAtMs: 1 };
    expect(parseCapabilityGrant({ ...buildGrant(), ...limits })).toMatchObject(limits);
  });
});

test('The effects have names that grants and gates are kept by', () => {
  expect(effectKindSchema.options).toEqual([
    'read_filesystem',
    'write_filesystem',
    'delete_filesystem',
    'network',
    'use_secret',
    'execute_code',
    'spawn_process',
    'dispatch_capability',
    'modify_extension',
    'modify_approval',
    'modify_budget',
    'external_write',
    'financial',
  ]);
});

test('Reading files and using secrets is all that counts as reading', () => {
  const reads = effectKindSchema.options.filter((effect) => isReadOnly([effect]));
  expect(reads).toEqual(['read_filesystem', 'use_secret']);
  expect(isReadOnly([])).toBe(true);
  expect(isReadOnly(['read_filesystem', 'network'])).toBe(false);
});

describe('The posture of a host', () => {
  test('is one of three, and says what each of them has', () => {
    const postures = (['local', 'production', 'test'] as const).map((name) => {
      const { approvalPolicy, processes, network, secrets } = runtimeProfile(name);
      return [name, approvalPolicy, processes, network, secrets];
    });
    expect(postures).toEqual([
      ['local', 'ask_writes', 'in_workspace', 'brokered', 'store_or_environment'],
      ['production', 'as_granted', 'sandbox_only', 'allow_list', 'store'],
      ['test', 'scripted', 'none', 'none', 'fake'],
    ]);
  });

  test.each([
    ['local', true, true],
    ['production', false, true],
    ['test', true, false],
  ] as const)('%s asks before effects: %s; needs a durable store: %s', (name, asks, durable) => {
    const profile = runtimeProfile(name);
    expect(profile).toMatchObject({ name, requiresDurable: durable });
    for (const effect of effectKindSchema.options) {
      expect(approvalByPolicy(profile, [effect]), effect).toBe(asks && !isReadOnly([effect]));
    }
    expect(approvalByPolicy(profile, [])).toBe(false);
  });
});

describe('Verdicts', () => {
  const by = fc.constantFrom('authoriser', 'hook:a', 'hook:b', 'profile');
  const code = fc.constantFrom('asks', 'hook_refused', 'policy_denied');
  const verdict: fc.Arbitrary<Verdict> = fc.oneof(
    fc.record({ kind: fc.constant('allow' as const), by }),
    fc.record({ kind: fc.constantFrom('approval' as const, 'auth' as const, 'deny' as const), by, code }),
  );
  const severity = ['allow', 'approval', 'auth', 'deny'];

  test('of nobody deny', () => {
    expect(composeMostRestrictive([])).toEqual({ kind: 'deny', by: 'host', code: 'missing_grant' });
  });

  test('compose to the most restrictive, whatever their order', () => {
    fc.assert(
      fc.property(
        fc.array(verdict, { minLength: 1, maxLength: 6 }),
        fc.array(verdict, { maxLength: 3 }),
        (verdicts, more) => {
          const found = composeMostRestrictive(verdicts);
          expect(verdicts).toContainEqual(found);
          expect(severity.indexOf(found.kind)).toBe(Math.max(...verdicts.map(({ kind }) => severity.indexOf(kind))));
          expect(composeMostRestrictive(verdicts.toReversed())).toEqual(found);
          expect(composeMostRestrictive([...verdicts, ...verdicts, found])).toEqual(found);
          const tighter = composeMostRestrictive([...more, ...verdicts]);
          expect(severity.indexOf(tighter.kind)).toBeGreaterThanOrEqual(severity.indexOf(found.kind));
          expect(composeMostRestrictive([...more, found])).toEqual(tighter);
        },
      ),
    );
  });

  test('name among equals the first by code unit', () => {
    const deny = (name: string, reason: string) => ({ kind: 'deny', by: name, code: reason }) as const;
    expect(composeMostRestrictive([deny('b', 'a'), deny('a', 'z'), deny('a', 'b')])).toEqual(deny('a', 'b'));
    expect(composeMostRestrictive([deny('a', 'x'), deny('B', 'x')])).toEqual(deny('B', 'x'));
  });

  test('show who asks, each code once, in order', () => {
    const ask = (name: string, reason: string) => ({ kind: 'approval', by: name, code: reason }) as const;
    const verdicts = [
      ask('b', 'writes'),
      ask('a', 'cost'),
      ask('c', 'writes'),
      { kind: 'auth', by: 'x', code: 'token' } as const,
    ];
    expect(codesOf(verdicts, 'approval')).toEqual(['cost', 'writes']);
    expect(codesOf(verdicts, 'auth')).toEqual(['token']);
    expect(codesOf([], 'approval')).toEqual([]);
  });

  test.each([
    { kind: 'allow', by: 'x', code: 'why' },
    { kind: 'deny', by: 'x' },
    { kind: 'deny', by: 'x', code: 'Because of you' },
    { kind: 'deny', by: '', code: 'x' },
    { kind: 'deny', by: 'a\nb', code: 'x' },
    { kind: 'maybe', by: 'x' },
  ])('are refused: %j', (value) => {
    expect(() => parseVerdict(value)).toThrow(invalid);
  });

  test('of the host use tokens of the common form', () => {});
});
