import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeWorkspace } from '../../test/workspace.ts';
import { locateRooms } from '../located-room.ts';
import { defineRooms } from '../room-table.ts';
import { rebornRooms } from '../rooms.ts';
import { checkTags, tagsOf, writeTags } from './nx-tags.ts';

const table = defineRooms({ rooms: { '@acme/log': { folder: 'log', floor: 1 } }, updateCommand: 'acme update' });

/** The package.json before and after the tags were written, and what was found before and after. */
function written(before: string) {
  using workspace = writeWorkspace({ 'log/package.json': before }, {});
  const { root } = workspace;
  const located = locateRooms(root, table);
  const found = checkTags(root, table, located);
  writeTags(root, located);
  const after = readFileSync(join(root, 'log/package.json'), 'utf8');
  return { found, after, left: checkTags(root, table, located) };
}

describe('the tags of a room', () => {
  it('are its floor, what it may touch of the machine, and its name without the scope, sorted', () => {
    expect(table.rooms.map(tagsOf)).toEqual([['floor:1', 'machine:none', 'room:log']]);
    const { rooms } = defineRooms({ rooms: { desk: { folder: 'desk', floor: 'adapter', machine: 'all' } } });
    expect(rooms.map(tagsOf)).toEqual([['floor:adapter', 'machine:all', 'room:desk']]);
  });

  it('name every room of Reborn once', () => {
    const names = rebornRooms.rooms.map((room) => tagsOf(room).find((tag) => tag.startsWith('room:')));
    expect(new Set(names).size).toBe(rebornRooms.rooms.length);
  });
});

describe('a package.json', () => {
  it('gets the tags at its end and keeps the rest', () => {
    const { found, after, left } = written('{\n  "name": "@acme/log",\n  "version": "0.1.0"\n}\n');
    expect(found).toMatchObject([
      {
        rule: 'nx-tags',
        file: 'log/package.json',
        found: 'has no tags where its row says the tags floor:1, machine:none, room:log',
        remedy: expect.stringContaining('To write them: acme update.'),
      },
    ]);
    expect(after).toBe(`{
  "name": "@acme/log",
  "version": "0.1.0",
  "nx": {
    "tags": [
      "floor:1",
      "machine:none",
      "room:log"
    ]
  }
}
`);
    expect(left).toEqual([]);
  });

  it('keeps other settings of Nx', () => {
    const { found, after, left } = written(
      '{"nx":{"targets":{"build":{"cache":true}},"tags":["mine"]},"name":"@acme/log"}',
    );
    expect(found).toMatchObject([{ found: expect.stringContaining('has the tags mine where') }]);
    expect(Object.entries(JSON.parse(after))).toEqual([
      ['name', '@acme/log'],
      ['nx', { targets: { build: { cache: true } }, tags: ['floor:1', 'machine:none', 'room:log'] }],
    ]);
    expect(left).toEqual([]);
  });

  it.each([
    ['fewer', ['floor:1', 'room:log']],
    ['more', ['floor:1', 'machine:none', 'mine', 'room:log']],
    ['others', ['floor:2', 'machine:none', 'room:log']],
    ['unsorted', ['room:log', 'machine:none', 'floor:1']],
    ['a text', 'floor:1'],
  ])('with %s fails', (_, tags) => {
    expect(written(JSON.stringify({ name: '@acme/log', nx: { tags } })).found).toHaveLength(1);
  });

  it('that has the tags is left as it is, down to the blanks', () => {
    const before = '{ "nx": {"tags": ["floor:1","machine:none","room:log"]}, "name": "@acme/log" }';
    expect(written(before)).toEqual({ found: [], after: before, left: [] });
  });
});
