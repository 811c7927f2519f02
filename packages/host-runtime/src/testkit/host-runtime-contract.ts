/**
 * What every door keeps towards its callers, whether it is real or scripted: the form of requests, outcomes and faults.
 *
 * Not here: authority, gates and durability (this package's own tests).
 * Source: specification 2, b.2, b.3 and c.
 */
import { digestSchema, gateIdSchema, invocationIdSchema, isFault, jsonValueSchema } from '@reborn/host-api';
import {
  buildContext,
  buildScope,
  equals,
  fixedUuid,
  holds,
  rejects,
  type ContractCase,
} from '@reborn/host-api/testkit';
import { HostRuntimeError } from '../errors.ts';
import { FAILURES } from '../failure.ts';
import type { HostRuntime, InvokeOutcome, InvokeRequest } from '../host-runtime.ts';

/** What a call of the harness runs into. `unavailable`: what stands behind the door does not work. */
export type Situation = 'completes' | 'asks' | 'fails' | 'denied' | 'uncertain' | 'conflict' | 'unavailable';

/** `again` repeats the call with the same key under another invocation id. */
export interface PreparedCall {
  readonly runtime: HostRuntime;
  readonly request: InvokeRequest;
  readonly again: InvokeRequest;
}

/** A door for one case, on which `request`, and then `again`, run into the situation. */
export interface HostRuntimeHarness {
  prepare(situation: Situation): Promise<PreparedCall>;
}

type Case = ContractCase<HostRuntimeHarness>;

const INVALID = ['host-runtime/invalid_request'];
const KINDS: Readonly<Record<Exclude<Situation, 'conflict' | 'unavailable'>, InvokeOutcome['kind']>> = {
  completes: 'completed',
  asks: 'approval_required',
  fails: 'failed',
  denied: 'failed',
  uncertain: 'failed',
};

const call = { context: buildContext(), capabilityId: 'notes.write', input: {} };
const answer = { tenantId: 'acme', gateId: fixedUuid(9), approver: { kind: 'user', id: 'alice' }, decision: 'approve' };
const deep = Array.from({ length: 70 }).reduce<unknown>((inner) => [inner], 'x');

/** Each is one thing that is wrong with a request. */
const MALFORMED: readonly (readonly [method: keyof HostRuntime, what: string, request: unknown])[] = [
  ['invokeCapability', 'nothing', undefined],
  ['invokeCapability', 'a key that is not known', { ...call, trust: 'system' }],
  ['invokeCapability', 'grants of its own', { ...call, context: { ...call.context, grants: [] } }],
  ['invokeCapability', 'a capability id that is none', { ...call, capabilityId: '../notes' }],
  ['invokeCapability', 'no tenant', { ...call, context: { ...call.context, scope: { userId: 'alice' } } }],
  ['invokeCapability', 'an input that is not JSON', { ...call, input: { at: new Set() } }],
  ['invokeCapability', 'no input', { context: call.context, capabilityId: call.capabilityId }],
  ['invokeCapability', 'an input that is too deep', { ...call, input: deep }],
  ['invokeCapability', 'an input with a key __proto__', { ...call, input: JSON.parse('{"__proto__":{"a":1}}') }],
  ['invokeCapability', 'an empty idempotency key', { ...call, idempotencyKey: '' }],
  ['invokeCapability', 'an idempotency key that is too long', { ...call, idempotencyKey: 'x'.repeat(257) }],
  ['invokeCapability', 'an idempotency key with a control character', { ...call, idempotencyKey: 'a\u0000b' }],
  ['resolveGate', 'a decision that is none', { ...answer, decision: 'maybe' }],
  ['resolveGate', 'an approver without a kind', { ...answer, approver: { id: 'alice' } }],
  ['resolveGate', 'a reason that is too long', { ...answer, reason: 'x'.repeat(1025) }],
  ['resolveGate', 'a gate id that is none', { ...answer, gateId: 'gate' }],
  ['visibleCapabilities', 'no scope', {}],
  ['visibleCapabilities', 'trust of its own', { scope: buildScope(), trust: 'system' }],
  ['cancelWork', 'no target', { scope: buildScope() }],
  ['cancelWork', 'no scope', { invocationId: fixedUuid(1) }],
];

