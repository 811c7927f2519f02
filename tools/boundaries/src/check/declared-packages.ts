/**
 * Holds imports against the package.json of the importer.
 *
 * Not here: whether a room may import a package at all (`driver-at-home` in `rules.ts`).
 */
import type { LocatedRoom, Manifest } from '../located-room.ts';
import { isTest } from '../path-pattern.ts';
import type { RoomTable } from '../room-table.ts';
import { violation, type Violation } from '../rule-catalogue.ts';
import type { Edge, Scan } from '../scan.ts';

/** Imports of packages that the importer does not declare, and imports that lead nowhere. */
export function checkDeclared(
  table: RoomTable,
  located: readonly LocatedRoom[],
  scan: Scan,
  testPackages: readonly string[],
): readonly Violation[] {
  const ownNames = new Set([...table.rooms, ...table.given].map((room) => room.name));
  const scopes = new Set([...ownNames].filter((name) => name.startsWith('@')).map(scopeOf));
  return scan.edges.flatMap((edge) => {
    const importer = located.find((found) => !found.given && edge.from.startsWith(`${found.folder}/`));
    if (importer === undefined || edge.builtin) return [];
    const name = packageOf(edge.specifier);
    if (name === undefined) {
      return edge.unresolved ? [report(edge, 'leads nowhere')] : [];
    }
    if (name === importer.room.name) return [];
    // An unknown member of the own scope has a rule of its own.
    if (edge.unresolved && !ownNames.has(name) && scopes.has(scopeOf(name))) return [];
    return judge(edge, name, importer, ownNames, testPackages);
  });
}

function judge(
  edge: Edge,
  name: string,
  { manifest, room }: LocatedRoom,
  ownNames: ReadonlySet<string>,
  testPackages: readonly string[],
): readonly Violation[] {
  if (!declares(manifest, name, isTest(edge.from), testPackages)) {
    return [report(edge, `is not declared in the package.json of ${room.name}`)];
  }
  const foreign = room.floor === 'bridge' && room.drivers.includes(name);
  if (foreign && manifest.peerDependencies?.[name] === undefined) {
    return [report(edge, 'is the foreign package of a bridge and no peer dependency')];
  }
  return edge.unresolved && !ownNames.has(name) ? [report(edge, 'is declared and not installed')] : [];
}

function declares(manifest: Manifest, name: string, test: boolean, testPackages: readonly string[]): boolean {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  const inUse = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  if (inUse[name] !== undefined) return true;
  return test && (devDependencies?.[name] !== undefined || testPackages.includes(name));
}

function report(edge: Edge, why: string): Violation {
  return violation('no-undeclared', edge.from, `imports ${edge.specifier}, which ${why}`);
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('#')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function scopeOf(name: string): string {
  return name.split('/')[0] ?? name;
}
