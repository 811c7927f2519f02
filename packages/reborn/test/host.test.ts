import {
  parseGateId,
  parseInvocationId,
  parseResourceScope,
  parseRunId,
  type DurableStore,
  type ResourceScope,
} from '@reborn/host-api';
import { createFakePlatform, createSentinel, findLeaks, fixedUuid, wrapStore } from '@reborn/host-api/testkit';
import type { HookSpec } from '@reborn/hooks';
import { theseApprove } from '@reborn/host-runtime';
import { describe, expect, test } from 'vitest';
import {
  createReborn,
  inMemory,
  inspectReborn,
  toInvocationId,
  type HostStorage,
  type RebornOptions,
} from '../src/index.ts';
import { ada, answer, bench, deskOf, gatesOf, modelOf, rest, scope, told, type Step } from './support.ts';

const steps: readonly Step[] = [[['desk.write', { text: 'tea' }]], 'Done.'];
const options = (more: object = {}): RebornOptions => ({
  platform: createFakePlatform(),
  storage: inMemory(),
  model: modelOf(steps),
  extensions: [deskOf([])],
  profile: 'test',
  ...more,
});

describe('What belongs to somebody', () => {
  const strangers: readonly [string, Partial<ResourceScope>][] = [
    ['another user', parseResourceScope({ ...scope, userId: 'eve' })],
    ['another tenant', parseResourceScope({ ...scope, tenantId: 'other' })],
    ['an agent of theirs', parseResourceScope({ ...scope, agentId: 'helper' })],
    ['another thread', parseResourceScope({ ...scope, threadId: 'else' })],
  ];

  test.each(strangers)('does not exist for %s', async (_, changes) => {
    const { open, submit, written } = bench(steps);
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    const [gate] = await gatesOf(host);
    const stranger = parseResourceScope({ ...scope, ...changes });
    const { runId } = target;
    const invocationId = toInvocationId(runId, '0-0');
    expect(await host.getGate(scope, gate?.gateId ?? parseGateId(fixedUuid(1)))).toEqual(gate);
    expect(await host.explain(scope, { invocationId })).toMatchObject({ calls: [{ invocationId, end: 'waiting' }] });
    expect({
      drive: await host.drive({ scope: stranger, runId }),
      follow: await host.follow({ scope: stranger, runId }),
      openGates: await host.openGates(stranger),
      getGate: gate && (await host.getGate(stranger, gate.gateId)),
      run: await host.explain(stranger, { runId }),
      invocation: await host.explain(stranger, { invocationId }),
      getRun: await host.turns.getRun(stranger, runId),
      listRuns: await host.turns.listRuns(stranger, 10),
      cancel: await host.turns.cancelRun({ scope: stranger, actor: ada, runId, reason: 'policy' }),
    }).toEqual({
      drive: { kind: 'unknown_run' },
      follow: { kind: 'unknown_run' },
      openGates: [],
      // A person who may answer a question sees it, from whichever of their threads and agents.
      getGate: stranger.userId === scope.userId && stranger.tenantId === scope.tenantId ? gate : undefined,
      run: undefined,
      invocation: undefined,
      getRun: undefined,
      listRuns: [],
      cancel: { kind: 'unknown_run' },
    });
    expect(told(await host.drive(target))).toBe('parked parked');
    expect(written).toEqual([]);
  });

  test('is shown to those who may answer for it', async () => {
    const { open, submit } = bench(steps);
    const eve = parseResourceScope({ tenantId: 'default', userId: 'eve' });
    const host = await open({ approvers: theseApprove([{ kind: 'user', id: eve.userId }]) });
    await host.drive(await submit(host));
    const [gate] = await gatesOf(host);
    expect(gate && (await host.getGate(eve, gate.gateId))).toEqual(gate);
    expect(await host.openGates(eve)).toEqual([]);
  });

  test('is explained without anything of other runs', async () => {
    const { open, submit, platform } = bench(steps);
    const host = await open();
    const first = await submit(host);
    await host.drive(first);
    platform.advance(1);
    await answer(host, (await gatesOf(host))[0]);
    platform.advance(1);
    await host.drive(first);
    const second = await submit(host, 'Again');
    await host.drive(second);
    for (const { runId } of [first, second]) {
      const explanation = await host.explain(scope, { runId });
      expect(new Set(explanation?.story.map(({ record }) => record.runId))).toEqual(new Set([runId]));
      expect(new Set(explanation?.transcript.map((entry) => entry.runId))).toEqual(new Set([runId]));
      expect(explanation?.complete).toBe(true);
    }
    expect((await host.explain(scope, { runId: first.runId }))?.story.map(({ record }) => record.kind)).toEqual([
      'run_submitted',
      'run_claimed',
      'model_started',
      'model_completed',
      'verdict_given',
      'verdict_given',
      'verdict_given',
      'approval_requested',
      'run_parked',
      'approval_resolved',
      'boundary_decided',
      'run_resumed',
      'run_claimed',
      'verdict_given',
      'verdict_given',
      'verdict_given',
      'dispatch_requested',
      'effect_intended',
      'dispatch_succeeded',
      'effect_settled',
      'model_started',
      'model_completed',
      'assistant_reply_finalized',
      'run_completed',
    ]);
  });
});

