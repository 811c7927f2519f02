/** Numbers with a seed, so that a failing run can be repeated. Not here: what is drawn (the areas). */

/** A small generator (mulberry32): shares of 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the items, evenly over all of them, at an offset that the seed decides. Order: as given. */
export function spread<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  if (count >= items.length) return items;
  const offset = randomNumbers(seed)();
  return Array.from(
    { length: Math.max(0, count) },
    (_none, at) => items[Math.floor(((at + offset) * items.length) / count)],
  ).filter((item) => item !== undefined);
}
