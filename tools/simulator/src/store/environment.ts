/**
 * Where a simulated store runs: its process, its disk, what goes wrong there and which rules it keeps.
 *
 * Not here: the store (`simulated-store.ts`).
 */
import type { Owner, Scheduler } from '../platform/scheduler.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { SimulatedNetwork } from '../platform/simulated-network.ts';
import type { StoreConditions, StoreEvent } from './conditions.ts';
import type { StoreDiscipline } from './discipline.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

/** `network` carries wake-ups to the other processes on the disk, where there are any. */
export interface StoreEnvironment {
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  readonly network?: SimulatedNetwork;
  readonly conditions: () => StoreConditions;
  readonly discipline: StoreDiscipline;
  readonly on: (event: StoreEvent) => void;
}
