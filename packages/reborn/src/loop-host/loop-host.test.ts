import type { GateId } from '@reborn/host-api';
import {
  createInMemoryStore,
  correlationIdSchema,
  parseCapabilityId,
  parseInvocationId,
  parseResourceScope,
  parseRunId,
  turnIdSchema,
} from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import type { HostRuntime, InvokeOutcome, InvokeRequest } from '@reborn/host-runtime';
import { createRunner, type ClaimedRun } from '@reborn/turns/runner';
import { INTERACTIVE_PROFILE } from '@reborn/turns';
import { describe, expect, test } from 'vitest';
import { HOST_MACHINES } from '../host-machines.ts';
import { createModelGateway } from '../model/gateway.ts';
import { noModel } from '../model/no-model.ts';
import { toInvocationId } from './call-identity.ts';
import { createGuestHost } from './loop-host.ts';

const runId = parseRunId(fixedUuid(1));
const scope = parseResourceScope({ tenantId: 'default', userId: 'ada', threadId: 't' });
const capabilityId = parseCapabilityId('desk.write');
const call = { callId: 'c', capabilityId, input: { text: 'tea' } };
const about = { capabilityId, invocationId: parseInvocationId(fixedUuid(2)) };
const unavailable: InvokeOutcome = {
  ...about,
  kind: 'failed',
  failureKind: 'unavailable',
  fate: 'retry',
  effect: 'none',
  message: 'Not now.',
};
const completed: InvokeOutcome = { ...about, kind: 'completed', output: null, outputBytes: 4, usage: {} };

function guest(outcomes: readonly InvokeOutcome[]) {
  const platform = createFakePlatform();
  const store = createInMemoryStore({ machines: HOST_MACHINES, ...platform });
  const requests: InvokeRequest[] = [];
  const runtime = {
    invokeCapability: async (request: InvokeRequest) => {
      requests.push(request);
      return outcomes[requests.length - 1] ?? completed;
    },
  } as unknown as HostRuntime;
  const claimed: ClaimedRun = {
    run: {
      status: 'running',
      runId,
      turnId: turnIdSchema.parse(fixedUuid(3)),
      correlationId: correlationIdSchema.parse(fixedUuid(4)),
      scope,
      actor: { kind: 'user', id: scope.userId },
      profile: INTERACTIVE_PROFILE,
      gates: [],
      claims: 1,
      crashes: 0,
      queuedAtMs: 0,
      updatedAtMs: 0,
    },
    lease: { key: `lease:run|${runId}`, holder: 'h', fence: 1 },
  };
  const stop = new AbortController();
  const issuedGates = new Set<GateId>();
  const runner = createRunner({ ...platform, store, holder: 'h', leaseMs: 1_000 });
  const gateway = createModelGateway(noModel, platform.timers);
  const made = createGuestHost({ ...platform, store, runner, runtime, gateway, system: '' }, claimed, {
    signal: stop.signal,
    issuedGates,
  });
  return { ...made, platform, requests, stop, issuedGates };
}

async function rest(): Promise<void> {
  for (let step = 0; step < 50; step += 1) await Promise.resolve();
}

describe('A call that is not possible at the moment', () => {
  test('is made again after a growing pause, as the same call', async () => {
    const { host, platform, requests } = guest([unavailable, unavailable, completed]);
    const outcome = host.invoke(call);
    await rest();
    platform.advance(249);
    await rest();
    expect(requests).toHaveLength(1);
    platform.advance(1);
    await rest();
    platform.advance(500);
    expect(await outcome).toEqual({ kind: 'completed', output: null });
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
    expect(requests[0]).toMatchObject({
      context: { invocationId: toInvocationId(runId, 'c') },
      idempotencyKey: `${runId}/c`,
    });
    expect(platform.pendingTimers()).toBe(0);
  });

  test('is given up after three attempts', async () => {
    const { host, platform, requests } = guest([unavailable, unavailable, unavailable]);
    const outcome = host.invoke(call);
    for (const ms of [250, 500]) {
      await rest();
      platform.advance(ms);
    }
    const { failureKind, fate, effect, message } = unavailable;
    expect(await outcome).toEqual({ kind: 'failed', failureKind, fate, effect, message });
    expect(requests).toHaveLength(3);
  });

  test('is not made again when something may have happened', async () => {
    const { host, requests } = guest([{ ...unavailable, effect: 'uncertain' }]);
    expect(await host.invoke(call)).toMatchObject({ kind: 'failed', effect: 'uncertain' });
    expect(requests).toHaveLength(1);
  });

  test('is not waited for by a loop that has to stop', async () => {
    const { host, requests, stop, platform } = guest([unavailable, unavailable]);
    const outcome = host.invoke(call);
    await rest();
    stop.abort();
    expect(await outcome).toMatchObject({ kind: 'failed', failureKind: 'unavailable' });
    expect(requests).toHaveLength(2);
    expect(platform.pendingTimers()).toBe(0);
  });
});

test('a loop whose sitting is over can do nothing any more', async () => {
  const { host, close, requests } = guest([]);
  close();
  const checkpoint = { kind: 'final', schema: 'x', state: {} } as const;
  const uses = [
    host.invoke(call),
    host.complete({ messages: [], tools: [] }),
    host.commit({ checkpoint, entries: [] }),
    host.readTranscript(),
    host.isCancelRequested(),
  ];
  for (const use of await Promise.allSettled(uses))
    expect(use).toMatchObject({ status: 'rejected', reason: { name: 'LeaseLost', message: '' } });
  expect(requests).toEqual([]);
});
