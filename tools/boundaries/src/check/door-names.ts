/**
 * Reads the names that each door exports and holds them against the pinned ones.
 *
 * Not here: which doors a package has (`packages-on-disk.ts`).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { LocatedRoom } from '../located-room.ts';
import type { RoomTable } from '../room-table.ts';
import { violation, type Violation } from '../rule-catalogue.ts';

const FORMATTED_WIDTH = 120;

/** Door, as an import path, → the names it exports, types included, sorted. */
export type DoorNames = Readonly<Record<string, readonly string[]>>;

/** The names of all doors and what is wrong with the form of a door. */
export interface DoorReading {
  readonly names: DoorNames;
  readonly violations: readonly Violation[];
}

/** Reads the source of every door of the own rooms. */
export function readDoors(root: string, located: readonly LocatedRoom[]): DoorReading {
  const names: Record<string, readonly string[]> = {};
  const violations: Violation[] = [];
  for (const { room, doorFiles, given } of located) {
    if (given) continue;
    for (const [door, files] of doorFiles) {
      const source = files.find((file) => /\.[cm]?tsx?$/.test(file) && !file.endsWith('.d.ts'));
      if (source === undefined || !existsSync(join(root, source))) {
        violations.push(violation('door-shape', source ?? door, `the door ${door} of ${room.name} has no source file`));
        continue;
      }
      const reading = readDoor(source, readFileSync(join(root, source), 'utf8'));
      names[`${room.name}${door.slice(1)}`] = reading.names;
      violations.push(...reading.violations);
    }
  }
  const sorted = Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { names: sorted, violations };
}

/** Compares with the pinned names. */
export function checkPins(root: string, table: RoomTable, pinsFile: string, names: DoorNames): readonly Violation[] {
  const path = join(root, pinsFile);
  const pinned: DoorNames = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as DoorNames) : {};
  const doors = [...new Set([...Object.keys(pinned), ...Object.keys(names)])].sort();
  return doors.flatMap((door) => {
    const before = pinned[door] ?? [];
    const after = names[door] ?? [];
    const added = after.filter((name) => !before.includes(name));
    const removed = before.filter((name) => !after.includes(name));
    if (added.length + removed.length === 0 && door in pinned === door in names) return [];
    const parts = [
      ...(door in pinned ? [] : ['new door']),
      ...(door in names ? [] : ['door gone']),
      ...(added.length > 0 ? [`added: ${added.join(', ')}`] : []),
      ...(removed.length > 0 ? [`removed: ${removed.join(', ')}`] : []),
    ];
    return [violation('pinned-doors', door, parts.join('; '), `To accept: ${table.updateCommand}.`)];
  });
}

/** Writes the pinned names, in the form that the formatter gives them. */
export function writePins(root: string, pinsFile: string, names: DoorNames): void {
  const doors = Object.entries(names);
  const lines = doors.map(([door, list], index) => formatEntry(door, list, index === doors.length - 1));
  writeFileSync(join(root, pinsFile), lines.length === 0 ? '{}\n' : `{\n${lines.join('\n')}\n}\n`);
}

function readDoor(file: string, text: string): { names: readonly string[]; violations: readonly Violation[] } {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false);
  const names = new Set<string>();
  const violations: Violation[] = [];
  const refuse = (node: ts.Node, what: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    violations.push(violation('door-shape', `${file}:${line + 1}`, what));
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) continue;
    if (!ts.isExportDeclaration(statement)) {
      refuse(statement, ts.isExportAssignment(statement) ? 'export default' : 'a statement that is no export list');
    } else if (statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause)) {
      refuse(statement, 'export *');
    } else {
      for (const element of statement.exportClause.elements) {
        if (element.name.text === 'default') refuse(element, 'export default');
        else names.add(element.name.text);
      }
    }
  }
  return { names: [...names].sort(), violations };
}

function formatEntry(door: string, list: readonly string[], last: boolean): string {
  const key = `  ${JSON.stringify(door)}: `;
  const items = list.map((name) => JSON.stringify(name));
  const end = last ? '' : ',';
  const flat = `${key}[${items.join(', ')}]${end}`;
  return flat.length <= FORMATTED_WIDTH ? flat : `${key}[\n    ${items.join(',\n    ')}\n  ]${end}`;
}
