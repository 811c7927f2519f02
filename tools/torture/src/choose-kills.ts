/**
 * Where processes are killed: by class, and then evenly over what is left.
 *
 * Not here: killing them (`kill-rounds.ts`).
 */
import { EFFECT_NUMBERS } from './door/job-host.ts';
import { randomNumbers, spread } from './trial/random.ts';

const MOMENTS = ['before', 'after'] as const;
type Moment = (typeof MOMENTS)[number];

/**
 * How one round kills. `unit`: around the unit of this name with this number. `recovery`: inside an effect, and then the
 * process that comes after it around the unit with this number, whatever its name. `atMs`: from outside, after so long.
 */
export type Kill =
  | { readonly kind: 'unit'; readonly unit: string; readonly nth: number; readonly moment: Moment }
  | { readonly kind: 'effect'; readonly effect: number; readonly moment: Moment }
  | { readonly kind: 'recovery'; readonly effect: number; readonly nth: number; readonly moment: Moment }
  | { readonly kind: 'random'; readonly atMs: number };

/** `units`: how often each name comes. Units: milliseconds. */
export interface CalmRun {
  readonly units: ReadonlyMap<string, number>;
  readonly ms: number;
}

/** Those who follow the log, and what keeps a lease, come as often as time has it: only their first ones can be named. */
const BY_TIMER = /\bsubscription\.|^lease\.(?:acquire|renew|release)$/;
/** A process that recovers has done so by then. */
const RECOVERY_UNITS = 6;

/**
 * Every effect and every kind of unit, before and after, and the first units of a recovery; then more of those that come more
 * than once, evenly; a quarter of the rounds at random moments. `count` 0: all of them, and a third as many at random.
 */
export function chooseKills(count: number, { units, ms }: CalmRun, seed: number): readonly Kill[] {
  const around = <K>(make: (moment: Moment) => K): readonly K[] => MOMENTS.map(make);
  const inEffects = EFFECT_NUMBERS.flatMap((effect) => around((moment): Kill => ({ kind: 'effect', effect, moment })));
  const recoveries = Array.from({ length: RECOVERY_UNITS }, (_none, at) =>
    around((moment): Kill => {
      const effect = EFFECT_NUMBERS[at % EFFECT_NUMBERS.length] ?? 1;
      return { kind: 'recovery', effect, nth: at + 1, moment };
    }),
  ).flat();
  const ofUnit = (unit: string, nth: number): readonly Kill[] =>
    around((moment) => ({ kind: 'unit', unit, nth, moment }));
  const firsts = [...units.keys()].flatMap((unit) => ofUnit(unit, 1));
  const later = [...units]
    .filter(([unit]) => !isByTimer(unit))
    .flatMap(([unit, times]) => Array.from({ length: times - 1 }, (_none, at) => ofUnit(unit, at + 2)).flat());
  const named = [...inEffects, ...recoveries, ...firsts];
  const all = count === 0 ? Math.ceil((named.length + later.length) / 0.75) : count;
  const random = Math.max(1, Math.floor(all / 4));
  const chosen = [
    ...spread(named, all - random, seed),
    ...spread(later, Math.max(0, all - random - named.length), seed),
  ];
  const next = randomNumbers(seed);
  const rest = Array.from({ length: all - chosen.length }, (): Kill => ({
    kind: 'random',
    atMs: Math.round(next() * ms),
  }));
  return [...chosen, ...rest];
}

export function describeKill(kill: Kill): string {
  switch (kill.kind) {
    case 'unit':
      return `killed ${kill.moment} unit ${kill.unit} #${kill.nth}`;
    case 'effect':
      return `killed ${kill.moment} effect ${kill.effect}`;
    case 'recovery':
      return `killed in effect ${kill.effect}, then ${kill.moment} unit ${kill.nth} of the next process`;
    case 'random':
      return `killed after ${kill.atMs} ms`;
  }
}

/** Whether the process is killed for certain: what time alone brings may not come. */
export function isCertain(kill: Kill): boolean {
  return kill.kind !== 'random' && !(kill.kind === 'unit' && isByTimer(kill.unit));
}

export function isByTimer(unit: string): boolean {
  return BY_TIMER.test(unit);
}
