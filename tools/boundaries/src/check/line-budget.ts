/** Counts the lines of each room, holds them against its budget and finds what has grown long. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listSources, type LocatedRoom } from '../located-room.ts';
import { isTest } from '../path-pattern.ts';
import { violation, type Violation } from '../rule-catalogue.ts';
import { findLongFunctions, FUNCTION_LINES_MAX, type LongFunction } from './long-functions.ts';

/** A file with more lines is usually two things. */
export const FILE_LINES_MAX = 300;

/** The lines of one room. */
export interface RoomLines {
  readonly name: string;
  /** Units: lines of `src` without tests and without the testkit. */
  readonly lines: number;
  readonly testkitLines: number;
  readonly linesMax: number;
}

/** Lines per room, rooms over budget, long files and long functions. */
export interface LineReport {
  readonly rooms: readonly RoomLines[];
  readonly longFiles: readonly { readonly file: string; readonly lines: number }[];
  readonly longFunctions: readonly LongFunction[];
  readonly violations: readonly Violation[];
}

/** Counts all own rooms. */
export function countLines(root: string, located: readonly LocatedRoom[]): LineReport {
  const longFiles: { file: string; lines: number }[] = [];
  const longFunctions: LongFunction[] = [];
  const rooms = located
    .filter((found) => !found.given)
    .map(({ room, folder }) => {
      let lines = 0;
      let testkitLines = 0;
      for (const file of listSources(root, `${folder}/src`)) {
        if (isTest(file)) continue;
        const text = readFileSync(join(root, file), 'utf8');
        const count = linesOf(text);
        if (count > FILE_LINES_MAX) longFiles.push({ file, lines: count });
        if (count > FUNCTION_LINES_MAX) longFunctions.push(...findLongFunctions(file, text));
        if (file.startsWith(`${folder}/src/testkit/`)) testkitLines += count;
        else lines += count;
      }
      return { folder, counted: { name: room.name, lines, testkitLines, linesMax: room.linesMax } };
    });
  const violations = rooms
    .filter(({ counted }) => counted.lines > counted.linesMax)
    .map(({ folder, counted }) => violation('line-budget', folder, `${counted.lines} lines of ${counted.linesMax}`));
  return { rooms: rooms.map(({ counted }) => counted), longFiles, longFunctions, violations };
}

function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
