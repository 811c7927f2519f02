/**
 * Derives the import rules, as a dependency-cruiser rule set, from a table of rooms.
 *
 * Not here: why each rule is there (`rule-catalogue.ts`); what dependency-cruiser cannot express (`check/`).
 */
import type { IForbiddenRuleType } from 'dependency-cruiser';
import type { LocatedRoom } from './located-room.ts';
import { escapeText, filePattern, folderPattern, globPattern, installedPattern, testPattern } from './path-pattern.ts';
import { relationOf, type Relation } from './relation.ts';
import type { RoomTable } from './room-table.ts';
import { ruleCatalogue, type RuleName } from './rule-catalogue.ts';

/** All import rules of a table. */
export function deriveRules(
  table: RoomTable,
  located: readonly LocatedRoom[],
  testPackages: readonly string[],
): readonly IForbiddenRuleType[] {
  const own = located.filter((found) => !found.given);
  return [
    ...own.flatMap((from) => stairRules(table, from, located)),
    ...own.flatMap((from) => doorRules(table, from, located)),
    ...own.flatMap((from) => packageRules(from, located, testPackages)),
    ...table.narrowPassages.flatMap((_, index) => narrowRule(table, located, index)),
    ...table.guests.flatMap((_, index) => guestRule(table, located, index)),
    ...own.map((room) => ownIndexRule(room)),
    ...unresolvedRules(table, own),
    rule('no-cycles', { path: own.map(inside) }, { circular: true }),
    orphanRule(own),
  ];
}

type From = NonNullable<Extract<IForbiddenRuleType, { to: unknown }>['from']>;
type To = Record<string, unknown>;

function rule(name: RuleName, from: From, to: To): IForbiddenRuleType {
  const { why, instead } = ruleCatalogue[name];
  return { name, severity: 'error', comment: `${why} Instead: ${instead}`, from, to } as IForbiddenRuleType;
}

function inside(found: LocatedRoom): string {
  return folderPattern(found.folder);
}

function doorPatterns(found: LocatedRoom, doors: (door: string) => boolean): string[] {
  return [...found.doorFiles].filter(([door]) => doors(door)).flatMap(([, files]) => files.map(filePattern));
}

/** Floors: what lies above, beside, or outside and is for composers. */
function stairRules(table: RoomTable, from: LocatedRoom, located: readonly LocatedRoom[]): IForbiddenRuleType[] {
  const withRelation = (relation: Relation): string[] =>
    located.filter((to) => to !== from && relationOf(from, to) === relation).map(inside);
  const composers = table.composers.map(globPattern);
  const rows: readonly [RuleName, string[], string[]][] = [
    ['stairs-go-down', withRelation('above'), [testPattern]],
    ['no-sideways', withRelation('beside'), [testPattern]],
    ['composers-only', withRelation('composed'), [testPattern, ...composers]],
  ];
  return rows
    .filter(([, targets]) => targets.length > 0)
    .map(([name, path, pathNot]) => rule(name, { path: inside(from), pathNot }, { path }));
}

/** Doors: named ones only, by package name only; testkits and locked doors only for those who may. */
function doorRules(table: RoomTable, from: LocatedRoom, located: readonly LocatedRoom[]): IForbiddenRuleType[] {
  const others = located.filter((to) => to !== from);
  const doorFiles = others.flatMap((to) => doorPatterns(to, () => true));
  const rules = [
    rule('doors-only', { path: inside(from) }, { path: others.map(inside), pathNot: doorFiles }),
    rule('doors-only', { path: inside(from) }, { path: doorFiles, dependencyTypes: ['local'] }),
  ];
  if (from.room.floor === 'tool') return rules.filter(hasTargets);
  const testkits = others.flatMap((to) => doorPatterns(to, isTestkit));
  const testkitOfFrom = `${folderPattern(from.folder)}src/testkit/`;
  const locked = others.flatMap((to) =>
    doorPatterns(to, (door) => {
      const path = importPath(to.room.name, door);
      return table.lockedDoors.includes(path) && !from.room.keys.includes(path);
    }),
  );
  rules.push(
    rule(
      'testkit-in-tests',
      { path: inside(from), pathNot: [testPattern, testkitOfFrom] },
      { path: [...testkits, testkitOfFrom] },
    ),
    rule('runner-door', { path: inside(from), pathNot: [testPattern] }, { path: locked }),
  );
  return rules.filter(hasTargets);
}

