/** Calls that are at work at the same time, in an order that chance decides. */
import type { DurableStore } from '@reborn/host-api';
import { wrapCalls } from '@reborn/host-api/testkit';
import type * as fc from 'fast-check';
import { tick, watch, type World } from './support.ts';

/** `store`: its answers come in the order of the scheduler. */
export interface Schedule {
  /** Whatever comes after it comes when the scheduler says so. */
  readonly turn: () => Promise<void>;
  readonly store: (store: DurableStore) => DurableStore;
  /** Lets the scheduler choose, and time pass where nothing else can happen, until the promise is settled. */
  readonly pump: <T>(world: World, promise: Promise<T>) => Promise<T>;
}

/** Without a scheduler, answers come as they come. */
export function createSchedule(scheduler?: fc.Scheduler): Schedule {
  const turn = async (): Promise<void> => scheduler?.schedule(Promise.resolve());
  let atWork = 0;
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    await turn();
    atWork += 1;
    try {
      return await work();
    } finally {
      atWork -= 1;
      await turn();
    }
  };
  return {
    turn,
    store: (store) => wrapCalls(store, (_on, _args, work) => around(work)),
    pump: async (world, promise) => {
      const isOver = watch(promise);
      for (let idle = 0; !isOver() && idle < 1000;) {
        const waiting = scheduler?.count() ?? 0;
        if (waiting > 0) await scheduler?.waitNext(1);
        else await tick();
        idle = waiting > 0 || atWork > 0 ? 0 : idle + 1;
        // A store of another thread answers when it can: time does not pass while it is at work.
        if (idle > 1) world.platform.advance(50);
      }
      return promise;
    },
  };
}
