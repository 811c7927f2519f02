/**
 * Tests of the simulator itself: how many seeds it takes to find a planted bug.
 *
 * Not here: the bugs (`bugs.ts`).
 */
import type { BugName } from './bugs.ts';
import { simulate, type SimulationResult } from './world/simulate.ts';

export interface BugSearch {
  /** Seeds that were run, the last of which found it if any did. */
  readonly seeds: number;
  readonly found: SimulationResult | undefined;
}

export async function findBug(
  bug: BugName,
  { seedsMax, operations }: { readonly seedsMax: number; readonly operations: number },
): Promise<BugSearch> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const result = await simulate({ seed, operations, bug });
    if (result.violations.length > 0) return { seeds: seed, found: result };
  }
  return { seeds: seedsMax, found: undefined };
}
