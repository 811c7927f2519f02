import { describe, expect, it } from 'vitest';
import type { LocatedRoom } from './located-room.ts';
import { relationOf } from './relation.ts';
import { defineRooms, type Floor } from './room-table.ts';

function at(floor: Floor, given = false): LocatedRoom {
  const rooms = defineRooms({ rooms: { a: { folder: 'a', floor } } }).rooms;
  return rooms.map((room) => ({ room, given, folder: 'a', manifest: {}, doorFiles: new Map() }))[0] as LocatedRoom;
}

describe('the stairs', () => {
  it.each<[Floor, Floor, string]>([
    [2, 1, 'open'],
    [2, 2, 'beside'],
    [2, 3, 'above'],
    [3, 'adapter', 'composed'],
    [3, 'surface', 'above'],
    ['adapter', 2, 'open'],
    ['adapter', 3, 'above'],
    ['adapter', 'adapter', 'composed'],
    ['bridge', 0, 'open'],
    ['bridge', 1, 'above'],
    ['bridge', 3, 'open'],
    ['bridge', 'bridge', 'beside'],
    ['surface', 'bridge', 'open'],
    ['surface', 'tool', 'above'],
    ['example', 'surface', 'open'],
    ['example', 'tool', 'above'],
    ['tool', 'example', 'open'],
  ])('from %s to %s are %s', (from, to, relation) => {
    expect(relationOf(at(from), at(to))).toBe(relation);
  });

  it('lead down to every given room, and to a given adapter by a composer', () => {
    expect(relationOf(at(0), at(3, true))).toBe('open');
    expect(relationOf(at(0), at('adapter', true))).toBe('composed');
  });
});
