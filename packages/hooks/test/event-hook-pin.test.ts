import { parseTenantId, type CapabilityGrant } from '@reborn/host-api';
import { buildGrant, buildScope, createFakePlatform } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import type { EventHookPin } from '../src/index.ts';
import { recordingEventHook } from '../src/testkit/index.ts';
import { drain, follow, runCompleted } from './follow.ts';
import { createStore } from './harness.ts';

function logRead(changes: Parameters<typeof buildGrant>[0] = {}): CapabilityGrant {
  return buildGrant({ capability: 'log.read', grantee: { kind: 'tenant', id: 'acme' }, ...changes });
}

describe('a hook that is pinned to a thread', () => {
  const foreign: readonly (readonly [string, Parameters<typeof buildScope>[0]])[] = [
    ['another thread', { threadId: 'thread-2' }],
    ['no thread', { threadId: undefined }],
    ['another user', { userId: 'bob' }],
    ['another agent', { agentId: 'other' }],
    ['no agent', { agentId: undefined }],
    ['another project', { projectId: 'other' }],
    ['another tenant', { tenantId: 'umbrella' }],
  ];
  test.each(foreign)('never sees the events of %s', async (_name, changes) => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder);
    const own = runCompleted();
    await harness.log.append([runCompleted(buildScope(changes)), own, runCompleted(buildScope(changes))]);
    await drain(harness);
    expect(recorder.deliveries.map(({ event }) => event.eventId)).toEqual([own.eventId]);
  });

  test('without an agent never sees the events of an agent', async () => {
    const scope = buildScope({ agentId: undefined });
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder, { pin: { kind: 'thread', scope } });
    await harness.log.append([runCompleted(buildScope()), runCompleted(scope)]);
    await drain(harness);
    expect(recorder.deliveries.map(({ event }) => event.scope.agentId)).toEqual([undefined]);
  });

  test('needs one: a scope without a thread is refused', () => {
    const pin = { kind: 'thread', scope: buildScope({ threadId: undefined }) } as const;
    expect(() => follow(recordingEventHook(['run_completed']), { pin })).toThrow(
      expect.objectContaining({ code: 'hooks/invalid_pin' }),
    );
  });

  test('keeps a cursor of its own for each thread', async () => {
    const platform = createFakePlatform();
    const store = createStore(platform);
    for (const threadId of ['thread-1', 'thread-2']) {
      const recorder = recordingEventHook(['run_completed']);
      const harness = follow(recorder, { platform, store, pin: { kind: 'thread', scope: buildScope({ threadId }) } });
      await harness.log.append([runCompleted(buildScope({ threadId }))]);
      await drain(harness);
      expect(recorder.deliveries).toHaveLength(1);
    }
    expect(await store.list('subscription', { limit: 10 })).toHaveLength(2);
  });
});

describe('a hook that is pinned to a tenant', () => {
  const tenantId = parseTenantId('acme');
  const tenant = (grant: CapabilityGrant): EventHookPin => ({ kind: 'tenant', tenantId, grant });

  test('sees everybody of that tenant and nobody else', async () => {
    const recorder = recordingEventHook(['run_completed']);
    const harness = follow(recorder, { pin: tenant(logRead()) });
    const scopes = [buildScope(), buildScope({ userId: 'bob' }), buildScope({ tenantId: 'umbrella' })];
    await harness.log.append(scopes.map((scope) => runCompleted(scope)));
    await drain(harness);
    expect(recorder.deliveries.map(({ event }) => event.scope.userId)).toEqual(['alice', 'bob']);
  });

  test.each([
    ['another capability', logRead({ capability: 'notes.write' })],
    ['another tenant', logRead({ grantee: { kind: 'tenant', id: 'umbrella' } })],
    ['one user', logRead({ grantee: { kind: 'user', id: 'alice' } })],
    ['an earlier time', logRead({ expiresAtMs: 1 })],
  ])('is refused with a grant of %s', (_name, grant) => {
    expect(() => follow(recordingEventHook(['run_completed']), { pin: tenant(grant) })).toThrow(
      expect.objectContaining({ code: 'events/not_granted' }),
    );
  });

  test('is refused without a grant', () => {
    const pin = { kind: 'tenant', tenantId } as unknown as EventHookPin;
    expect(() => follow(recordingEventHook(['run_completed']), { pin })).toThrow(
      expect.objectContaining({ code: 'host-api/invalid_value' }),
    );
  });

  test('sees nothing more once the grant ran out, and goes on with a new one', async () => {
    const platform = createFakePlatform();
    const store = createStore(platform);
    const first = recordingEventHook(['run_completed']);
    const expiresAtMs = platform.clock.nowMs() + 120_000;
    const harness = follow(first, { platform, store, pin: tenant(logRead({ expiresAtMs })) });
    await harness.log.append([runCompleted()]);
    await drain(harness);
    platform.advance(120_000);
    await harness.log.append([runCompleted()]);
    await expect(drain(harness)).rejects.toMatchObject({ code: 'events/not_granted' });
    expect(first.deliveries).toHaveLength(1);
    const second = recordingEventHook(['run_completed']);
    await drain(follow(second, { platform, store, pin: tenant(logRead()) }));
    expect(second.deliveries).toHaveLength(1);
  });
});

test('a pin of another kind is refused', () => {
  const pin = { kind: 'everything' } as unknown as EventHookPin;
  expect(() => follow(recordingEventHook(['run_completed']), { pin })).toThrow(
    expect.objectContaining({ code: 'hooks/invalid_pin' }),
  );
});
