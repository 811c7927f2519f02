/**
 * The whole check of one workspace against one table of rooms.
 *
 * Not here: how the outcome is worded (`report.ts`) and the command (`main.ts`).
 */
import { realpathSync } from 'node:fs';
import { checkDeclared } from './check/declared-packages.ts';
import { checkPins, readDoors, writePins } from './check/door-names.ts';
import { countLines, type LineReport } from './check/line-budget.ts';
import { checkMachineGlobals } from './check/machine-globals.ts';
import { checkTags, writeTags } from './check/nx-tags.ts';
import { checkPackages, checkScan } from './check/packages-on-disk.ts';
import { checkGraph, drawGraph, packageEdges, writeGraph } from './graph.ts';
import { locateRooms, readManifest } from './located-room.ts';
import type { RoomTable } from './room-table.ts';
import { rebornRooms } from './rooms.ts';
import type { Violation } from './rule-catalogue.ts';
import { deriveRules } from './rules.ts';
import { scanImports } from './scan.ts';

/** What to check. */
export interface BoundariesOptions {
  /** The folder that holds the workspace's package.json. */
  readonly root: string;
  readonly rooms: RoomTable;
  /** Whether to write the pins, the graph and the tags instead of comparing them. */
  readonly update?: boolean;
}

/** What the check found. Shape: `violations` is empty exactly when the workspace is as its table says. */
export interface BoundariesReport {
  readonly violations: readonly Violation[];
  readonly rooms: number;
  readonly modules: number;
  readonly edges: number;
  readonly lines: LineReport['rooms'];
  /** Files that are longer than a file should be: a warning. */
  readonly longFiles: LineReport['longFiles'];
  /** Functions that are longer than a function should be: a warning. */
  readonly longFunctions: LineReport['longFunctions'];
}

/**
 * Checks a workspace. Installed packages of Reborn are respected as given rooms, unless the table names others.
 *
 * Errors: rejects only when the workspace cannot be read at all; whatever is wrong in it is a violation.
 */
export async function checkBoundaries(options: BoundariesOptions): Promise<BoundariesReport> {
  const root = realpathSync(options.root);
  const table = withGivenRooms(options.rooms);
  const located = locateRooms(root, table);
  const testPackages = Object.keys(readManifest(root)?.devDependencies ?? {});
  const scan = await scanImports(root, table, located, deriveRules(table, located, testPackages));
  const doors = readDoors(root, located);
  const lines = countLines(root, located);
  const drawing = drawGraph(table, packageEdges(located, scan));
  const { pinsFile, graphFile, nxTags } = table;
  if (options.update === true) {
    if (pinsFile !== undefined) writePins(root, pinsFile, doors.names);
    if (graphFile !== undefined) writeGraph(root, graphFile, drawing);
    if (nxTags) writeTags(root, located);
  }
  const violations = [
    ...checkPackages(root, table, located),
    ...checkScan(root, table, located, scan),
    ...scan.violations,
    ...checkDeclared(table, located, scan, testPackages),
    ...checkMachineGlobals(root, located),
    ...doors.violations,
    ...(pinsFile === undefined ? [] : checkPins(root, table, pinsFile, doors.names)),
    ...lines.violations,
    ...(graphFile === undefined ? [] : checkGraph(root, table, graphFile, drawing)),
    ...(nxTags ? checkTags(root, table, located) : []),
  ];
  return {
    violations: eachOnce(violations),
    rooms: table.rooms.length,
    modules: scan.modules.length,
    edges: scan.edges.length,
    lines: lines.rooms,
    longFiles: lines.longFiles,
    longFunctions: lines.longFunctions,
  };
}

/** A table that names no given rooms respects those of Reborn, less what the workspace holds itself. */
function withGivenRooms(table: RoomTable): RoomTable {
  const own = new Set(table.rooms.map((room) => room.name));
  const given = (table.given.length > 0 ? table.given : rebornRooms.rooms).filter((room) => !own.has(room.name));
  const lockedDoors = [...new Set([...table.lockedDoors, ...rebornRooms.lockedDoors])];
  return { ...table, given, lockedDoors };
}

function eachOnce(violations: readonly Violation[]): readonly Violation[] {
  return [...new Map(violations.map((found) => [`${found.rule}\n${found.file}\n${found.found}`, found])).values()];
}
