/** Where one room stands as seen from another: the stairs, as a function of two floors. */
import type { LocatedRoom } from './located-room.ts';
import type { Floor } from './room-table.ts';

/** `open`: may be imported by its doors. `composed`: only composers import it. `above`, `beside`: nobody here does. */
export type Relation = 'open' | 'above' | 'beside' | 'composed';

/**
 * What `to` is to `from`.
 *
 * Invariant: given rooms are below everything that the workspace itself holds; of them only adapters are `composed`.
 */
export function relationOf(from: LocatedRoom, to: LocatedRoom): Relation {
  if (to.room.floor === 'adapter') return 'composed';
  if (to.given) return 'open';
  return between(from.room.floor, to.room.floor);
}

function between(from: Floor, to: Floor): Relation {
  if (typeof from === 'number') {
    if (typeof to !== 'number' || to > from) return 'above';
    return to < from ? 'open' : 'beside';
  }
  if (from === to) return 'beside';
  switch (from) {
    case 'adapter':
      return typeof to === 'number' && to <= 2 ? 'open' : 'above';
    case 'bridge':
      return to === 0 || to === 3 ? 'open' : 'above';
    case 'surface':
      return typeof to === 'number' || to === 'bridge' ? 'open' : 'above';
    case 'example':
      return to === 'tool' ? 'above' : 'open';
    case 'tool':
      return 'open';
  }
}
