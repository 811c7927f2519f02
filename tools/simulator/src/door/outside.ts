/**
 * The world outside of all processes: where effects happen, once they are on their way, whatever becomes of those who sent
 * them; and where they are counted.
 *
 * Not here: who sends them (`capabilities.ts`), what may be said of them (`../invariant/effects-at-most-once.ts`).
 */
import type { SimulatedProcess, World } from '../world/world.ts';
import { MACHINE } from '../world/world.ts';

/** One effect that happened: what of, by which process, and what it was told to be. */
export interface Happening {
  readonly wish: string;
  readonly by: string;
  readonly text: string;
}

export interface Outside {
  readonly happened: readonly Happening[];
  /** Sends an effect on its way. Resolves when it is known to have happened, unless the sender is gone by then. */
  happen(process: SimulatedProcess, effect: Omit<Happening, 'by'>): Promise<void>;
  count(wish: string): number;
}

/** How long an effect, or the answer to it, is on its way. Units: milliseconds. */
const WAY_MS_MAX = 25;
/** How likely a look at what a crash would leave is, behind each effect. */
const LOOKS = 0.2;

export function createOutside(world: World): Outside {
  const { scheduler, random } = world.options;
  const happened: Happening[] = [];
  const count = (wish: string): number => happened.filter((one) => one.wish === wish).length;
  return {
    happened,
    count,
    happen: (process, effect) =>
      new Promise((resolve) => {
        scheduler.hold(MACHINE, `effect ${effect.wish}`, random.between(1, WAY_MS_MAX), () => {
          happened.push({ ...effect, by: process.owner.name });
          if (!process.owner.alive) world.options.sometimes('an effect happened though its caller was gone');
          if (random.chance(LOOKS)) world.options.look();
          scheduler.hold(process.owner, 'effect answered', random.between(1, WAY_MS_MAX), resolve);
        });
      }),
  };
}
