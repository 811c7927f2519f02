/**
 * Sides in turns: there and back again (A B B A), so that a drift of the machine meets all of them alike.
 *
 * Source: design/measures.md, E2.1.
 */
import { runBlock, type Block, type Side } from './block.ts';

export interface Plan {
  readonly mode: 'full' | 'quick';
  /** Rounds that are thrown away. */
  readonly warmups: number;
  readonly rounds: number;
  /** Units: milliseconds, at least. */
  readonly blockMs: number;
}

export const FULL: Plan = { mode: 'full', warmups: 2, rounds: 20, blockMs: 1000 };
/** Enough to see that everything runs, and no more. */
export const QUICK: Plan = { mode: 'quick', warmups: 1, rounds: 2, blockMs: 40 };

/** A side that only stands beside takes part in one round of so many. */
const BESIDE_EVERY = 4;

/** The blocks of each side by its name, in the order of the rounds. */
export type Series = ReadonlyMap<string, readonly Block[]>;

/** Closes every side at the end, also when one fails. */
export async function alternate(sides: readonly Side[], plan: Plan): Promise<Series> {
  const series = new Map<string, Block[]>(sides.map((side) => [side.name, []]));
  try {
    for (let round = 0; round < plan.warmups + plan.rounds; round += 1) {
      const taking = sides.filter(
        (side) => side.beside !== true || round % BESIDE_EVERY === 0 || plan.mode === 'quick',
      );
      for (const side of round % 2 === 0 ? taking : taking.toReversed()) {
        const block = await runBlock(side, plan.blockMs, round);
        if (round >= plan.warmups) series.get(side.name)?.push(block);
      }
    }
    for (const side of sides) await side.verify?.();
  } finally {
    for (const side of sides) await side.close?.();
  }
  return series;
}
