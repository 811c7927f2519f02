/** What is left when a host is gone and another one opens the same file: answers, effects, processes, and no contents in records. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@reborn/adapter-sqlite';
import { gateMachine, getRecord, parseTenantId, type DurableStore, type StreamFamily } from '@reborn/host-api';
import { buildScope, createFakeCipher, createFakePlatform, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import {
  createBudgets,
  createProcessDesk,
  createStoredSecrets,
  SecretValue,
  type CapabilityHandler,
  type HostRuntimeOptions,
} from '@reborn/host-runtime';
import { scriptedAuthority, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tokenHandle } from './facade-bench.ts';
import { alice, asker, createWorld, done, gateOf, HOST_DOOR_MACHINES } from './support.ts';

const FAMILIES = ['runtime', 'journal', 'audit', 'security', 'turn'] as const satisfies readonly StreamFamily[];
const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10' } }] as const;

/** One file, and one clock for all hosts that open it. */
async function createFile() {
  const folder = await mkdtemp(join(tmpdir(), 'reborn-durability-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const platform = createFakePlatform();
  const { clock, ids, timers } = platform;
  const cipher = createFakeCipher();
  let hosts = 0;

  return { withHost };

  /** A host of its own, which is gone afterwards. */
  async function withHost<T>(work: (host: ReturnType<typeof assemble>) => Promise<T>): Promise<T> {
    hosts += 1;
    const store = await sqlite(join(folder, 'agent.db')).open({
      machines: HOST_DOOR_MACHINES,
      clock,
      timers: {
        schedule: (delayMs, callback) => {
          const pending = setTimeout(callback, delayMs);
          return () => clearTimeout(pending);
        },
      },
    });
    try {
      return await work(assemble(store, `host:${hosts}`));
    } finally {
      await store.close();
    }
  }

  function assemble(store: DurableStore, holder: string) {
    const world = createWorld(platform, store);
    const secrets = createStoredSecrets({ store, clock, ids, cipher });
    const processes = createProcessDesk({ store, clock, timers, ids, holder });
    const budgets = createBudgets({ store, clock, limits });
    const open = (handlers: readonly CapabilityHandler[], options: Partial<HostRuntimeOptions> = {}) =>
      world.open(handlers, { secrets, budgets, processes, ...options });
    return { ...world, secrets, budgets, processes, open };
  }
}

describe('An approval', () => {
  test('is answered and used by later hosts, once; answers and calls that come again change nothing', async () => {
    const file = await createFile();
    const handler = asker(done, done);
    const { request, gateId } = await file.withHost(async (host) => {
      const request = host.newCall({ text: 'pay' }, { idempotencyKey: 'order/1' });
      return { request, gateId: gateOf(await host.open([handler]).invokeCapability(request)) };
    });
    await file.withHost(async (host) => {
      const runtime = host.open([handler]);
      expect(await runtime.invokeCapability(request)).toMatchObject({ kind: 'approval_required', gateId });
      expect((await host.approve(runtime, gateId)).kind).toBe('resolved');
    });
    const first = await file.withHost(async (host) => {
      const outcome = await host.open([handler]).invokeCapability(request);
      expect((await getRecord(host.store, gateMachine, gateId))?.status).toBe('consumed');
      return outcome;
    });
    expect(first.kind).toBe('completed');
    await file.withHost(async (host) => {
      const runtime = host.open([handler]);
      expect(await runtime.invokeCapability(request)).toEqual(first);
      expect(await host.approve(runtime, gateId)).toMatchObject({ kind: 'already_closed', status: 'consumed' });
      const again = host.newCall({ text: 'pay' }, { idempotencyKey: 'order/2' });
      expect(await runtime.invokeCapability(again)).toMatchObject({ kind: 'approval_required' });
      const kinds = (await host.records('journal')).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'effect_intended' || kind === 'effect_settled')).toEqual([
        'effect_intended',
        'effect_settled',
      ]);
    });
    expect(handler.inputs).toEqual([{ text: 'pay' }]);
  });
});

