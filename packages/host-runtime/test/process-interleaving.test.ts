/** Two hosts and one process, in every order that chance finds: one end, and nobody sees it without its result. */
import type { DurableStore } from '@reborn/host-api';
import { buildScope, wrapStore } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { completed, createProcessWorld, LEASE_MS } from './process-world.ts';

const scope = buildScope();
const ACTIONS = ['finish', 'break', 'end here', 'end there', 'recover there', 'recover here', 'stall', 'pass'] as const;

/** A store whose answers come in the order of the scheduler. A host that is stalled sends nothing until it goes on. */
function scheduled(store: DurableStore, scheduler: fc.Scheduler, isStalled: () => Promise<void>): DurableStore {
  const turn = (): Promise<unknown> => scheduler.schedule(Promise.resolve());
  return wrapStore(store, {
    commit: async (writes) => {
      await isStalled();
      await turn();
      const outcome = await store.commit(writes);
      await turn();
      return outcome;
    },
  });
}

test('A process ends once, as everybody is told, and its result comes with its end', async () => {
  const actions = fc.array(fc.constantFrom(...ACTIONS), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, async (scheduler, sequence) => {
      const world = await createProcessWorld();
      let stalled: Promise<void> | undefined;
      let goOn = (): void => undefined;
      const here = world.desk('here', { store: scheduled(world.store, scheduler, () => stalled ?? Promise.resolve()) });
      const there = world.desk('there', { store: scheduled(world.store, scheduler, () => Promise.resolve()) });
      const { processId, work } = await world.begin(here);
      const asked: Promise<unknown>[] = [];
      let lost = 0;
      const recover = async (by: typeof here): Promise<void> => {
        const found = await by.recoverLost(world.lostWrites);
        lost += found.length;
      };
      for (const action of sequence) {
        switch (action) {
          case 'finish':
            work.finish();
            break;
          case 'break':
            work.break(new Error('no'));
            break;
          case 'end here':
            asked.push(here.end(scope, processId, 'user_requested'));
            break;
          case 'end there':
            asked.push(there.end(scope, processId, 'timeout'));
            break;
          case 'recover there':
            asked.push(recover(there));
            break;
          case 'recover here':
            asked.push(recover(here));
            break;
          case 'stall':
            goOn();
            stalled = new Promise((resolve) => {
              goOn = resolve;
            });
            break;
          case 'pass':
            world.platform.advance(LEASE_MS / 2);
        }
        if (scheduler.count() > 0) await scheduler.waitNext(1);
        const seen = await there.status(scope, processId);
        expect(seen?.status === 'running').toBe(seen?.result === undefined);
      }
      goOn();
      work.finish();
      await drain(world, scheduler);
      const answers = await Promise.all(asked);
      world.platform.advance(LEASE_MS);
      const rest = recover(there);
      await drain(world, scheduler);
      await rest;

      const end = await there.status(scope, processId);
      expect([await world.endRecords(), lost]).toEqual([[end?.status], end?.status === 'lost' ? 1 : 0]);
      expect(end?.status).not.toBe('running');
      const told = answers.some((answer) => JSON.stringify(answer) === JSON.stringify({ kind: 'ending' }));
      if (told) expect(['cancelled', 'lost']).toContain(end?.status);
      if (end?.status === 'completed') expect(end.result).toEqual(completed);
      expect(world.platform.pendingTimers()).toBe(0);
    }),
    { numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 100) },
  );
});

async function drain(world: Awaited<ReturnType<typeof createProcessWorld>>, scheduler: fc.Scheduler): Promise<void> {
  for (let steps = 0; steps < 200; steps += 1) {
    if (scheduler.count() > 0) await scheduler.waitNext(1);
    else await world.tick();
    if (scheduler.count() === 0 && steps % 10 === 0) world.platform.advance(1_000);
  }
}
