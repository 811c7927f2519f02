/** What a caller is shown: what hides a capability, what changes the version, and what a surface says of authority. */
import { inspect } from 'node:util';
import {
  createHostTrustPolicy,
  createTrustBook,
  parseExtensionId,
  parseMountView,
  SCOPE_AXES,
  type CapabilityGrant,
  type Digest,
  type MountView,
  type TrustEntry,
} from '@reborn/host-api';
import {
  buildGrant,
  buildMountView,
  buildScope,
  createFakePlatform,
  createSentinel,
  findLeaks,
  fixedUuid,
} from '@reborn/host-api/testkit';
import type {
  CapabilityHandler,
  GrantSource,
  HostRuntimeOptions,
  VisibleCapabilitiesRequest,
} from '@reborn/host-runtime';
import {
  recordingPolicy,
  scriptedAuthority,
  scriptedHandler,
  type ScriptedHandlerOptions,
} from '@reborn/host-runtime/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asker, createWorld, done, reader, writer } from './support.ts';

const scope = buildScope();
const notes = parseExtensionId('notes');
const EFFECTS = ['network', 'read_filesystem', 'use_secret', 'write_filesystem'] as const;
const everything: TrustEntry = {
  packageId: notes,
  source: 'composed',
  trust: 'user_trusted',
  allowedEffects: ['execute_code', ...EFFECTS],
};

const permissions = { read: true, write: true, delete: false, list: true, execute: false };
const twoMounts = parseMountView({
  mounts: [
    { alias: '/workspace', target: '/projects/demo', permissions },
    { alias: '/notes', target: '/projects/notes', permissions },
  ],
});

/** Grants as a host may have them: whoever asks gets all of them. */
function granted(...grants: readonly CapabilityGrant[]): GrantSource {
  return { grantsFor: async () => grants };
}

/** A capability that has to do with everything that a grant may limit. */
function poster(
  overrides: ScriptedHandlerOptions['descriptor'] = {},
  options: Omit<ScriptedHandlerOptions, 'descriptor'> = {},
) {
  return scriptedHandler({
    mounts: twoMounts,
    ...options,
    descriptor: {
      effects: [...EFFECTS],
      targets: [{ host: 'a.example' }, { host: 'b.example' }],
      credentials: [
        { handle: 'a_token', required: false },
        { handle: 'b_token', required: false },
      ],
      ...overrides,
    },
  });
}

/** A door for one look. */
function openWith(handlers: readonly CapabilityHandler[], options: Partial<HostRuntimeOptions> = {}) {
  return createWorld().open(handlers, {
    trust: createHostTrustPolicy([everything]),
    grants: granted(grantOf()),
    ...options,
  });
}

function grantOf(overrides: Parameters<typeof buildGrant>[0] = {}): CapabilityGrant {
  return buildGrant({ allowedEffects: [...EFFECTS], ...overrides });
}

async function versionOf(
  handlers: readonly CapabilityHandler[],
  options: Partial<HostRuntimeOptions> = {},
  request: Partial<VisibleCapabilitiesRequest> = {},
): Promise<Digest> {
  return (await openWith(handlers, options).visibleCapabilities({ scope, ...request })).version;
}

const idsOf = (surface: { readonly capabilities: readonly { readonly descriptor: { readonly id: string } }[] }) =>
  surface.capabilities.map(({ descriptor }) => descriptor.id);

