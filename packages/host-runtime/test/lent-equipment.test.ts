/** What a call is lent for the way is its own, and comes back before its result is written. */
import { createHostTrustPolicy, createInMemoryStore, parseExtensionId } from '@reborn/host-api';
import { answered, buildGrant, createFakeNetwork, createFakePlatform, wrapStore } from '@reborn/host-api/testkit';
import type { HandlerCall, HostRuntimeOptions } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { claimRun, codeOf, createWorld, done, DOOR_MACHINES, tick, writer } from './support.ts';

const targets = [{ host: 'api.example.com' }];
const hosts = { 'api.example.com': ['93.184.216.34'] };
const ask = { url: 'https://api.example.com/', method: 'GET', headers: [] } as const;

/** Everything that a capability with a way out needs. */
const authority: Partial<HostRuntimeOptions> = {
  trust: createHostTrustPolicy([
    { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: ['network'] },
  ]),
  grants: { grantsFor: async () => [buildGrant({ allowedEffects: ['network'] })] },
};

describe('The way out', () => {
  test('is closed before the result is written', async () => {
    const network = createFakeNetwork({ hosts, otherwise: answered(200, 'ok') });
    let kept: HandlerCall | undefined;
    let late: unknown;
    const platform = createFakePlatform();
    const inner = createInMemoryStore({ ...platform, machines: DOOR_MACHINES });
    const store = wrapStore(inner, {
      commit: async (writes) => {
        late = await kept?.http?.request(ask);
        return inner.commit(writes);
      },
    });
    const world = createWorld(platform, store);
    const handler = scriptedHandler({
      descriptor: { effects: ['network'], targets },
      runs: [(call) => ((kept = call), done)],
    });
    const runtime = world.open([handler], { ...authority, network });
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
    expect(late).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    expect(network.requests).toEqual([]);
  });

  test('tells in the unit of the result of a request that was left under way', async () => {
    const network = createFakeNetwork({ hosts, otherwise: () => new Promise(() => undefined) });
    const handler = scriptedHandler({
      descriptor: { effects: ['network'], targets },
      runs: [async ({ http }) => (void http?.request(ask), await tick(), done)],
    });
    const world = createWorld();
    const runtime = world.open([handler], { ...authority, network });
    expect((await runtime.invokeCapability(world.newCall())).kind).toBe('completed');
    expect(network.requests).toHaveLength(1);
    const told = (await world.records()).filter(({ kind }) => kind === 'network_exchanged');
    expect(told).toMatchObject([{ host: 'api.example.com', errorKind: 'cancelled' }]);
  });
});

test('Mounts are a copy: a capability does not widen those of its grant', async () => {
  const permissions = { read: true, write: true, delete: true, list: true, execute: false };
  const mount = (alias: string) => ({ alias, target: `/projects${alias}`, permissions });
  const grant = buildGrant({ mounts: { mounts: [mount('/a')] } });
  const world = createWorld();
  const widen = ({ mounts }: HandlerCall) => {
    if (Array.isArray(mounts?.mounts)) mounts.mounts.push(mount('/b') as never);
    return done;
  };
  const handler = scriptedHandler({ mounts: { mounts: [mount('/a'), mount('/b')] } as never, runs: [widen, done] });
  const runtime = world.open([handler], { grants: { grantsFor: async () => [grant] } });
  await runtime.invokeCapability(world.newCall());
  await runtime.invokeCapability(world.newCall());
  expect(handler.equipment.map(({ mounts }) => mounts?.mounts.length)).toEqual([1, 1]);
  expect(grant.mounts?.mounts.length).toBe(1);
});

test('The lease of one run says nothing about another', async () => {
  const world = createWorld();
  const handler = writer(done);
  const [mine, other] = [await claimRun(world.store, 500), await claimRun(world.store, 600)];
  const call = world.newCall();
  const request = { ...call, context: { ...call.context, run: { runId: other.runId, lease: mine.lease } } };
  expect(await codeOf(world.open([handler]).invokeCapability(request))).toBe('host-runtime/invalid_request');
  expect(handler.inputs).toEqual([]);
});
