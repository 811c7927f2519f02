/** How long this disk takes to make a page durable: what every durable row stands on. Source: design/measures.md, E2.6. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { quantile } from './statistics.ts';

const WRITES = 300;
const PAGE_BYTES = 4096;
/** Faster than any disk: memory, or a sync that is not done. */
const REAL_DISK_US = 15;

/** Units: microseconds. */
export interface DiskProbe {
  readonly p50Us: number;
  readonly p99Us: number;
  /** False when only what costs processor time can be scored. */
  readonly real: boolean;
}

/** Appends pages to a new file and syncs after each. */
export function probeDisk(file: string): DiskProbe {
  const page = Buffer.alloc(PAGE_BYTES, 0x5a);
  const descriptor = openSync(file, 'wx');
  const times: number[] = [];
  try {
    for (let written = 0; written < WRITES; written += 1) {
      writeSync(descriptor, page);
      const before = performance.now();
      fdatasyncSync(descriptor);
      times.push((performance.now() - before) * 1000);
    }
  } finally {
    closeSync(descriptor);
  }
  const p50Us = Math.round(quantile(times, 0.5));
  return { p50Us, p99Us: Math.round(quantile(times, 0.99)), real: p50Us >= REAL_DISK_US };
}
