/**
 * What becomes of a call: each kind of outcome from its own cause, and what a repetition of the call hears.
 *
 * Not here: going on from a gate (`gate-cases.ts`), stopping a call (`work-cases.ts`).
 * Source: specification 2, b.2; rulings, sections 2 and 3.
 */
import { equals, rejects } from '@reborn/host-api/testkit';
import type { InvokeOutcome } from '../../host-runtime.ts';
import { tells, type DoorCase, type Situation } from './harness.ts';
import { checkOutcome } from './outcome-form.ts';

type Told = Exclude<Situation, 'conflict' | 'unavailable' | 'runs_on' | 'lacks_lane'>;

/** What a call that runs into each situation is told, as far as only the situation decides it. */
const TOLD: Readonly<Record<Told, readonly [what: string, told: Partial<InvokeOutcome>]>> = {
  completes: ['completes', { kind: 'completed' }],
  asks: ['has to be approved', { kind: 'approval_required' }],
  lacks_credential: ['lacks a credential', { kind: 'auth_required', requiredSecrets: 1 }],
  over_budget: ['goes beyond its budget', { kind: 'resource_blocked', reason: 'paused' }],
  fails: ['fails', { kind: 'failed', failureKind: 'capability_failed', effect: 'none' }],
  denied: ['is denied', { kind: 'failed', failureKind: 'denied', effect: 'none' }],
  uncertain: ['ends by an error', { kind: 'failed', failureKind: 'capability_failed', effect: 'uncertain' }],
};

export const outcomeCases: readonly DoorCase[] = [
  ...(Object.keys(TOLD) as Told[]).map((situation): DoorCase => ({
    name: `answers a call that ${TOLD[situation][0]} with its own kind of outcome`,
    run: async (harness) => {
      const { runtime, request } = await harness.prepare(situation);
      const outcome = await runtime.invokeCapability(request);
      const [, told] = TOLD[situation];
      tells(outcome, told, 'the outcome says what it ran into');
      checkOutcome(outcome, request);
    },
  })),
  {
    name: 'answers a call that goes on by itself with its process, and its repetition with the same one',
    run: async (harness) => {
      const { runtime, request, again, stopped } = await harness.prepare('runs_on');
      const outcome = await runtime.spawnCapability(request);
      equals(outcome.kind, 'spawned_process', 'the kind of the outcome');
      checkOutcome(outcome, request);
      equals(await runtime.spawnCapability(again), outcome, 'one key begins one process');
      await runtime.cancelWork({ scope: request.context.scope, target: { kind: 'all' } });
      await stopped();
    },
  },
  {
    name: 'answers a call whose caller has given up before it began as cancelled, without effect',
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('completes');
      const gone = new AbortController();
      gone.abort();
      const outcome = await runtime.invokeCapability(request, { signal: gone.signal });
      tells(outcome, { kind: 'failed', failureKind: 'cancelled', effect: 'none' }, 'nothing was begun');
      checkOutcome(outcome, request);
    },
  },
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
  ...(['asks', 'lacks_credential', 'over_budget'] as const).map((situation): DoorCase => ({
    name: `answers the repetition of a call that ${TOLD[situation][0]} with the same gate`,
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare(situation);
      const first = await runtime.invokeCapability(request);
      equals(await runtime.invokeCapability(again), first, 'nobody is asked twice');
    },
  })),
  {
    name: 'answers the repetition of a call whose effect nobody knows with the same, and does not make it again',
    run: async (harness) => {
      const { runtime, request, again } = await harness.prepare('uncertain');
      const first = await runtime.invokeCapability(request);
      equals(await runtime.invokeCapability(again), first, 'the outcome is the stored one');
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
];
