/** The way out of one call, from its grant to what is charged: whose it is, how far it leads, how much it lets through. */
import { createHostTrustPolicy, parseExtensionId, type CapabilityGrant } from '@reborn/host-api';
import { answered, buildContext, buildGrant, buildScope, createFakeNetwork, fixedUuid } from '@reborn/host-api/testkit';
import type { FakeNetworkScript } from '@reborn/host-api/testkit';
import { staticGrants, type HandlerCall, type HostRuntimeOptions } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, tokenHandle } from './facade-bench.ts';

const EFFECTS = ['network', 'use_secret', 'write_filesystem'] as const;
const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { egressBytes: 10_000 } }] as const;
const bearer = { handle: tokenHandle, target: { kind: 'header', name: 'Authorization' }, required: true } as const;

/** A grant to one agent. */
function grantTo(agent: string, host: string, more: Partial<CapabilityGrant> = {}): CapabilityGrant {
  return buildGrant({
    id: fixedUuid(agent === 'agent' ? 7 : 8),
    grantee: { kind: 'agent', id: agent },
    allowedEffects: [...EFFECTS],
    targets: [{ host }],
    ...more,
  });
}

interface Given {
  readonly grants: readonly CapabilityGrant[];
  readonly run: (call: HandlerCall) => Promise<unknown>;
  readonly network?: FakeNetworkScript;
  readonly credentials?: boolean;
  readonly options?: Partial<HostRuntimeOptions>;
}

/** A door of production with the real authority before a network by script. */
async function open({ grants, run, network: script, credentials = false, options = {} }: Given) {
  const bench = createFacadeBench({ limits });
  const network = createFakeNetwork({ hosts: () => ['93.184.215.14'], otherwise: answered(200, 'ok'), ...script });
  if (credentials) await bench.putToken();
  const handler = scriptedHandler({
    descriptor: {
      effects: credentials ? [...EFFECTS] : ['network', 'write_filesystem'],
      estimate: { egressBytes: 500 },
      ...(credentials ? { credentials: [{ handle: tokenHandle }] } : {}),
    },
    otherwise: run,
  });
  const runtime = bench.world.open([handler], {
    trust: createHostTrustPolicy([
      { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
    ]),
    grants: staticGrants(grants),
    secrets: bench.secrets,
    budgets: bench.budgets,
    network,
    ...options,
  });
  return { ...bench, network, handler, runtime };
}

/** Asks for each address, and tells what came of it. */
const asking =
  (...urls: readonly string[]) =>
  async ({ http }: HandlerCall): Promise<unknown> => {
    const answers = [];
    for (const url of urls) {
      const outcome = await http?.request({ url, method: 'GET', headers: [] });
      answers.push(outcome?.kind === 'failed' ? outcome.reason : outcome?.response.status);
    }
    return { kind: 'completed', output: answers };
  };

describe('The way out of a call', () => {
  test('is that of its own agent, also while another agent uses the same capability', async () => {
    const run = asking('https://one.example/', 'https://two.example/');
    const host = await open({ grants: [grantTo('agent', 'one.example'), grantTo('other', 'two.example')], run });
    const request = host.newCall();
    const other = { ...buildContext({ invocationId: fixedUuid(55) }), scope: buildScope({ agentId: 'other' }) };
    const none = { ...buildContext({ invocationId: fixedUuid(56) }), scope: buildScope({ agentId: undefined }) };
    const outcomes = await Promise.all([
      host.runtime.invokeCapability(request),
      host.runtime.invokeCapability({ ...request, context: other }),
      host.runtime.invokeCapability({ ...request, context: none }),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'completed', output: [200, 'network_denied'] },
      { kind: 'completed', output: ['network_denied', 200] },
      { kind: 'failed', failureKind: 'denied' },
    ]);
    expect(host.network.resolved.toSorted()).toEqual(['one.example', 'two.example']);
  });

  test('leads nowhere in production without targets, and is not there where the capability declares no network', async () => {
    const run = asking('https://one.example/');
    const { targets: _, ...anywhere } = grantTo('agent', 'one.example');
    const host = await open({ grants: [anywhere], run });
    expect(await host.runtime.invokeCapability(host.newCall())).toMatchObject({ output: ['network_denied'] });
    expect(host.network.resolved).toEqual([]);
  });

  test('lets through what its grant leaves for all of its requests together, and the next call as much again', async () => {
    const run = asking('https://one.example/', 'https://one.example/', 'https://one.example/');
    const grants = [grantTo('agent', 'one.example', { ceiling: { egressBytes: 200 } })];
    const host = await open({ grants, run });
    const calls = [
      await host.runtime.invokeCapability(host.newCall()),
      await host.runtime.invokeCapability(host.newCall()),
    ];
    for (const outcome of calls) expect(outcome).toMatchObject({ output: [200, 200, 'network_denied'] });
    expect(host.network.requests).toHaveLength(4);
    const sent = calls.map((outcome) => (outcome.kind === 'completed' ? (outcome.usage.egressBytes ?? 0) : 0));
    expect(sent.every((bytes) => bytes > 0 && bytes <= 200)).toBe(true);
    const [standing] = await host.budgets.standing(host.scope);
    const together = sent.reduce((sum, bytes) => sum + bytes, 0);
    expect([standing?.used.egressBytes, standing?.held.egressBytes]).toEqual([together, 0]);
  });

  test('takes its secret back and charges its bytes when the network fails', async () => {
    let kept: HandlerCall | undefined;
    const host = await open({
      credentials: true,
      grants: [grantTo('agent', 'one.example', { secrets: [tokenHandle] })],
      network: { otherwise: { kind: 'failed', reason: 'protocol' } },
      run: async (call) => {
        kept = call;
        const outcome = await call.http?.request({
          url: 'https://one.example/',
          method: 'POST',
          headers: [],
          credentials: [bearer],
        });
        throw new Error(outcome?.kind);
      },
    });
    const outcome = await host.runtime.invokeCapability(host.newCall());
    expect(outcome).toMatchObject({ failureKind: 'capability_failed', effect: 'uncertain' });
    expect(host.network.requests.map(({ headers }) => headers['authorization'])).toEqual([expect.any(String)]);
    expect(kept?.secrets?.take(tokenHandle)).toBeUndefined();
    const late = { url: 'https://one.example/', method: 'GET', headers: [], credentials: [bearer] } as const;
    expect(await kept?.http?.request(late)).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    const records = await host.records('audit', 'journal');
    const exchanged = records.filter(({ kind }) => kind === 'network_exchanged');
    expect(exchanged).toMatchObject([{ host: 'one.example', method: 'post', errorKind: 'protocol' }]);
    const closed = records.filter(({ kind }) => kind === 'resources_closed');
    expect(closed).toMatchObject([{ how: 'reconciled', used: { egressBytes: exchanged[0]?.['requestBytes'] } }]);
    const [standing] = await host.budgets.standing(host.scope);
    expect([standing?.used.egressBytes, standing?.held.egressBytes]).toEqual([exchanged[0]?.['requestBytes'], 0]);
  });
});
