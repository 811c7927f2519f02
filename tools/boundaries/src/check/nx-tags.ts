/**
 * Derives the Nx tags of each package from its row, so that `nx run-many --projects=tag:floor:1` and the table mean the
 * same packages.
 *
 * Not here: what the tags are used for (`nx.json`, the scripts of the workspace).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { LocatedRoom } from '../located-room.ts';
import type { Room, RoomTable } from '../room-table.ts';
import { violation, type Violation } from '../rule-catalogue.ts';

/** The tags of a room, sorted: its floor or place, how much of the machine it may touch, its name without the scope. */
export function tagsOf({ name, floor, machine }: Room): readonly string[] {
  return [`floor:${floor}`, `machine:${machine}`, `room:${name.replace(/^@[^/]+\//, '')}`].sort();
}

/** Compares the tags in each package.json with the derived ones. */
export function checkTags(root: string, table: RoomTable, located: readonly LocatedRoom[]): readonly Violation[] {
  return located
    .filter((found) => !found.given)
    .flatMap(({ room, folder }) => {
      const file = posix.join(folder, 'package.json');
      const tags = readTags(join(root, file));
      const derived = tagsOf(room);
      if (isDeepStrictEqual(tags, derived)) return [];
      const found = `has ${wordTags(tags)} where its row says ${wordTags(derived)}`;
      return [violation('nx-tags', file, found, `To write them: ${table.updateCommand}.`)];
    });
}

/** Writes the derived tags, with `nx` as the last key; a package.json that has them already is left as it is. */
export function writeTags(root: string, located: readonly LocatedRoom[]): void {
  for (const { room, folder, given } of located) {
    const path = join(root, folder, 'package.json');
    if (given || isDeepStrictEqual(readTags(path), tagsOf(room))) continue;
    const { nx, ...rest } = readPackage(path);
    const settings = typeof nx === 'object' && nx !== null ? nx : {};
    writeFileSync(path, `${JSON.stringify({ ...rest, nx: { ...settings, tags: tagsOf(room) } }, null, 2)}\n`);
  }
}

function readTags(path: string): unknown {
  const { nx } = existsSync(path) ? readPackage(path) : {};
  return typeof nx === 'object' && nx !== null && 'tags' in nx ? nx.tags : undefined;
}

function readPackage(path: string): { readonly nx?: unknown } {
  return JSON.parse(readFileSync(path, 'utf8')) as { readonly nx?: unknown };
}

function wordTags(tags: unknown): string {
  return Array.isArray(tags) ? `the tags ${tags.join(', ')}` : 'no tags';
}
