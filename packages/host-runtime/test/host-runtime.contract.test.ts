import { parseDigest, type InvocationId } from '@reborn/host-api';
import { buildDescriptor, createFaultyStore, fixedUuid } from '@reborn/host-api/testkit';
import type { InvokeOutcome, InvokeRequest } from '@reborn/host-runtime';
import {
  createFakeHostRuntime,
  hostRuntimeContract,
  type HostRuntimeHarness,
  type Scripted,
  type Situation,
} from '@reborn/host-runtime/testkit';
import { describe, test } from 'vitest';
import { asker, createWorld, done, writer } from './support.ts';

describe('The real door', () => {
  for (const { name, run } of hostRuntimeContract) test(name, () => run(realHarness()));
});

describe('The scripted door', () => {
  for (const { name, run } of hostRuntimeContract) test(name, () => run(fakeHarness()));
});

function requests(again: Partial<InvokeRequest> = {}): { request: InvokeRequest; again: InvokeRequest } {
  const world = createWorld();
  const key = { idempotencyKey: 'key-1' };
  return { request: world.newCall({ text: 'a' }, key), again: world.newCall({ text: 'a' }, { ...key, ...again }) };
}

function realHarness(): HostRuntimeHarness {
  return {
    prepare: async (situation) => {
      const world = createWorld();
      const { store } = world;
      switch (situation) {
        case 'completes':
          return { runtime: world.open([writer(done)]), ...requests() };
        case 'conflict':
          return { runtime: world.open([writer(done)]), ...requests({ input: { text: 'b' } }) };
        case 'asks':
          return { runtime: world.open([asker()]), ...requests() };
        case 'fails':
          return { runtime: world.open([writer()]), ...requests() };
        case 'denied':
          return { runtime: world.open([writer()], { grants: { grantsFor: async () => [] } }), ...requests() };
        case 'uncertain':
          return { runtime: world.open([writer(() => Promise.reject(new Error('no')))]), ...requests() };
        case 'unavailable': {
          const dead = createFaultyStore(store, [{ call: 1, when: 'before', does: 'dies' }]);
          return { runtime: world.open([writer(done)], { store: dead }), ...requests() };
        }
      }
    },
  };
}

function fakeHarness(): HostRuntimeHarness {
  return {
    prepare: async (situation) => {
      const { request, again } = requests();
      const descriptor = buildDescriptor();
      const base = { capabilityId: descriptor.id, invocationId: request.context.invocationId as InvocationId };
      const surface = {
        version: parseDigest(`sha256:${'0'.repeat(64)}`),
        capabilities: [{ descriptor, access: 'available' as const }],
      };
      const health = { ready: true, components: [{ name: 'script', state: 'ready' as const, detail: 'scripted' }] };
      const runtime = createFakeHostRuntime({
        invokeCapability: SCRIPTS[situation](base),
        visibleCapabilities: [{ outcome: surface }],
        cancelWork: [{ outcome: { cancelled: [] } }],
        runtimeStatus: [{ outcome: { active: [] } }],
        health: [{ outcome: health }],
      });
      return { runtime, request, again };
    },
  };
}

type Base = Pick<InvokeOutcome, 'capabilityId' | 'invocationId'>;
type Script = (base: Base) => readonly Scripted<InvokeOutcome>[];

const SCRIPTS: Readonly<Record<Situation, Script>> = {
  completes: (base) => twice({ ...base, kind: 'completed', output: {}, outputBytes: 2 }),
  conflict: (base) => [
    { outcome: { ...base, kind: 'completed', output: {}, outputBytes: 2 } },
    { fault: 'host-runtime/idempotency_conflict' },
  ],
  asks: (base) =>
    twice({ ...base, kind: 'approval_required', gateId: fixedUuid(8) as never, asked: ['permission_ask'] }),
  fails: (base) =>
    twice({
      ...base,
      kind: 'failed',
      failureKind: 'capability_failed',
      fate: 'model_visible',
      effect: 'none',
      message: 'No.',
    }),
  denied: (base) =>
    twice({ ...base, kind: 'failed', failureKind: 'denied', fate: 'model_visible', effect: 'none', message: 'No.' }),
  uncertain: (base) =>
    twice({
      ...base,
      kind: 'failed',
      failureKind: 'uncertain',
      fate: 'model_visible',
      effect: 'uncertain',
      message: 'Maybe.',
    }),
  unavailable: () => [{ fault: 'host-runtime/unavailable' }],
};

function twice(outcome: InvokeOutcome): readonly Scripted<InvokeOutcome>[] {
  return [{ outcome }, { outcome }];
}
