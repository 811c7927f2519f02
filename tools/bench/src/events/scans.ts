/** Going through everything, again and again. */
import type { Work } from '../measure/block.ts';

/** Whole scans until the time is over. Errors: a scan that saw fewer events than there are. */
export async function scans(minMs: number, count: number, scan: () => Promise<number>): Promise<Work> {
  const start = performance.now();
  let operations = 0;
  while (performance.now() - start < minMs) {
    const seen = await scan();
    if (seen !== count) throw new Error(`A replay saw ${seen} of ${count} events`);
    operations += seen;
  }
  return { operations, elapsedMs: performance.now() - start, latenciesUs: [] };
}
