/**
 * Who does something in a simulation, and how later work joins in: an actor brings operations with weights, what it starts
 * in each process, and what has to hold at the end.
 *
 * Not here: the actors (the files beside this one), when operations happen (`../world/swarm.ts`).
 */
import type { StoreImage } from '../invariant/store-image.ts';
import type { Violation } from '../invariant/violation.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { Fault } from '../world/faults.ts';
import type { SimulatedProcess, World } from '../world/world.ts';

export interface OperationContext {
  readonly process: SimulatedProcess;
  /** This operation's own: leaving another one out changes nothing here. */
  readonly random: SeededRandom;
}

export interface Operation {
  /** `<actor>.<verb>`; unique. */
  readonly name: string;
  /** How often it is chosen, in proportion to the others. */
  readonly weight: number;
  /** Happens only in seeds with this fault. */
  readonly needs?: Fault;
  /** Rejections are faults of the store that nobody expected: they end the operation and nothing else. */
  run(context: OperationContext): Promise<void>;
}

export interface Actor {
  readonly operations: readonly Operation[];
  /** Begins what goes on as long as the process lives. */
  readonly start?: (process: SimulatedProcess) => void;
  /** Looks at what any moment would leave behind. */
  readonly checkAlways?: (image: StoreImage) => readonly Violation[];
  /** Looks when nothing happens any more and nothing was healed yet. */
  readonly checkSettled?: () => readonly Violation[];
  /** Looks at the end, after the world has been quiet for long enough. */
  readonly checkEnd?: (image: StoreImage) => readonly Violation[];
}

export type ActorFactory = (world: World) => Actor;

/** Resolves after some virtual time, unless the process dies before. Units: milliseconds. */
export function pauseFor({ platform }: SimulatedProcess, ms: number): Promise<void> {
  return new Promise((resolve) => void platform.timers.schedule(ms, resolve));
}
