/**
 * Choices that follow from a seed: equal seeds, equal choices, on every machine.
 *
 * Not here: randomness that nobody may foresee (the port `Random`).
 */

export interface SeededRandom {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  /** One of `items`, of which there is at least one. */
  pick<Item>(items: readonly Item[]): Item;
  /** One of `items` with a probability in proportion to its weight. */
  pickWeighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item;
  /** An independent source: what is drawn from it does not disturb this one. */
  fork(name: string): SeededRandom;
}

export function createSeededRandom(seed: string): SeededRandom {
  let state = hash(seed);
  const next = (): number => {
    // mulberry32: 32 bits of state are enough for choices, and its quality is known.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <Item>(items: readonly Item[]): Item => items[between(0, items.length - 1)] as Item;
  const pickWeighted = <Item extends { readonly weight: number }>(items: readonly Item[]): Item => {
    let left = next() * items.reduce((sum, { weight }) => sum + weight, 0);
    for (const item of items) if ((left -= item.weight) < 0) return item;
    return items.at(-1) as Item;
  };
  const chance = (probability: number): boolean => next() < probability;
  return { next, between, chance, pick, pickWeighted, fork: (name) => createSeededRandom(`${seed}/${name}`) };
}

/** FNV-1a over UTF-16 units, mixed once more so that neighbours do not resemble each other. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}
