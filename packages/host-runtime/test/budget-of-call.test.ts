/** What calls hold is their own, whatever they call themselves; and what was sent was used. */
import { answered, createFakeNetwork } from '@reborn/host-api/testkit';
import type { BudgetLimit } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, tokenHandle } from './facade-bench.ts';
import { done, writer } from './support.ts';

const limits: readonly BudgetLimit[] = [{ axis: 'tenant', period: { kind: 'day' }, limit: { calls: 10 } }];

describe('Calls of one invocation', () => {
  test('of which one goes on by itself hold apart', async () => {
    const bench = createFacadeBench({ limits });
    const runtime = bench.open([writer(done, done)]);
    const request = bench.newCall();
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect((await runtime.spawnCapability(request)).kind).toBe('spawned_process');
  });

  test('in two tenants have nothing to do with each other, also when one of them is given up', async () => {
    const bench = createFacadeBench({ limits });
    const runtime = bench.open([scriptedHandler({ otherwise: () => new Promise(() => undefined) })]);
    const request = bench.newCall();
    const { context } = request;
    const scope = { ...context.scope, tenantId: 'other' };
    for (const call of [request, { ...request, context: { ...context, scope } }]) {
      expect(await bench.settled(runtime.invokeCapability(call))).toMatchObject({ failureKind: 'timed_out' });
    }
    const used = { calls: 1, outputBytes: 0 };
    for (const owner of [bench.scope, { ...bench.scope, tenantId: 'other' as never }]) {
      expect(await bench.budgets.standing(owner)).toMatchObject([{ used, held: { calls: 0 } }]);
    }
  });
});

describe('The way out', () => {
  const targets = [{ host: 'api.example.com' }];
  const ask = { url: 'https://api.example.com/', method: 'GET', headers: [] } as const;

  test('is held at the bound of the grant where the capability does not say how much it sends', async () => {
    const bench = createFacadeBench({
      limits: [{ axis: 'user', period: { kind: 'day' }, limit: { egressBytes: 1000 } }],
    });
    const handler = scriptedHandler({ descriptor: { effects: ['network'], targets }, runs: [done] });
    const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance: { ceiling: { egressBytes: 400 } } });
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('completed');
  });

  test('is charged for what was sent, though the credentials were not taken', async () => {
    const bench = createFacadeBench({
      limits: [{ axis: 'user', period: { kind: 'day' }, limit: { egressBytes: 1000 } }],
    });
    await bench.putToken();
    const network = createFakeNetwork({ hosts: { 'api.example.com': ['93.184.216.34'] }, otherwise: answered(401) });
    const handler = scriptedHandler({
      descriptor: {
        effects: ['network', 'use_secret'],
        targets,
        credentials: [{ handle: tokenHandle, required: true }],
        estimate: { egressBytes: 500 },
      },
      runs: [async ({ http }) => (await http?.request(ask), { kind: 'auth_required', handles: [tokenHandle] })],
    });
    const allowance = { secrets: [tokenHandle] };
    const runtime = bench.open([handler], { network }, [], { verdict: 'allow', allowance });
    expect((await runtime.invokeCapability(bench.newCall())).kind).toBe('auth_required');
    const [standing] = await bench.budgets.standing(bench.scope);
    expect(standing?.used.egressBytes).toBeGreaterThan(0);
    expect(standing?.held.egressBytes).toBe(0);
    const closed = (await bench.records('journal')).filter(({ kind }) => kind === 'resources_closed');
    expect(closed).toMatchObject([{ how: 'reconciled', used: { egressBytes: standing?.used.egressBytes } }]);
  });
});
