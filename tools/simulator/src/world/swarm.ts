/**
 * The operations of a seed: which, where, when, and how often each.
 *
 * Not here: what goes wrong (`faults.ts`), carrying it out (`simulate.ts`).
 */
import type { Operation } from '../actor/actor.ts';
import type { Cast } from '../actor/actors.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { Fault } from './faults.ts';

/** Longest pause between two operations; doors have longer periods than logs have. Units: milliseconds. */
const GAP_MS_MAX: Readonly<Record<Cast, number>> = { log: 40, door: 100, all: 60 };

/** One operation at its time. `seed` is its own: it does the same whatever was left out before it. */
export interface Step {
  readonly atMs: number;
  readonly process: string;
  readonly operation: string;
  readonly seed: string;
}

/** Each operation's weight is drawn anew, so that seeds differ in more than their order. */
export function drawSteps(
  random: SeededRandom,
  count: number,
  parts: {
    readonly faults: readonly Fault[];
    readonly cast: Cast;
    readonly operations: readonly Operation[];
    readonly processNames: readonly string[];
  },
): readonly Step[] {
  const weighted = parts.operations
    .filter(({ needs }) => needs === undefined || parts.faults.includes(needs))
    .map(({ name, weight }) => ({ name, weight: weight * random.pick([0.25, 1, 1, 3]) }));
  let atMs = 0;
  return Array.from({ length: count }, (_, number): Step => {
    atMs += random.between(0, GAP_MS_MAX[parts.cast]);
    const { name: operation } = random.pickWeighted(weighted);
    return { atMs, process: random.pick(parts.processNames), operation, seed: `${number}` };
  });
}