describe('A capability is hidden', () => {
  test.each<[string, Partial<HostRuntimeOptions>]>([
    ['that nobody granted', { grants: granted() }],
    ['that was granted to somebody else', { grants: granted(grantOf({ grantee: { kind: 'user', id: 'bob' } })) }],
    ['whose package nobody trusts', { trust: createHostTrustPolicy([]) }],
    [
      'whose package is trusted with less',
      { trust: createHostTrustPolicy([{ ...everything, allowedEffects: ['network'] }]) },
    ],
    ['whose grant is over', { grants: granted(grantOf({ expiresAtMs: 1 })) }],
    ['whose grant covers less', { grants: granted(grantOf({ allowedEffects: ['network'] })) }],
    ['that needs more than the grant lets it use up', { grants: granted(grantOf({ ceiling: { usd: '1' } })) }],
    ['that needs a network in a posture without one', { profile: 'test' }],
  ])('%s; calling it is denied all the same', async (_, options) => {
    const world = createWorld();
    const handler = poster();
    const trust = createHostTrustPolicy([everything]);
    const runtime = world.open([handler], { trust, grants: granted(grantOf()), ...options });
    expect((await runtime.visibleCapabilities({ scope })).capabilities).toEqual([]);
    expect(await runtime.invokeCapability(world.newCall())).toMatchObject({ failureKind: 'denied', effect: 'none' });
    expect(handler.calls).toEqual([]);
    const shown = world.open([handler], { trust, grants: granted(grantOf()) });
    expect(idsOf(await shown.visibleCapabilities({ scope }))).toEqual(['notes.write']);
  });

  test('when its program is more than the posture runs, and no program says less of itself than that', async () => {
    const world = createWorld();
    const grants = granted(grantOf({ allowedEffects: ['execute_code', 'read_filesystem'] }));
    const trust = createHostTrustPolicy([everything]);
    const program = scriptedHandler({
      lane: 'process',
      descriptor: { effects: ['execute_code', 'read_filesystem'] },
      runs: [done],
    });
    const posture = (profile: 'test' | 'production') => world.open([program], { grants, trust, profile });
    expect(idsOf(await posture('production').visibleCapabilities({ scope }))).toEqual(['notes.write']);
    expect(idsOf(await posture('test').visibleCapabilities({ scope }))).toEqual([]);
    expect(await posture('test').invokeCapability(world.newCall())).toMatchObject({ failureKind: 'denied' });
    expect(program.calls).toEqual([]);
    const understated = scriptedHandler({ lane: 'process', descriptor: { effects: ['read_filesystem'] } });
    expect(() => world.open([understated])).toThrow(
      expect.objectContaining({
        code: 'host-runtime/invalid_composition',
        detail: { field: 'effects', rule: expect.stringContaining('execute_code') },
      }),
    );
  });

  test('from the moment in which its package is trusted less', async () => {
    const book = createTrustBook(createHostTrustPolicy([everything]));
    const runtime = openWith([poster()], { trust: book });
    const before = await runtime.visibleCapabilities({ scope });
    book.change(() => [{ ...everything, trust: 'sandbox', allowedEffects: [] }]);
    const after = await runtime.visibleCapabilities({ scope });
    expect([idsOf(before), idsOf(after)]).toEqual([['notes.write'], []]);
    expect(after.version).not.toBe(before.version);
  });
});

describe('The authoriser', () => {
  const handlers = [poster(), reader(), scriptedHandler({ descriptor: { id: 'notes.list', effects: [] } })];
  const askedFor = async (request: Partial<VisibleCapabilitiesRequest>) => {
    const authority = scriptedAuthority();
    const surface = await createWorld()
      .open(handlers, { ...authority })
      .visibleCapabilities({ scope, ...request });
    return { asked: authority.asked.map(({ capabilityId }) => capabilityId), shown: idsOf(surface) };
  };

  test('is asked about nothing that the caller does not want to see', async () => {
    expect(await askedFor({})).toEqual({
      asked: ['notes.list', 'notes.read', 'notes.write'],
      shown: ['notes.list', 'notes.read', 'notes.write'],
    });
    const reading = ['notes.list', 'notes.read'];
    expect(await askedFor({ allowedEffects: ['read_filesystem'] })).toEqual({ asked: reading, shown: reading });
    expect(await askedFor({ allowedEffects: [] })).toEqual({ asked: ['notes.list'], shown: ['notes.list'] });
  });

  test('is asked about no more than are shown', async () => {
    expect(await askedFor({ maxCapabilities: 0 })).toEqual({ asked: [], shown: [] });
    expect(await askedFor({ maxCapabilities: 2 })).toEqual({
      asked: ['notes.list', 'notes.read'],
      shown: ['notes.list', 'notes.read'],
    });
  });

  test('is asked on until enough are shown', async () => {
    const world = createWorld();
    const surface = await world
      .open([asker(), reader()])
      .visibleCapabilities({ scope, includeRequiresApproval: false, maxCapabilities: 1 });
    expect(idsOf(surface)).toEqual(['notes.read']);
  });
});

