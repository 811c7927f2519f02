/**
 * Holds the table against the disk: every package has a row, every row a package with the same doors, and the scan saw
 * every source file.
 */
import { posix } from 'node:path';
import { listSources, workspaceFolders, type LocatedRoom } from '../located-room.ts';
import type { RoomTable } from '../room-table.ts';
import { violation, type Violation } from '../rule-catalogue.ts';
import type { Scan } from '../scan.ts';

/** Packages without a row and rows without a package. */
export function checkPackages(root: string, table: RoomTable, located: readonly LocatedRoom[]): readonly Violation[] {
  const members = new Set(workspaceFolders(root));
  const rows = new Set(table.rooms.map((room) => room.folder));
  const unknown = [...members]
    .filter((folder) => !rows.has(folder))
    .map((folder) => violation('unknown-package', folder, 'a package without a row in the rooms table'));
  const missing = table.rooms.flatMap((room) => {
    const found = located.find((candidate) => !candidate.given && candidate.room === room);
    if (found === undefined) return [violation('missing-package', room.folder, `no package.json for ${room.name}`)];
    if (!members.has(room.folder)) {
      return [violation('missing-package', room.folder, `${room.name} is not a member of the workspace`)];
    }
    const name = found.manifest.name ?? 'nothing';
    if (name === room.name) return [];
    return [
      violation('missing-package', posix.join(room.folder, 'package.json'), `is named ${name}, not ${room.name}`),
    ];
  });
  return [...unknown, ...missing, ...located.filter((found) => !found.given).flatMap(checkDoors)];
}

/** A scan that saw less than there is. */
export function checkScan(
  root: string,
  table: RoomTable,
  located: readonly LocatedRoom[],
  scan: Scan,
): readonly Violation[] {
  const seen = new Set(scan.modules);
  const blind = located
    .filter((found) => !found.given)
    .flatMap(({ folder }) => {
      const sources = [...listSources(root, `${folder}/src`), ...listSources(root, `${folder}/test`)];
      if (sources.length === 0) return [violation('empty-scan', folder, 'holds no source file')];
      const unseen = sources.filter((file) => !seen.has(file));
      return unseen.map((file) => violation('empty-scan', file, 'is on disk and was not scanned'));
    });
  if (scan.modules.length >= table.modulesMin) return blind;
  const found = `${scan.modules.length} modules scanned where at least ${table.modulesMin} are expected`;
  return [...blind, violation('empty-scan', '.', found)];
}

function checkDoors({ room, doorFiles, folder }: LocatedRoom): readonly Violation[] {
  const file = posix.join(folder, 'package.json');
  const closed = room.doors.filter((door) => !doorFiles.has(door));
  const unnamed = [...doorFiles.keys()].filter((door) => !room.doors.includes(door));
  return [
    ...closed.map((door) => violation('door-shape', file, `exports no ${door}, which the row of ${room.name} names`)),
    ...unnamed.map((door) => violation('door-shape', file, `exports ${door}, which the row of ${room.name} lacks`)),
  ];
}