export const hostRuntimeContract: readonly Case[] = [
  ...MALFORMED.map(([method, what, request]): Case => ({
    name: `refuses ${what} in ${method} as a malformed request`,
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const ask: (request: never) => Promise<unknown> = runtime[method];
      await rejects(ask(request as never), INVALID, 'a malformed request is a fault');
    },
  })),
  ...(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((situation): Case => ({
    name: `answers a call that ${situation === 'denied' ? 'is denied' : situation} with its own kind of outcome`,
    run: async (harness) => {
      const { runtime, request } = await harness.prepare(situation);
      const outcome = await runtime.invokeCapability(request);
      equals(outcome.kind, KINDS[situation], 'the kind of the outcome');
      checkOutcome(outcome, request);
    },
  })),
  {
    name: 'answers the repetition of a completed call with the same outcome and the first invocation',
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare('completes');
      const first = await runtime.invokeCapability(request);
      const second = await runtime.invokeCapability(again);
      equals(second, first, 'the outcome is the stored one');
      equals(second.invocationId, request.context.invocationId, 'the call keeps the identity of its first attempt');
    },
  },
  {
    name: 'answers the repetition of a waiting call with the same gate',
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare('asks');
      const first = await runtime.invokeCapability(request);
      equals(await runtime.invokeCapability(again), first, 'nobody is asked twice');
    },
  },
  {
    name: 'refuses another call under a key that is taken',
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare('conflict');
      await runtime.invokeCapability(request);
      await rejects(
        runtime.invokeCapability(again),
        ['host-runtime/idempotency_conflict'],
        'the key stands for the first call',
      );
    },
  },
  {
    name: 'says with a fault that may be retried that nothing behind it works',
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('unavailable');
      const fault = await faultOf(runtime.invokeCapability(request));
      equals([fault.code, fault.retryable], ['host-runtime/unavailable', true], 'the fault and its advice');
    },
  },
  {
    name: 'makes faults that say what to do and show nothing of the request',
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const request = { ...call, capabilityId: 'SENTINEL/../etc' } as unknown as InvokeRequest;
      const fault = await faultOf(runtime.invokeCapability(request));
      holds(HostRuntimeError.is(fault) && isFault(fault), 'it is recognised by its brand');
      equals(
        Object.keys(fault.toJSON()).toSorted(),
        ['code', 'detail', 'message', 'remedy', 'retryable'],
        'its form on the wire',
      );
      equals(fault.detail['field'], 'request.capabilityId', 'it names the field');
      holds(!JSON.stringify([fault.toJSON(), fault.message]).includes('SENTINEL'), 'it shows no value');
    },
  },
  {
    name: 'hands out data of the caller’s own',
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare('completes');
      const first = await runtime.invokeCapability(request);
      const before = structuredClone(first);
      Reflect.set(first, 'kind', 'failed');
      Reflect.set(first, 'output', 'changed');
      equals(await runtime.invokeCapability(again), before, 'nobody else sees what a caller does to an outcome');
    },
  },
  {
    name: 'shows a surface in the order of its ids, with a version',
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('completes');
      const surface = await runtime.visibleCapabilities({ scope: request.context.scope });
      const ids = surface.capabilities.map(({ descriptor }) => descriptor.id);
      equals(ids, ids.toSorted(), 'the order of the capabilities');
      holds(digestSchema.safeParse(surface.version).success, 'the version is a digest');
      holds(
        surface.capabilities.every(({ access }) => ['available', 'requires_approval'].includes(access)),
        'the access is closed',
      );
    },
  },
  {
    name: 'cancels nothing where nothing is under way, and says so',
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('completes');
      const { scope } = request.context;
      equals(
        await runtime.cancelWork({ scope, invocationId: fixedUuid(77) }),
        { cancelled: [] },
        'nothing was cancelled',
      );
      equals(await runtime.runtimeStatus(), { active: [] }, 'nothing is under way');
    },
  },
  {
    name: 'tells its health in components',
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const { ready, components } = await runtime.health();
      equals(
        ready,
        components.every(({ state }) => state === 'ready'),
        'ready when every component is',
      );
      holds(
        components.every(({ name, detail }) => name !== '' && detail !== ''),
        'each has a name and a detail',
      );
    },
  },
];

/** What holds for every outcome of every kind. */
function checkOutcome(outcome: InvokeOutcome, request: InvokeRequest): void {
  equals(outcome.capabilityId, request.capabilityId, 'it names the capability');
  holds(invocationIdSchema.safeParse(outcome.invocationId).success, 'it names the invocation');
  holds(jsonValueSchema.safeParse(JSON.parse(JSON.stringify(outcome))).success, 'it is plain data');
  switch (outcome.kind) {
    case 'completed':
      return holds(outcome.outputBytes >= 1, 'the output has a size');
    case 'approval_required':
      holds(outcome.asked.length > 0, 'somebody asks');
      return holds(gateIdSchema.safeParse(outcome.gateId).success, 'the gate has an id');
    case 'auth_required':
    case 'resource_blocked':
      return holds(gateIdSchema.safeParse(outcome.gateId).success, 'the gate has an id');
    case 'spawned_process':
      return holds(outcome.processId !== '', 'the process has an id');
    case 'failed':
      equals(outcome.fate, FAILURES[outcome.failureKind].fate, 'the fate is that of its kind');
      holds(['none', 'happened', 'uncertain'].includes(outcome.effect), 'what is known of the effect is closed');
      return holds(outcome.message !== '', 'it has a sentence');
  }
}

async function faultOf(promise: Promise<unknown>): Promise<HostRuntimeError> {
  const found = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  holds(HostRuntimeError.is(found), 'it fails with a fault of the door');
  return found;
}