describe('The version of a surface', () => {
  const asking = poster({ permission: 'ask' });
  const mount = (target: string): MountView => buildMountView({ alias: '/workspace', target, permissions });
  /** Two surfaces that differ in one thing each. */
  const changes: readonly (readonly [string, () => Promise<readonly Digest[]>])[] = [
    ['a description', both([poster()], [poster({ description: 'Other.' })])],
    ['a schema', both([poster()], [poster({ inputSchema: { type: 'array' } })])],
    ['an output schema', both([poster()], [poster({ outputSchema: { type: 'array' } })])],
    ['effects', both([poster()], [poster({ effects: ['network', 'use_secret', 'write_filesystem'] })])],
    ['the time that it may take', both([poster()], [poster({ deadlineMs: 1 })])],
    ['an estimate', both([poster()], [poster({ estimate: { usd: '0.1' } })])],
    ['whether somebody is asked', both([poster()], [poster({ permission: 'ask' })])],
    [
      'where a package comes from',
      both([poster()], [poster({}, { source: 'bundled' })], trusting({ source: 'bundled' })),
    ],
    ['the folders of the host', both([poster()], [poster({}, { mounts: mount('/projects/demo') })])],
    [
      'a capability more',
      both([poster()], [poster(), poster({ id: 'notes.other' })], {
        grants: granted(grantOf(), grantOf({ capability: 'notes.other' })),
      }),
    ],
    ['the set of hooks', both([poster()], [poster()], { policy: recordingPolicy() })],
    ['the posture, which asks the very same', both([asking], [asking], { profile: 'local' })],
    ['the class of trust', both([poster()], [poster()], trusting({ trust: 'first_party' }))],
    ['the folders of a grant', regranted({ mounts: mount('/projects/demo') })],
    ['the rights in a folder of a grant', regranted({ mounts: twoMounts }, { mounts: readOnly(twoMounts) })],
    ['the targets of a grant', regranted({ targets: [{ host: 'a.example' }] })],
    ['the secrets of a grant', regranted({ secrets: ['a_token'] }, { secrets: ['b_token'] })],
    ['how much a grant allows', regranted({ ceiling: { wallClockMs: 1000 } })],
    ['the end of a grant', regranted({ expiresAtMs: 9e12 })],
    ['how often a grant may be used', regranted({ maxInvocations: 3 })],
    ['the effects of a grant', regranted({ allowedEffects: ['delete_filesystem', ...EFFECTS] })],
    ['who issued a grant', regranted({ issuedBy: { kind: 'user', id: 'bob' } })],
    ['to whom it was granted', regranted({ grantee: { kind: 'agent', id: 'agent' } })],
    ['the name of the surface', wanting({ surface: 'chat' })],
    ['what the caller wants to see', wanting({ allowedEffects: [...EFFECTS] })],
    ['how much the caller wants to see', wanting({ maxCapabilities: 5 })],
    ['whether the caller wants to ask', wanting({ includeRequiresApproval: false })],
    ...SCOPE_AXES.map(
      (axis) => [`the ${axis} of the caller`, wanting({ scope: { ...scope, [axis]: 'other' } })] as const,
    ),
  ];

  test.each(changes)('changes with %s', async (_, surfaces) => {
    const [before, after] = await surfaces();
    expect(before).not.toBe(after);
  });

  test('does not change with calls, with time, with the ids of grants, or with what has nothing to do with it', async () => {
    const platform = createFakePlatform();
    const world = createWorld(platform);
    const counted = grantOf({ maxInvocations: 2 });
    const trust = createHostTrustPolicy([everything]);
    const runtime = world.open([poster({}, { otherwise: done })], { trust, grants: granted(counted) });
    const { version } = await runtime.visibleCapabilities({ scope });
    for (let calls = 0; calls < 2; calls += 1)
      expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
    platform.advance(365 * 24 * 3600 * 1000);
    expect((await runtime.visibleCapabilities({ scope })).version).toBe(version);
    const renamed = { ...counted, id: fixedUuid(77) as never };
    const grants = granted(
      renamed,
      grantOf({ id: fixedUuid(78), capability: 'notes.other' }),
      grantOf({ id: fixedUuid(79), grantee: { kind: 'user', id: 'bob' } }),
    );
    expect(await versionOf([poster()], { grants })).toBe(version);
  });

  test('is the same in whatever order things were composed, granted and asked for', async () => {
    const grants = [1, 2, 3].map((number) =>
      grantOf({ id: fixedUuid(number), capability: number === 3 ? 'notes.other' : 'notes.write' }),
    );
    const handlers = [poster(), poster({ id: 'notes.other' }), poster({ id: 'notes.third' })];
    const parts = {
      mounts: [...twoMounts.mounts],
      targets: [{ host: 'a.example' }, { host: 'b.example' }],
      secrets: ['a_token', 'b_token'],
    };
    const seen = new Set<Digest>();
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(grants, { minLength: 3 }),
        fc.shuffledSubarray(handlers, { minLength: 3 }),
        fc.shuffledSubarray(parts.mounts, { minLength: 2 }),
        fc.shuffledSubarray(parts.targets, { minLength: 2 }),
        fc.shuffledSubarray(parts.secrets, { minLength: 2 }),
        fc.shuffledSubarray([...EFFECTS], { minLength: EFFECTS.length }),
        async (grants, handlers, mounts, targets, secrets, allowedEffects) => {
          const limited = grants.map((grant) =>
            grantOf({ ...grant, mounts: { mounts }, targets, secrets, allowedEffects }),
          );
          seen.add(await versionOf(handlers, { grants: granted(...limited) }, { allowedEffects }));
        },
      ),
      { numRuns: 40 },
    );
    expect(seen.size).toBe(1);
  });

  function both(
    before: readonly CapabilityHandler[],
    after: readonly CapabilityHandler[],
    options: Partial<HostRuntimeOptions> = {},
  ) {
    return () => Promise.all([versionOf(before), versionOf(after, options)]);
  }

  function regranted(now: Parameters<typeof buildGrant>[0], before: Parameters<typeof buildGrant>[0] = {}) {
    return () => Promise.all([before, now].map((grant) => versionOf([poster()], { grants: granted(grantOf(grant)) })));
  }

  function wanting(request: Partial<VisibleCapabilitiesRequest>) {
    return () => Promise.all([versionOf([writer()]), versionOf([writer()], {}, request)]);
  }
});

