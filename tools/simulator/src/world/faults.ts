/**
 * What can go wrong in a simulation. Each seed has a random half of it, so that no fault hides another for good.
 *
 * Not here: troubles that are operations (`../actor/trouble.ts`).
 */
import type { SeededRandom } from '../platform/seeded-random.ts';
import { GOOD_NETWORK, type NetworkConditions } from '../platform/simulated-network.ts';
import { GOOD_CONDITIONS, type StoreConditions } from '../store/conditions.ts';

export const FAULTS = [
  'slow_disk',
  'slow_answers',
  'lost_answers',
  'stale_reads',
  'full_disks',
  'failing_syncs',
  'lossy_network',
  'doubling_network',
  'partitions',
  'busy_locks',
  'kills',
  'power_losses',
  'clock_jumps',
] as const;
export type Fault = (typeof FAULTS)[number];

export function drawFaults(random: SeededRandom): readonly Fault[] {
  return FAULTS.filter(() => random.chance(0.5));
}

export function storeConditions(faults: readonly Fault[]): StoreConditions {
  const has = (fault: Fault): boolean => faults.includes(fault);
  return {
    syncMsMax: has('slow_disk') ? 150 : GOOD_CONDITIONS.syncMsMax,
    hopMsMax: has('slow_answers') ? 80 : GOOD_CONDITIONS.hopMsMax,
    answerMsMax: has('slow_answers') ? 60 : GOOD_CONDITIONS.answerMsMax,
    lostAnswers: has('lost_answers') ? 0.1 : 0,
    diskFull: has('full_disks') ? 0.05 : 0,
    syncFailures: has('failing_syncs') ? 0.01 : 0,
    staleReads: has('stale_reads') ? 0.3 : 0,
  };
}

export function networkConditions(faults: readonly Fault[]): NetworkConditions {
  return {
    loss: faults.includes('lossy_network') ? 0.4 : GOOD_NETWORK.loss,
    duplication: faults.includes('doubling_network') ? 0.3 : GOOD_NETWORK.duplication,
    delayMsMax: faults.includes('slow_answers') ? 100 : GOOD_NETWORK.delayMsMax,
  };
}