describe('What is asked of a host', () => {
  const secret = createSentinel('request');
  const good = { scope, runId: parseRunId(fixedUuid(1)) };

  test.each<[string, (host: Awaited<ReturnType<typeof createReborn>>) => Promise<unknown>]>([
    ['drive', (host) => host.drive({ ...good, runId: secret as never })],
    ['drive', (host) => host.drive(undefined as never)],
    ['drive', (host) => host.drive({ ...good, tenantId: secret } as never)],
    ['follow', (host) => host.follow({ ...good, scope: secret as never })],
    ['openGates', (host) => host.openGates({ ...scope, userId: `${secret}\n` } as never)],
    ['getGate', (host) => host.getGate(scope, secret as never)],
    ['explain', (host) => host.explain(scope, undefined as never)],
    ['explain', (host) => host.explain(scope, { runId: secret as never })],
    ['explain', (host) => host.explain(scope, { ...good, invocationId: parseInvocationId(fixedUuid(2)) } as never)],
  ])('has a form, or is refused without being repeated: %s', async (_, use) => {
    const host = await createReborn(options());
    const fault: unknown = await use(host).catch((error: unknown) => error);
    expect(String((fault as { code?: unknown }).code)).toMatch(/^host-api\/invalid_/);
    expect(findLeaks(fault, [secret])).toEqual([]);
    expect(() => host.newContext(secret as never)).toThrow(/does not have the required form/);
    await host.close();
  });
});

describe('A host', () => {
  const secret = createSentinel('option');
  const desk = deskOf([]);

  test.each<[string, object]>([
    ['options.profile', { profile: secret }],
    ['options.tenants', { tenants: [] }],
    ['options.tenants', { tenants: ['a', 'a'] }],
    ['options.tenants.0', { tenants: [`${secret}\n`] }],
    ['options.extensions', { extensions: [desk, desk] }],
    ['options.extensions.0.id', { extensions: [{ ...desk, id: `${secret}!` }] }],
    ['options.model', { model: { label: secret } }],
    ['options.driver', { driver: secret }],
    ['options.system', { system: secret.repeat(2_000) }],
    ['options.leaseMs', { leaseMs: 1 }],
    ['options.gateTtlMs', { gateTtlMs: 0.5 }],
  ])('is not made when %s is wrong', async (field, wrong) => {
    let opened = 0;
    const storage: HostStorage = { ...inMemory(), open: () => Promise.reject(new Error(`opened ${(opened += 1)}`)) };
    const fault: unknown = await createReborn(options({ ...wrong, storage })).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'reborn/invalid_configuration', detail: { field } });
    expect(findLeaks(fault, [secret])).toEqual([]);
    expect(opened).toBe(0);
  });

  test('closes its store when it cannot be assembled', async () => {
    let closed = 0;
    const kept = inMemory();
    const storage: HostStorage = {
      ...kept,
      open: async (opening) => {
        const store: DurableStore = await kept.open(opening);
        return { ...wrapStore(store, {}), close: async () => void (closed += 1) };
      },
    };
    const hook: HookSpec = {
      id: 'w',
      version: 1,
      point: 'event_triggered',
      kinds: ['run_completed'],
      body: () => undefined,
    };
    const attempt = createReborn(options({ storage, grants: [], extensions: [deskOf([], [hook])] }));
    await expect(attempt).rejects.toMatchObject({ code: 'reborn/invalid_configuration', detail: { field: 'grants' } });
    expect(closed).toBe(1);
  });

  test('without a model says so', async () => {
    const { submit } = bench(steps);
    const { model: _, ...rest } = options();
    const host = await createReborn(rest);
    expect(told(await host.drive(await submit(host)))).toBe('ended failed model_unavailable');
    expect(host.readiness().components.find(({ name }) => name === 'model')).toEqual({
      name: 'model',
      implementation: 'none',
      durability: 'none',
    });
  });

  test('may be closed twice and while it works, and does nothing any more', async () => {
    const { open, submit, pump, storage } = bench({ label: 'slow', complete: () => new Promise(() => undefined) });
    const host = await open();
    const target = await submit(host);
    const driving = host.drive(target);
    const following = host.follow({ ...target });
    await rest();
    const closing = [host.close(), host.close()];
    expect(told(await pump(driving))).toBe('held queued');
    expect(['held queued', 'held running']).toContain(told(await pump(following)));
    await pump(Promise.all(closing));
    for (const use of [
      host.drive(target),
      host.follow(target),
      host.openGates(scope),
      host.explain(scope, target),
      host.settle(),
    ]) {
      await expect(use).rejects.toMatchObject({ code: 'reborn/closed' });
    }
    const next = await open({ storage, model: modelOf([]) });
    expect(told(await pump(next.drive(target)))).toBe('ended completed');
  });

  test('that is told to stop before it begins touches nothing', async () => {
    const { open, submit } = bench(steps);
    const host = await open();
    const target = await submit(host);
    expect(told(await host.drive(target, { signal: AbortSignal.abort() }))).toBe('held queued');
    expect(await host.turns.getRun(scope, target.runId)).toMatchObject({ claims: 0 });
  });
});

