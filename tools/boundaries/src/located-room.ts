/**
 * Rooms with their place on disk: the folder, the package.json and the files behind the doors.
 *
 * Not here: whether what is found agrees with the table (`check/packages-on-disk.ts`).
 */
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { globPattern } from './path-pattern.ts';
import type { Room, RoomTable } from './room-table.ts';

/** As much of a package.json as the checks read. */
export interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A room that was found. */
export interface LocatedRoom {
  readonly room: Room;
  /** Whether it came with an installed package. */
  readonly given: boolean;
  /** Relative to the root, with slashes; outside of the root for linked packages. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Door → the files it may resolve to, relative to the root. Empty for a room without a package.json. */
  readonly doorFiles: ReadonlyMap<string, readonly string[]>;
}

/** Finds the rooms of a table. Rows whose package is missing are left out of the answer. */
export function locateRooms(root: string, table: RoomTable): readonly LocatedRoom[] {
  const own = table.rooms.flatMap((room) => locate(root, room, room.folder, false));
  const given = table.given.flatMap((room) => {
    const link = join(root, 'node_modules', room.name);
    return existsSync(link) ? locate(root, room, toRelative(root, realpathSync(link)), true) : [];
  });
  const ownFolders = new Set(own.map((found) => found.folder));
  return [...own, ...given.filter((found) => !ownFolders.has(found.folder))];
}

/** The folders of all members of the workspace, relative to the root. */
export function workspaceFolders(root: string): readonly string[] {
  const workspaces = readManifest(root)?.workspaces ?? [];
  const globs = 'packages' in workspaces ? (workspaces.packages ?? []) : (workspaces as readonly string[]);
  const found = globs.flatMap((glob) => expandGlob(root, glob.replace(/^\.\//, '').replace(/\/$/, '')));
  return [...new Set(found)].filter((folder) => existsSync(join(root, folder, 'package.json'))).sort();
}

/** Reads the package.json of a folder, if there is one. */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

/** The TypeScript files below a folder, relative to the root; build output, fixtures and installed packages left out. */
export function listSources(root: string, folder: string): readonly string[] {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => toRelative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/(?:^|\/)(?:node_modules|dist)\/|(?:^|\/)test\/fixture\//.test(file))
    .sort();
}

/** A path relative to the root, with slashes on every machine. */
export function toRelative(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

function locate(root: string, room: Room, folder: string, given: boolean): readonly LocatedRoom[] {
  const manifest = readManifest(join(root, folder));
  if (manifest === undefined) return [];
  const doorFiles = new Map(
    exportEntries(manifest.exports).map(([door, target]) => [
      door,
      targetsOf(target).map((file) => posix.join(folder, file)),
    ]),
  );
  return [{ room, given, folder, manifest, doorFiles }];
}

function exportEntries(exports: unknown): readonly (readonly [string, unknown])[] {
  if (exports === undefined || exports === null) return [];
  if (typeof exports !== 'object') return [['.', exports]];
  const entries = Object.entries(exports);
  return entries.every(([key]) => key.startsWith('.')) ? entries : [['.', exports]];
}

function targetsOf(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  if (typeof target !== 'object' || target === null) return [];
  return Object.values(target).flatMap(targetsOf);
}

function expandGlob(root: string, glob: string): readonly string[] {
  if (!glob.includes('*')) return [glob];
  const parent = posix.dirname(glob);
  const pattern = new RegExp(globPattern(posix.basename(glob)));
  return expandGlob(root, parent).flatMap((folder) => {
    const path = join(root, folder);
    if (!existsSync(path) || !statSync(path).isDirectory()) return [];
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && pattern.test(entry.name))
      .map((entry) => posix.join(folder, entry.name));
  });
}
