/**
 * The simulated store by itself, without a simulation around it: for contracts and models that want a backend.
 *
 * Not here: seeds, processes and faults (`../world`).
 */
import type { DurableStore, StoreOpening } from '@reborn/host-api';
import { createSelfRunningScheduler } from '../platform/scheduler.ts';
import { createSeededRandom } from '../platform/seeded-random.ts';
import { GOOD_CONDITIONS } from './conditions.ts';
import { RIGHT_STORE } from './discipline.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { openSimulatedStore } from './simulated-store.ts';

export interface SimulatedBackend {
  open(opening: StoreOpening): Promise<DurableStore>;
  /** Opens what the last store of this backend has left on its disk. */
  reopen(opening: StoreOpening): Promise<DurableStore>;
}

export function createSimulatedBackend(seed: string): SimulatedBackend {
  const random = createSeededRandom(seed);
  const scheduler = createSelfRunningScheduler(random.fork('schedule'));
  let disk = new SimulatedDisk();
  const reopen = async (opening: StoreOpening): Promise<DurableStore> =>
    openSimulatedStore(opening, {
      owner: { name: 'backend', alive: true },
      scheduler,
      random,
      disk,
      conditions: () => GOOD_CONDITIONS,
      discipline: RIGHT_STORE,
      on: () => undefined,
    });
  return {
    open: (opening) => {
      disk = new SimulatedDisk();
      return reopen(opening);
    },
    reopen,
  };
}
