/**
 * Many seeds: what any of them violates, whether equal seeds did the same, and which states none of them reached.
 *
 * Not here: one seed (`world/simulate.ts`), how it is told (`main.ts`).
 */
import { MARKS, type Mark } from './world/marks.ts';
import { simulate, type SimulationOptions, type SimulationResult } from './world/simulate.ts';

/** Every how many seeds one is run again. */
const REPEATED_EVERY = 20;

export interface CampaignOptions extends Omit<SimulationOptions, 'seed' | 'steps' | 'onTrace'> {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly onResult?: (result: SimulationResult) => void;
}

export interface CampaignResult {
  /** The first run that violated something; no seed was run after it. */
  readonly failed: SimulationResult | undefined;
  /** Seeds that did something else the second time. */
  readonly unstable: readonly number[];
  readonly unreached: readonly Mark[];
  readonly seeds: number;
  readonly units: number;
}

export async function runCampaign({
  firstSeed,
  seeds,
  onResult,
  ...options
}: CampaignOptions): Promise<CampaignResult> {
  const reached = new Set<Mark>();
  const unstable: number[] = [];
  let units = 0;
  for (let run = 0; run < seeds; run += 1) {
    const seed = firstSeed + run;
    const result = await simulate({ ...options, seed });
    onResult?.(result);
    units += result.units;
    for (const mark of result.marks) reached.add(mark);
    if (result.violations.length > 0) {
      return { failed: result, unstable, unreached: [], seeds: run + 1, units };
    }
    if (run % REPEATED_EVERY !== 0) continue;
    const again = await simulate({ ...options, seed });
    if (again.traceHash !== result.traceHash) unstable.push(seed);
  }
  return { failed: undefined, unstable, unreached: MARKS.filter((mark) => !reached.has(mark)), seeds, units };
}
