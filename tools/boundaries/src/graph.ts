/** Draws the packages and the imports that were found, and tells a drawing that is out of date. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocatedRoom } from './located-room.ts';
import { isTest } from './path-pattern.ts';
import type { Floor, Room, RoomTable } from './room-table.ts';
import { violation, type Violation } from './rule-catalogue.ts';
import type { Scan } from './scan.ts';

/** One package that imports another in its sources, tests left out. */
export interface PackageEdge {
  readonly from: string;
  readonly to: string;
}

/** The imports between packages, each once, sorted. */
export function packageEdges(located: readonly LocatedRoom[], scan: Scan): readonly PackageEdge[] {
  const nameOf = (file: string): string | undefined =>
    located.find((found) => file.startsWith(`${found.folder}/`))?.room.name;
  const seen = new Map<string, PackageEdge>();
  for (const edge of scan.edges) {
    const from = nameOf(edge.from);
    const to = nameOf(edge.to);
    if (from === undefined || to === undefined || from === to || isTest(edge.from)) continue;
    seen.set(`${from} ${to}`, { from, to });
  }
  return [...seen.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
}

/** The text of the drawing. */
export function drawGraph(table: RoomTable, edges: readonly PackageEdge[]): string {
  const drawn = [...table.rooms, ...table.given.filter((room) => edges.some((edge) => edge.to === room.name))];
  return `# The rooms and what they import

Generated from the rooms table and from the imports that were found in the sources, type-only ones included and tests left out. Do not edit; \`${table.updateCommand}\` redraws it.

\`\`\`mermaid
flowchart TD
${floorsOf(drawn)
  .map((floor) => drawFloor(floor, drawn))
  .join('\n')}
${edges.map(({ from, to }) => `  ${nodeOf(from)} --> ${nodeOf(to)}`).join('\n')}
\`\`\`

| Package | Folder | Floor | Doors | Drivers | Libraries |
|---|---|---|---|---|---|
${table.rooms.map(drawRow).join('\n')}
`;
}

/** Holds the committed drawing against the current one. */
export function checkGraph(root: string, table: RoomTable, graphFile: string, drawing: string): readonly Violation[] {
  const path = join(root, graphFile);
  if (existsSync(path) && readFileSync(path, 'utf8').replaceAll('\r\n', '\n') === drawing) return [];
  const found = existsSync(path) ? 'differs from what was found' : 'is missing';
  return [violation('graph-current', graphFile, found, `To redraw: ${table.updateCommand}.`)];
}

/** Writes the drawing. */
export function writeGraph(root: string, graphFile: string, drawing: string): void {
  const path = join(root, graphFile);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, drawing);
}

const PLACES: readonly Floor[] = ['example', 'surface', 'bridge', 'adapter', 'tool'];
const TITLES: Readonly<Record<Exclude<Floor, number>, string>> = {
  example: 'outside: examples',
  surface: 'outside: surfaces',
  bridge: 'outside: bridges',
  adapter: 'outside: adapters',
  tool: 'outside: tools',
};

/** From the outside in and from the top down, as one would see the building. */
function floorsOf(rooms: readonly Room[]): readonly Floor[] {
  const numbers = rooms.map((room) => room.floor).filter((floor) => typeof floor === 'number');
  const floors = [...new Set(numbers)].sort((a, b) => b - a);
  const places = PLACES.filter((place) => rooms.some((room) => room.floor === place));
  return [...places.filter(isAbove), ...floors, ...places.filter((place) => !isAbove(place))];
}

function isAbove(place: Floor): boolean {
  return place === 'example' || place === 'surface' || place === 'bridge';
}

function drawFloor(floor: Floor, rooms: readonly Room[]): string {
  const id = typeof floor === 'number' ? `floor${floor}` : `${floor}s`;
  const title = typeof floor === 'number' ? `floor ${floor}` : TITLES[floor];
  const nodes = rooms.filter((room) => room.floor === floor).map(({ name }) => `    ${nodeOf(name)}["${name}"]`);
  return [`  subgraph ${id} ["${title}"]`, ...nodes, '  end'].join('\n');
}

function nodeOf(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_/, '');
}

function drawRow({ name, folder, floor, doors, drivers, libraries }: Room): string {
  const list = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(' ');
  return `| \`${name}\` | \`${folder}\` | ${floor} | ${list(doors)} | ${list(drivers)} | ${list(libraries)} |`;
}
