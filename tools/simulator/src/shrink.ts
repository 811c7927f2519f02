/**
 * Makes a failing run small: leaves operations out as long as the same invariant breaks. What is left meets other luck, so
 * each candidate is tried with some.
 *
 * Not here: the run (`world/simulate.ts`).
 */
import { simulate, type SimulationOptions, type SimulationResult } from './world/simulate.ts';
import type { Step } from './world/swarm.ts';

/** Each try is a whole run. */
const RUNS_MAX = 400;
/** Tries of one candidate. */
const LUCK_MAX = 6;

export interface ShrunkRun {
  readonly luck: number;
  readonly result: SimulationResult;
}

/** The smallest run that was found; at worst the one that was given. */
export async function shrink(options: SimulationOptions, failed: SimulationResult): Promise<ShrunkRun> {
  const shrinking = new Shrinking(options, failed);
  await shrinking.breaks(failed.steps.filter(({ atMs }) => atMs <= failed.endedMs));
  let size = Math.ceil(shrinking.smallest.result.steps.length / 2);
  while (size > 0 && shrinking.hasRunsLeft()) {
    await shrinking.leaveOut(size);
    size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return shrinking.smallest;
}

class Shrinking {
  smallest: ShrunkRun;
  readonly #options: SimulationOptions;
  readonly #failed: SimulationResult;
  #runs = 0;

  constructor(options: SimulationOptions, failed: SimulationResult) {
    this.#options = options;
    this.#failed = failed;
    this.smallest = { luck: options.luck ?? 0, result: failed };
  }

  hasRunsLeft(): boolean {
    return this.#runs < RUNS_MAX;
  }

  /** Tries to do without each stretch of so many operations. */
  async leaveOut(size: number): Promise<void> {
    let from = 0;
    while (from < this.smallest.result.steps.length && this.hasRunsLeft()) {
      const { steps } = this.smallest.result;
      const without = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (without.length === 0 || !(await this.breaks(without))) from += size;
    }
  }

  /** Whether these operations break the same invariant; then they are the smallest run. */
  async breaks(steps: readonly Step[]): Promise<boolean> {
    for (let luck = 0; luck < LUCK_MAX; luck += 1) {
      this.#runs += 1;
      const result = await simulate({ ...this.#options, steps, luck });
      if (result.violations[0]?.invariant !== this.#failed.violations[0]?.invariant) continue;
      this.smallest = { luck, result };
      return true;
    }
    return false;
  }
}