test('a surface and what a door is asked say nothing of the authority behind them', async () => {
  const [inGrant, inMounts, inIssuer] = ['grant', 'mounts', 'issuer'].map(createSentinel);
  const target = `/projects/${inMounts}`;
  const mounts = buildMountView({ alias: '/workspace', target, permissions });
  const grant = grantOf({ mounts, secrets: [`${inGrant}`], issuedBy: { kind: 'user', id: `${inIssuer}` } });
  const runtime = openWith([poster({}, { mounts })], { grants: granted(grant) });
  const surface = await runtime.visibleCapabilities({ scope });
  expect(idsOf(surface)).toEqual(['notes.write']);
  const said = [surface, JSON.stringify(surface), inspect(surface, { depth: 20, showHidden: true })];
  expect(findLeaks(said, [inGrant, inMounts, inIssuer, grant.id].map(String))).toEqual([]);
  expect(said.join(' ')).not.toMatch(/user_trusted|grantee|issuedBy|ceiling|maxInvocations/);
});

function trusting(entry: Partial<TrustEntry>): Partial<HostRuntimeOptions> {
  return { trust: createHostTrustPolicy([{ ...everything, ...entry }]) };
}

function readOnly({ mounts }: MountView): MountView {
  return { mounts: mounts.map((mount) => ({ ...mount, permissions: { ...mount.permissions, write: false } })) };
}