/** npm packages and Node's own modules: by the row of the room; tests also use what the workspace has for tests. */
function packageRules(
  from: LocatedRoom,
  located: readonly LocatedRoom[],
  testPackages: readonly string[],
): IForbiddenRuleType[] {
  const { floor, drivers, libraries } = from.room;
  const rooms = located.flatMap((found) => [inside(found), installedPattern(found.room.name)]);
  const allowed = [...drivers, ...libraries].filter((name) => !name.startsWith('node:')).map(installedPattern);
  const forTests = [...testPackages, ...Object.keys(from.manifest.devDependencies ?? {})].map(installedPattern);
  const installed = '(?:^|/)node_modules/';
  const rules = [
    rule(
      'driver-at-home',
      { path: inside(from), pathNot: [testPattern] },
      { path: installed, pathNot: [...rooms, ...allowed] },
    ),
    rule(
      'driver-at-home',
      { path: `${inside(from)}(?:test/|.*/test/|.*[.]test(?:-d)?[.]tsx?$)` },
      { path: installed, pathNot: [...rooms, ...allowed, ...forTests] },
    ),
  ];
  if (!drivers.includes('node:*')) {
    const name = typeof floor === 'number' ? 'neutral-floors' : 'driver-at-home';
    rules.push(rule(name, { path: inside(from), pathNot: [testPattern] }, { dependencyTypes: ['core'] }));
  }
  return rules;
}

function narrowRule(table: RoomTable, located: readonly LocatedRoom[], index: number): IForbiddenRuleType[] {
  const passage = table.narrowPassages[index];
  const room = located.find((found) => found.room.name === passage?.room);
  if (passage === undefined || room === undefined) return [];
  const wide = doorPatterns(room, (door) => !passage.doors.includes(door) && !isTestkit(door));
  const from = { path: passage.from.map(globPattern), pathNot: [testPattern, inside(room)] };
  return [rule('loop-door', from, { path: wide })].filter(hasTargets);
}

function guestRule(table: RoomTable, located: readonly LocatedRoom[], index: number): IForbiddenRuleType[] {
  const guest = table.guests[index];
  if (guest === undefined) return [];
  const welcome = located.flatMap((found) =>
    doorPatterns(found, (door) => guest.imports.includes(importPath(found.room.name, door))),
  );
  // What a narrow passage already forbids is reported under its own name.
  const judgedElsewhere = table.narrowPassages
    .filter((passage) => passage.from.some((glob) => new RegExp(globPattern(glob)).test(`${guest.folder}/x.ts`)))
    .flatMap((passage) => located.filter((found) => found.room.name === passage.room).map(inside));
  return [
    rule(
      'loop-is-a-guest',
      { path: folderPattern(guest.folder), pathNot: [testPattern] },
      { path: '.', pathNot: [folderPattern(guest.folder), ...welcome, ...judgedElsewhere] },
    ),
  ];
}

function ownIndexRule(found: LocatedRoom): IForbiddenRuleType {
  const path = `${inside(found)}src/`;
  const files = doorPatterns(found, () => true);
  return rule(
    'no-own-index',
    { path, pathNot: [testPattern] },
    { path: files.length > 0 ? files : [`${path}index[.]ts$`] },
  );
}

/** Imports of the workspace's own scope that lead nowhere: a path that is no door, or a package without a row. */
function unresolvedRules(table: RoomTable, own: readonly LocatedRoom[]): IForbiddenRuleType[] {
  const names = [...table.rooms, ...table.given].map((room) => room.name);
  const scopes = new Set(names.filter((name) => name.startsWith('@')).map((name) => `^${name.split('/')[0]}/`));
  const known = names.map((name) => `^${escapeText(name)}(?:/|$)`);
  const from = { path: own.map(inside) };
  return [
    rule('doors-only', from, { path: known, couldNotResolve: true }),
    rule('unknown-package', from, { path: [...scopes], pathNot: known, couldNotResolve: true }),
  ].filter(hasTargets);
}

/** Files that no production file imports. Tests do not keep a file alive. */
function orphanRule(own: readonly LocatedRoom[]): IForbiddenRuleType {
  const entries = own.flatMap((found) => [
    ...doorPatterns(found, () => true),
    ...found.room.entries.map((glob) => globPattern(`${found.folder}/${glob}`)),
  ]);
  const { why, instead } = ruleCatalogue['no-orphans'];
  return {
    name: 'no-orphans',
    severity: 'error',
    comment: `${why} Instead: ${instead}`,
    module: {
      path: own.map((found) => `${inside(found)}src/`),
      pathNot: [testPattern, ...entries],
      numberOfDependentsLessThan: 1,
    },
    from: { pathNot: [testPattern] },
  } as IForbiddenRuleType;
}

function isTestkit(door: string): boolean {
  return door === './testkit' || door.startsWith('./testkit/');
}

function importPath(name: string, door: string): string {
  return `${name}${door.slice(1)}`;
}

function hasTargets(candidate: IForbiddenRuleType): boolean {
  const path = (candidate as { to?: { path?: readonly string[] } }).to?.path;
  return path === undefined || path.length > 0;
}