describe('A process', () => {
  test('and its result are there for the next host, in the scope that began it and in no other', async () => {
    const file = await createFile();
    const scope = buildScope();
    const handler = scriptedHandler({ runs: [{ kind: 'completed', output: { found: [1, 2] } }] });
    const { processId, ended } = await file.withHost(async (host) => {
      const runtime = host.open([handler], scriptedAuthority([], { verdict: 'allow' }));
      const spawned = await runtime.spawnCapability(host.newCall());
      const processId = spawned.kind === 'spawned_process' ? spawned.processId : expect.fail(spawned.kind);
      await host.processes.await(scope, processId, { timeoutMs: 60_000 });
      return { processId, ended: await host.processes.status(scope, processId) };
    });
    expect(ended).toMatchObject({ status: 'completed', result: { kind: 'completed', output: { found: [1, 2] } } });
    await file.withHost(async ({ processes }) => {
      expect(await processes.status(scope, processId)).toEqual(ended);
      expect(await processes.list(scope)).toEqual([ended]);
      const strangers = [
        { tenantId: 'other' },
        { userId: 'bob' },
        { agentId: undefined },
        { threadId: undefined },
        { threadId: 'thread-2' },
      ];
      for (const stranger of strangers.map((part) => buildScope(part))) {
        expect(await processes.list(stranger)).toEqual([]);
        expect(await processes.status(stranger, processId)).toBeUndefined();
        expect(await processes.await(stranger, processId, { timeoutMs: 1 })).toEqual({ kind: 'unknown' });
      }
    });
    expect(handler.inputs).toHaveLength(1);
  });
});

describe('The records of a host that is gone', () => {
  test('hold nothing of inputs, edits, outputs, reasons, errors or secrets, in any family', async () => {
    const file = await createFile();
    const sentinels = ['input', 'edit', 'output', 'reason', 'error', 'process'].map(createSentinel);
    const [input, edit, output, reason, error, shown] = sentinels as [string, string, string, string, string, string];
    const secret = createSentinel('secret');
    const handler = scriptedHandler({
      descriptor: { effects: ['use_secret', 'write_filesystem'], credentials: [{ handle: tokenHandle }] },
      runs: [
        ({ secrets }) => ({
          kind: 'completed',
          output: { text: output, token: secrets?.take(tokenHandle)?.reveal() ?? '' },
        }),
        () => Promise.reject(new Error(error, { cause: error })),
        ({ progress }) => {
          progress?.(shown);
          return { kind: 'failed', code: error, message: error, effect: 'happened' };
        },
      ],
    });
    const allowance = { secrets: [tokenHandle] };
    const asks = { verdict: 'approval', code: 'looks_costly', allowance } as const;
    await file.withHost(async (host) => {
      await host.secrets.put({ owner: buildScope(), handle: tokenHandle, by: alice as never }, new SecretValue(secret));
      const runtime = host.open(
        [handler],
        scriptedAuthority([asks, asks, asks, asks], { verdict: 'allow', allowance }),
      );
      for (let calls = 0; calls < 2; calls += 1) {
        const request = host.newCall({ text: input });
        const gateId = gateOf(await runtime.invokeCapability(request));
        const answer = { tenantId: 'acme', gateId, approver: alice, reason } as const;
        await runtime.resolveGate({ ...answer, decision: 'edit', input: { text: edit } });
        expect((await runtime.invokeCapability(request)).kind).toBe(calls === 0 ? 'completed' : 'failed');
      }
      const spawned = await runtime.spawnCapability(host.newCall({ text: input }));
      const processId = spawned.kind === 'spawned_process' ? spawned.processId : expect.fail(spawned.kind);
      await host.processes.await(buildScope(), processId, { timeoutMs: 60_000 });
    });
    expect(handler.inputs).toEqual([{ text: edit }, { text: edit }, { text: input }]);
    const replayed = await file.withHost(({ store }) =>
      Promise.all(
        FAMILIES.map(async (family) => {
          const stream = { family, tenantId: parseTenantId('acme') };
          return [family, (await store.readStream({ stream, after: 0, limit: 1000 })).records] as const;
        }),
      ),
    );
    expect(replayed.map(([family, records]) => [family, records.length > 0])).toEqual(
      FAMILIES.map((family) => [family, family !== 'turn']),
    );
    expect(findLeaks(replayed, [...sentinels, secret])).toEqual([]);
  });
});
