#!/usr/bin/env node
/**
 * The command: `reborn-boundaries [--rooms <file>] [--root <dir>] [--update]`. Without `--rooms` it checks Reborn's own
 * workspace. Exit code 1: something is not as the table says. Exit code 2: the check could not be made.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { checkBoundaries } from './check-boundaries.ts';
import { describeReport } from './report.ts';
import type { RoomTable } from './room-table.ts';
import { rebornRooms } from './rooms.ts';

const USAGE = `Usage: reborn-boundaries [--rooms <file>] [--root <dir>] [--update]

  --rooms <file>  a module that exports \`rooms\`, made with defineRooms(); Reborn's own table without it
  --root <dir>    the folder with the workspace's package.json; the current folder without it
  --update        write the pinned names, the drawn graph and the Nx tags instead of comparing them
`;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`The boundaries could not be checked: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rooms: { type: 'string' },
      root: { type: 'string' },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const rooms = values.rooms === undefined ? rebornRooms : await loadRooms(values.rooms);
  const report = await checkBoundaries({ root: resolve(values.root ?? '.'), rooms, update: values.update });
  process.stdout.write(describeReport(report));
  return report.violations.length === 0 ? 0 : 1;
}

async function loadRooms(file: string): Promise<RoomTable> {
  const module: { readonly rooms?: RoomTable } = await import(pathToFileURL(resolve(file)).href);
  if (module.rooms === undefined) throw new Error(`${file} exports no \`rooms\``);
  return module.rooms;
}
