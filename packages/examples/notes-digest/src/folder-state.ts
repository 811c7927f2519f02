/** What is in a folder of notes, so that it can be shown afterwards what was changed. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILES_MAX = 20_000;
/** Larger files are told apart by size and time. Units: bytes. */
const HASHED_BYTES_MAX = 4 * 1024 * 1024;
const PASSED_OVER = new Set(['node_modules', '.git']);

/** From path below the folder to a fingerprint. */
export async function readFolderState(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  await walk('');
  return found;

  async function walk(below: string): Promise<void> {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (PASSED_OVER.has(entry.name) || found.size >= FILES_MAX) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.set(path, await fingerprint(join(folder, path)));
    }
  }
}

/** Paths that were added, removed or changed. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

async function fingerprint(file: string): Promise<string> {
  const { size, mtimeMs } = await lstat(file);
  if (size > HASHED_BYTES_MAX) return `${size} ${mtimeMs}`;
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
