import { describe, expect, it } from 'vitest';
import { defineRooms } from './room-table.ts';

describe('a table', () => {
  it('refuses two rows with one folder', () => {
    const row = { folder: 'packages/a', floor: 0 } as const;
    expect(() => defineRooms({ rooms: { a: row, b: row } })).toThrow('a and b both claim the folder packages/a');
  });

  it('refuses a folder outside of the workspace and half a floor', () => {
    expect(() => defineRooms({ rooms: { a: { folder: '../a', floor: 0 } } })).toThrow('write the folder as');
    expect(() => defineRooms({ rooms: { a: { folder: 'a', floor: 0.5 } } })).toThrow('whole number');
  });

  it('gives a row what its floor gives', () => {
    const { rooms } = defineRooms({
      rooms: { a: { folder: 'a', floor: 0 }, b: { folder: 'b', floor: 'surface' }, c: { folder: 'c', floor: 'tool' } },
    });
    expect(rooms.map(({ machine, entries }) => ({ machine, entries }))).toEqual([
      { machine: 'none', entries: [] },
      { machine: 'process', entries: ['src/main.ts'] },
      { machine: 'all', entries: ['src/main.ts'] },
    ]);
  });

  it('asks for no pins, no graph and no tags unless it says so', () => {
    expect(defineRooms({ rooms: {} })).toMatchObject({ pinsFile: undefined, graphFile: undefined, nxTags: false });
  });
});
