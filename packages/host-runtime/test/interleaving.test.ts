/** Two processes on one store, in every order that chance finds. */
import type { DurableStore } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import type { InvokeOutcome } from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedRun } from '@reborn/host-runtime/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWorld, done, tick, watch, type World } from './support.ts';

const RUNS: Readonly<Record<'completes' | 'throws' | 'none', ScriptedRun>> = {
  completes: async () => (await tick(), done),
  throws: () => Promise.reject(new Error('no')),
  none: async () => (await tick(), { kind: 'failed', code: 'busy', message: '', effect: 'none' }),
};

/** A store whose answers come in the order of the scheduler. */
function scheduled(store: DurableStore, scheduler: fc.Scheduler): DurableStore {
  const turn = (): Promise<unknown> => scheduler.schedule(Promise.resolve());
  return wrapStore(store, {
    commit: async (writes) => {
      await turn();
      const outcome = await store.commit(writes);
      await turn();
      return outcome;
    },
    get: async (machine, key) => {
      const row = await store.get(machine, key);
      await turn();
      return row;
    },
  });
}

async function pump<T>(world: World, scheduler: fc.Scheduler, promise: Promise<T>): Promise<T> {
  const isOver = watch(promise);
  for (let steps = 0; !isOver() && steps < 10_000; steps += 1) {
    if (scheduler.count() > 0) await scheduler.waitNext(1);
    else {
      await tick();
      await tick();
      if (!isOver() && scheduler.count() === 0) world.platform.advance(50);
    }
  }
  return promise;
}

test('an effect of two racing processes happens once, and both hear the same', async () => {
  const shape = {
    scheduler: fc.scheduler(),
    run: fc.constantFrom('completes', 'throws', 'none'),
    permission: fc.constantFrom('allow', 'ask'),
    calls: fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 5 }),
  } as const;
  await fc.assert(
    fc.asyncProperty(fc.record(shape), async ({ scheduler, run, permission, calls }) => {
      const world = createWorld();
      let [running, mostAtOnce] = [0, 0];
      const script = RUNS[run as keyof typeof RUNS];
      const handler = scriptedHandler({
        descriptor: { permission: permission as 'allow' | 'ask' },
        otherwise: async (call) => {
          running += 1;
          mostAtOnce = Math.max(mostAtOnce, running);
          try {
            return await (typeof script === 'function' ? script(call) : script);
          } finally {
            running -= 1;
          }
        },
      });
      const store = scheduled(world.store, scheduler);
      const doors = [world.open([handler], { store }), world.open([handler], { store })] as const;
      const call = async (at: number): Promise<InvokeOutcome> => {
        const door = doors[at === 0 ? 0 : 1];
        const request = world.newCall({ text: 'a' }, { idempotencyKey: 'k' });
        const outcome = await door.invokeCapability(request);
        if (outcome.kind !== 'approval_required') return outcome;
        await world.approve(door, outcome.gateId);
        return door.invokeCapability(request);
      };
      const outcomes = await pump(world, scheduler, Promise.all(calls.map(call)));
      expect(mostAtOnce).toBeLessThanOrEqual(1);
      // An attempt without effect leaves the way open: the next caller makes its own.
      if (run === 'none') {
        expect(handler.inputs.length).toBeLessThanOrEqual(calls.length);
        return;
      }
      expect(handler.inputs.length).toBe(1);
      for (const outcome of outcomes) {
        expect(outcome).toEqual(outcomes[0]);
        expect(outcome.kind === 'completed' || (outcome.kind === 'failed' && outcome.effect === 'uncertain')).toBe(
          true,
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('answers and calls in any order: what was declined never runs, what was approved runs as approved', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom('approve', 'edit', 'deny', 'call', 'other'), { minLength: 2, maxLength: 6 }),
      async (scheduler, steps) => {
        const world = createWorld();
        const handler = scriptedHandler({ descriptor: { permission: 'ask' }, otherwise: done });
        const store = scheduled(world.store, scheduler);
        const doors = [world.open([handler], { store }), world.open([handler], { store })] as const;
        const request = world.newCall({ text: 'a' }, { idempotencyKey: 'k' });
        const first = await pump(world, scheduler, doors[0].invokeCapability(request));
        if (first.kind !== 'approval_required') throw new Error('not asked');
        const gate = { tenantId: 'acme', gateId: first.gateId, approver: { kind: 'user', id: 'alice' } } as const;
        const won: string[] = [];
        const answer = async (step: 'approve' | 'edit' | 'deny'): Promise<void> => {
          const edit = step === 'edit' ? { input: { text: 'edited' } } : {};
          const outcome = await doors[0].resolveGate({
            ...gate,
            decision: step,
            ...edit,
          });
          if (outcome.kind === 'resolved') won.push(step);
        };
        const does = (step: (typeof steps)[number]): Promise<unknown> =>
          step === 'call' || step === 'other' ? doors[step === 'call' ? 0 : 1].invokeCapability(request) : answer(step);
        await pump(world, scheduler, Promise.all(steps.map(does)));
        expect(won.length).toBeLessThanOrEqual(1);
        expect(handler.inputs.length).toBeLessThanOrEqual(1);
        const last = await pump(world, scheduler, doors[1].invokeCapability(request));
        expect(handler.inputs).toEqual(
          won[0] === 'approve' ? [{ text: 'a' }] : won[0] === 'edit' ? [{ text: 'edited' }] : [],
        );
        const expected = won[0] === undefined ? 'approval_required' : won[0] === 'deny' ? 'failed' : 'completed';
        expect(last.kind).toBe(expected);
      },
    ),
    { numRuns: 150 },
  );
});
