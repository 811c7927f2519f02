/** What a traced process does to say where counting begins and ends: a sync of a file that nobody else touches. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** How that file is named. */
export const MARKER = '.marker';

export async function betweenMarks(file: string, work: () => Promise<void>): Promise<void> {
  const marker = openSync(`${file}${MARKER}`, 'w');
  fsyncSync(marker);
  await work();
  fsyncSync(marker);
  closeSync(marker);
}
