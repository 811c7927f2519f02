/** What an approval is bound to besides the input: the content of the package and the folders of the host; and to what not. */
import { createHostTrustPolicy, parseDigest, parseExtensionId, type CapabilityGrant } from '@reborn/host-api';
import { buildGrant, buildMountView, fixedUuid } from '@reborn/host-api/testkit';
import type { CapabilityHandler } from '@reborn/host-runtime';
import { describe, expect, test } from 'vitest';
import { asker, createWorld, done, gateOf } from './support.ts';

const permissions = { read: true, write: true, delete: false, list: true, execute: false };
const mounted = (target: string) => buildMountView({ alias: '/workspace', target, permissions });
const contentOf = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
const trust = createHostTrustPolicy([
  {
    packageId: parseExtensionId('notes'),
    source: 'composed',
    trust: 'user_trusted',
    allowedEffects: ['execute_code', 'read_filesystem', 'write_filesystem'],
  },
]);
const grantOf = (more: Partial<CapabilityGrant> = {}) =>
  buildGrant({ allowedEffects: ['execute_code', 'read_filesystem', 'write_filesystem'], ...more });

/** The same capability in two hosts: approved in the first, called again in the second. */
async function carryOver(
  before: Partial<CapabilityHandler>,
  after: Partial<CapabilityHandler>,
  grants: readonly [CapabilityGrant, CapabilityGrant] = [grantOf(), grantOf()],
) {
  const world = createWorld();
  const handler = asker(done);
  const [first, second] = [before, after].map((parts, at) =>
    world.open([{ ...handler, ...parts }], { trust, grants: { grantsFor: async () => grants.slice(at, at + 1) } }),
  );
  if (first === undefined || second === undefined) throw new Error('no hosts');
  const request = world.newCall();
  const gateId = gateOf(await first.invokeCapability(request));
  await world.approve(first, gateId);
  const outcome = await second.invokeCapability(request);
  const isAskedAgain = outcome.kind === 'approval_required' && outcome.gateId !== gateId;
  return [isAskedAgain ? 'asked again' : outcome.kind, handler.inputs.length];
}

describe('An approval', () => {
  const { provider } = asker();
  test.each<[string, Partial<CapabilityHandler>, Partial<CapabilityHandler>]>([
    [
      'other content under the same descriptor',
      { provider: { ...provider, digest: contentOf('a') } },
      { provider: { ...provider, digest: contentOf('b') } },
    ],
    ['content that is not pinned any more', { provider: { ...provider, digest: contentOf('a') } }, { provider }],
    ['another folder of the host', { mounts: mounted('/projects/demo') }, { mounts: mounted('/projects/other') }],
  ])('is worth nothing for %s', async (_, before, after) => {
    expect(await carryOver(before, before)).toEqual(['completed', 1]);
    expect(await carryOver(before, after)).toEqual(['asked again', 0]);
  });

  test.each<[string, Partial<CapabilityGrant>]>([
    ['the id', { id: fixedUuid(77) as never }],
    ['the end', { expiresAtMs: 9e12 }],
    ['the issuer', { issuedBy: { kind: 'user', id: 'bob' as never } }],
  ])('holds when %s of the grant behind it is another one', async (_, change) => {
    expect(await carryOver({}, {}, [grantOf(), grantOf(change)])).toEqual(['completed', 1]);
  });

  test('is worth nothing when the grant behind it has ended', async () => {
    expect(await carryOver({}, {}, [grantOf(), grantOf({ expiresAtMs: 1 })])).toEqual(['failed', 0]);
  });
});