describe('Readiness', () => {
  const durable = (survives: 'nothing' | 'process_death' | 'power_loss'): HostStorage => ({
    ...inMemory(),
    durability: { backend: 'file', survives, shared: 'machine', anchored: true },
  });
  const grants = [
    {
      id: fixedUuid(1),
      capability: 'desk.look',
      grantee: { kind: 'tenant', id: 'default' },
      issuedBy: { kind: 'host' },
      allowedEffects: [],
    },
  ];
  const recorded = { ...modelOf(steps), recorded: true };

  test.each<[string, object, string, readonly string[]]>([
    ['everything durable and granted', { storage: durable('power_loss'), grants }, 'production_ready', []],
    [
      'storage that forgets',
      { storage: durable('nothing'), grants },
      'refused',
      ['event log', 'turn store', 'checkpoints', 'gates', 'idempotency', 'subscriptions', 'hook records'],
    ],
    [
      'storage that survives less than it must',
      { storage: durable('process_death'), grants },
      'refused',
      ['event log', 'turn store', 'checkpoints', 'gates', 'idempotency', 'subscriptions', 'hook records'],
    ],
    ['a recording', { storage: durable('power_loss'), grants, model: recorded }, 'refused', ['model']],
    ['nothing granted', { storage: durable('power_loss') }, 'refused', ['grants']],
  ])('of %s', async (_, parts, status, named) => {
    const report = await inspectReborn(options({ ...parts, profile: 'production' }));
    expect([
      report.status,
      report.components.filter(({ issue }) => issue !== undefined).map(({ name }) => name),
    ]).toEqual([status, named]);
    const elsewhere = await inspectReborn(options({ ...parts, grants, profile: 'local' }));
    expect(elsewhere.status).toBe(named.length === 0 || named[0] === 'grants' ? 'production_ready' : 'degraded');
    if (status === 'refused') {
      await expect(createReborn(options({ ...parts, profile: 'production' }))).rejects.toMatchObject({
        code: 'reborn/not_production_ready',
        detail: { rule: expect.stringContaining(named[0] ?? '') },
      });
    }
  });

  test('names every part', async () => {
    const { components } = await inspectReborn(options());
    expect(
      components.map(({ name, implementation, durability }) => `${name}: ${implementation}, ${durability}`),
    ).toEqual([
      ...['event log', 'turn store', 'checkpoints', 'gates', 'idempotency', 'subscriptions', 'hook records'].map(
        (name) => `${name}: memory, nothing`,
      ),
      'model: model, none',
      'loop: reborn:planned 1, none',
      'capabilities: 2 in process, none',
      'grants: 2, none',
      'gate hooks: 0, none',
      'event hooks: 0, none',
      'extensions: 0 found, none',
      'secrets: no key, so none are stored, none',
      'processes: none were composed, none',
      'network: none was composed, none',
    ]);
  });
});
