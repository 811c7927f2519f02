/**
 * Where benchmarks put their files: on a real disk, inside this workspace. Memory that looks like a disk would make
 * every durable write look free.
 */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Not committed. Results lie here, and what is measured while it is measured. */
export const RESULTS = join(ROOT, 'bench-results');

/** File systems by the number that `statfs` gives them; those of memory cannot be measured on. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlay'],
  [0x1a, 'apfs'],
  [0x2fc12fc1, 'zfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
const IN_MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs']);

export interface WorkFolder {
  readonly path: string;
  readonly fileSystem: string;
  /** A file name of its own in the folder. */
  file(name: string): string;
  remove(): Promise<void>;
}

/** Errors: refuses a file system that lives in memory. */
export async function makeWorkFolder(): Promise<WorkFolder> {
  await mkdir(RESULTS, { recursive: true });
  const { type } = await statfs(RESULTS);
  const fileSystem = NAMES.get(type) ?? `file system 0x${type.toString(16)}`;
  if (IN_MEMORY.has(fileSystem)) throw new Error('Benchmarks need a disk: this workspace lies in memory');
  const path = await mkdtemp(join(RESULTS, 'work-'));
  let number = 0;
  return {
    path,
    fileSystem,
    file(name) {
      number += 1;
      return join(path, `${number}-${name}`);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
