/** Chance with a seed: whatever was drawn can be drawn again. */

/** Shares of 1. */
export type Draw = () => number;

/** A small generator (mulberry32). */
export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them; there is at least one. */
export function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[Math.floor(draw() * items.length)] as T;
}

/** Each with this share. Order: as given. */
export function some<T>(draw: Draw, items: readonly T[], share: number): T[] {
  return items.filter(() => draw() < share);
}

/** All but one. */
export function without<T>(draw: Draw, items: readonly T[]): readonly T[] {
  const left = Math.floor(draw() * items.length);
  return items.filter((_item, at) => at !== left);
}

export function shuffled<T>(draw: Draw, items: readonly T[]): T[] {
  const placed = items.map((item) => ({ item, place: draw() }));
  return placed.toSorted((one, other) => one.place - other.place).map(({ item }) => item);
}
