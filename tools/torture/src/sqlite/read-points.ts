/** The points that a process has come by, in order. Not here: writing them down (`point-driver.ts`). */
import { readFileSync } from 'node:fs';

export function readPoints(list: string): readonly string[] {
  return readFileSync(list, 'utf8').split('\n').filter(Boolean);
}
