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
  return joinAlike([
    ...own.flatMap((from) => stairRules(table, from, located)),
    ...asGroups(own).flatMap((from) => doorRules(from, located)),
    ...asGroups(own.filter(({ room }) => room.floor !== 'tool')).flatMap((from) => testkitRules(from, located)),
    ...own.flatMap((from) => lockRules(table, from, located)),
    ...own.flatMap((from) => packageRules(from, located, testPackages)),
    ...table.narrowPassages.flatMap((_, index) => narrowRule(table, located, index)),
    ...table.guests.flatMap((_, index) => guestRule(table, located, index)),
    ...own.map((room) => ownIndexRule(room)),
    ...unresolvedRules(table, own),
    rule('no-cycles', { path: own.map(inside) }, { circular: true }),
    orphanRule(own),
  ]);
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

/**
 * Makes one rule of those that differ in `from.path` only. dependency-cruiser examines every pattern of every rule for
 * safety, which would otherwise take longer than the scan.
 */
function joinAlike(rules: readonly IForbiddenRuleType[]): readonly IForbiddenRuleType[] {
  const alike = new Map<string, IForbiddenRuleType>();
  for (const next of rules) {
    const path = pathOf(next);
    const key = JSON.stringify({ ...next, from: { ...next.from, path: undefined } });
    const known = alike.get(key);
    const paths = known === undefined ? path : [...pathOf(known), ...path];
    const joined = { ...next, from: { ...next.from, ...(paths.length > 0 ? { path: paths } : {}) } };
    alike.set(key, joined as IForbiddenRuleType);
  }
  return [...alike.values()];
}

function pathOf({ from }: IForbiddenRuleType): readonly string[] {
  const path = (from as From).path ?? [];
  return typeof path === 'string' ? [path] : path;
}

/** Rooms that one rule judges, each by itself: `self` in the rule's end stands for the room that imports. */
interface Group {
  readonly path: string;
  readonly self: string;
}

/**
 * As few groups as can be, for the reason of `joinAlike`: a pattern names all doors, and so should not stand there once
 * per room. A folder that is no text of a pattern stands alone.
 */
function asGroups(rooms: readonly LocatedRoom[]): readonly Group[] {
  const isText = ({ folder }: LocatedRoom): boolean => /^[\w@./-]+$/.test(folder);
  const texts = rooms.filter(isText).map(({ folder }) => escapeText(folder));
  const alone = rooms.filter((room) => !isText(room)).map((room) => ({ path: inside(room), self: inside(room) }));
  return texts.length === 0 ? alone : [{ path: `^(${texts.join('|')})/`, self: '^$1/' }, ...alone];
}

/** Doors: named ones only, by package name only. */
function doorRules({ path, self }: Group, located: readonly LocatedRoom[]): IForbiddenRuleType[] {
  const rooms = located.map(inside);
  const doors = located.flatMap((to) => doorPatterns(to, () => true));
  return [
    rule('doors-only', { path }, { path: rooms, pathNot: [self, ...doors] }),
    rule('doors-only', { path }, { path: rooms, pathNot: self, dependencyTypes: ['local'] }),
  ];
}

/** Testkits: those of other rooms, and the sources of one's own. */
function testkitRules({ path, self }: Group, located: readonly LocatedRoom[]): IForbiddenRuleType[] {
  const ownTestkits = located.map((found) => `${inside(found)}src/testkit/`);
  const from = { path, pathNot: [testPattern, ...ownTestkits] };
  const testkits = located.flatMap((to) => doorPatterns(to, isTestkit));
  return [
    rule('testkit-in-tests', from, { path: testkits, pathNot: self }),
    rule('testkit-in-tests', from, { path: [`${self}src/testkit/`] }),
  ].filter(hasTargets);
}

/** Locked doors: only for rooms with a key. */
function lockRules(table: RoomTable, from: LocatedRoom, located: readonly LocatedRoom[]): IForbiddenRuleType[] {
  if (from.room.floor === 'tool') return [];
  const locked = located
    .filter((to) => to !== from)
    .flatMap((to) =>
      doorPatterns(to, (door) => {
        const path = importPath(to.room.name, door);
        return table.lockedDoors.includes(path) && !from.room.keys.includes(path);
      }),
    );
  return [rule('runner-door', { path: inside(from), pathNot: [testPattern] }, { path: locked })].filter(hasTargets);
}

/** npm packages and Node's own modules: by the row of the room; tests also use what the workspace has for tests. */
function packageRules(
  from: LocatedRoom,
  located: readonly LocatedRoom[],
  testPackages: readonly string[],
): IForbiddenRuleType[] {
  const { floor, drivers, libraries } = from.room;
  const path = '(?:^|/)node_modules/';
  // Rooms are judged by the stairs; of them only the given ones lie where npm packages lie.
  const rooms = located.filter((found) => found.given).map((found) => found.room.name);
  const allowed = [...rooms, ...drivers, ...libraries];
  const forTests = [...testPackages, ...Object.keys(from.manifest.devDependencies ?? {})];
  const rules = [
    rule(
      'driver-at-home',
      { path: inside(from), pathNot: [testPattern] },
      { path, pathNot: installedPattern(allowed) },
    ),
    rule(
      'driver-at-home',
      { path: `${inside(from)}(?:test/|.*/test/|.*[.]test(?:-d)?[.]tsx?$)` },
      { path, pathNot: installedPattern([...allowed, ...forTests]) },
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
