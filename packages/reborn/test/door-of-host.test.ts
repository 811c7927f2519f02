/** The door as a host has it: budgets, trust that changes, processes, what an earlier host left behind. */
import { parseTenantId, type JsonObject, type TrustEntry } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { HOST_MACHINES, toInvocationId } from '../src/index.ts';
import { answer, bench, gatesOf, rest, scope, type Step } from './support.ts';

const writes: readonly Step[] = [[['desk.write', { text: 'tea' }]], 'Done.'];

/** Of the whole tenant, as an operator reads them. */
async function auditOf({ storage, platform }: ReturnType<typeof bench>, kind: string): Promise<readonly JsonObject[]> {
  const store = await storage.open({ machines: HOST_MACHINES, clock: platform.clock, timers: platform.timers });
  const stream = { family: 'audit', tenantId: parseTenantId('default') } as const;
  const page = await store.readStream({ stream, after: 0, limit: 1000 });
  return page.records.filter((record) => record.kind === kind).map(({ body }) => body);
}

describe('A run', () => {
  test('waits at the gate of a budget, and goes on when somebody lets it', async () => {
    const { open, submit, written } = bench(writes);
    const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { calls: 10 }, pauseAt: 0.05 }] as const;
    const host = await open({ budgets: limits });
    const target = await submit(host);
    await host.drive(target);
    await answer(host, (await gatesOf(host))[0]);
    await host.drive(target);
    const [gate] = await gatesOf(host);
    expect(gate).toMatchObject({ kind: 'budget', block: { reason: 'paused', axis: 'user', dimension: 'calls' } });
    await answer(host, gate);
    const ended = await host.drive(target);
    expect(ended.kind === 'ended' && ended.run.status).toBe('completed');
    expect(written).toEqual(['tea']);
    expect(await host.budgets(scope)).toMatchObject([{ axis: 'user', id: 'ada', used: { calls: 1 }, held: {} }]);
    const { calls } = (await host.explain(scope, { invocationId: toInvocationId(target.runId, '0-0') })) ?? {};
    expect(calls?.[0]?.stages.map(({ stage, said }) => `${stage} ${said}`)).toEqual([
      'authoriser allow',
      'authoriser approval',
      'authoriser approval',
      'approval asked',
      'approval approve',
      'authoriser allow',
      'authoriser approval',
      'authoriser approval',
      'budget asked',
      'budget approve',
      'authoriser allow',
      'authoriser approval',
      'authoriser approval',
      'dispatch in_process',
      'reservation held',
      'intent announced',
      'result completed',
      'reservation reconciled',
    ]);
    await host.close();
  });
});

describe('Trust that is taken back', () => {
  test('denies the next call before anything happens, and is in the audit of every tenant', async () => {
    const desk = bench(writes);
    const { open, submit, written } = desk;
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    await answer(host, (await gatesOf(host))[0]);
    host.trust.change((entries: readonly TrustEntry[]) => entries.filter(({ packageId }) => packageId !== 'desk'));
    const ended = await host.drive(target);
    expect(ended.kind).toBe('ended');
    expect(written).toEqual([]);
    const { calls } = (await host.explain(scope, { runId: target.runId })) ?? {};
    expect(calls?.[0]).toMatchObject({ end: 'denied', gates: [{ status: 'superseded' }] });
    await rest();
    expect(await auditOf(desk, 'trust_changed')).toMatchObject([
      { packageId: 'desk', before: { class: 'user_trusted' }, after: { class: 'sandbox', allowedEffects: [] } },
    ]);
    await host.close();
  });
});

describe('What an earlier host has left behind', () => {
  test('is closed by the next one, without anybody who calls again', async () => {
    const { open, platform, storage } = bench(writes, { during: () => new Promise(() => undefined) });
    const first = await open();
    const context = first.newContext(scope);
    const request = { context, capabilityId: 'desk.write', input: { text: 'tea' } };
    const asked = await first.runtime.invokeCapability(request);
    if (asked.kind !== 'approval_required') throw new Error(asked.kind);
    await first.runtime.resolveGate({
      tenantId: 'default',
      gateId: asked.gateId,
      approver: { kind: 'user', id: 'ada' },
      decision: 'approve',
    });
    void first.runtime.invokeCapability(request).catch(() => undefined);
    await rest();
    storage.kill();
    platform.advance(60_000);
    const second = await open();
    await rest();
    const told = await second.explain(scope, { invocationId: context.invocationId });
    expect(told?.calls[0]).toMatchObject({ end: 'uncertain' });
    expect(told?.calls[0]?.stages.at(-1)).toMatchObject({ stage: 'result', said: 'failed', effect: 'uncertain' });
    await second.close();
  });
});

describe('The catalog', () => {
  test('publishes what a model is told about each capability, in the order of their ids', async () => {
    const { open } = bench(writes);
    const host = await open({ backgroundTools: true });
    expect(host.catalog.entries.map(({ id }) => id)).toEqual([
      'builtin.process_await',
      'builtin.process_end',
      'builtin.process_read',
      'desk.look',
      'desk.write',
    ]);
    expect(host.catalog.entries.every(({ document }) => document.length > 0)).toBe(true);
    await host.close();
  });
});
