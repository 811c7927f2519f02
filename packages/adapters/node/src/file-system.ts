/**
 * Files below virtual roots, on the file system of this machine.
 *
 * Not here: which paths a guest may name and with which rights (mounts of `@reborn/host-api`), how links and races are
 * kept out (`held-folder.ts`).
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants, lstat, open, opendir, rename, unlink, type FileHandle } from 'node:fs/promises';
import type { FileKind, FileStat, FileSystem, FolderEntry, VirtualPath } from '@reborn/host-api';
import { errnoOf, RefusedFile, toFileOutcome } from './file-refusal.ts';
import type { HeldFolder } from './held-folder.ts';
import { createHostRoots, type HostRoots, type HostRootsOptions } from './host-root.ts';

/** A pipe or a device must not hold up whoever opens it: hence `O_NONBLOCK`. */
const OPEN_TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const OPEN_ASIDE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const READ_STEP_BYTES = 64 * 1024;
const PERMISSION_BITS = 0o777;

export type NodeFileSystemOptions = HostRootsOptions;

/** Errors: `host-api/invalid_mount` for a root that is not a plain absolute virtual path. */
export function createNodeFileSystem(options: NodeFileSystemOptions): FileSystem {
  const roots = createHostRoots(options);
  return Object.freeze<FileSystem>({
    stat: (path) => toFileOutcome(() => statEntry(roots, path)),
    list: (path, entriesMax) => toFileOutcome(() => listFolder(roots, path, entriesMax)),
    read: (path, bytesMax) => toFileOutcome(() => readFile(roots, path, bytesMax)),
    write: (path, bytes) => toFileOutcome(() => writeFile(roots, path, bytes)),
  });
}

async function statEntry(roots: HostRoots, path: VirtualPath): Promise<FileStat> {
  return inParent(roots, path, { create: false }, async (folder, name) => {
    const stats = await lstat(name === undefined ? folder.self : folder.at(name));
    await folder.confirmSelf();
    return toFileStat(stats);
  });
}

async function listFolder(roots: HostRoots, path: VirtualPath, entriesMax: number): Promise<readonly FolderEntry[]> {
  return inParent(roots, path, { create: false }, async (parent, name) => {
    if (name === undefined) return listEntries(parent, entriesMax);
    const folder = await parent.enter(name);
    return listEntries(folder, entriesMax).finally(() => folder.close());
  });
}

async function listEntries(folder: HeldFolder, entriesMax: number): Promise<readonly FolderEntry[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder.self)) {
    if (names.length >= entriesMax) throw new RefusedFile('too_large');
    names.push(entry.name);
  }
  const entries: FolderEntry[] = [];
  for (const name of names.sort()) {
    const stats = await ifThere(lstat(folder.at(name)));
    if (stats !== undefined) entries.push({ name, ...toFileStat(stats) });
  }
  await folder.confirmSelf();
  return entries;
}

async function readFile(roots: HostRoots, path: VirtualPath, bytesMax: number): Promise<Uint8Array> {
  return inParent(roots, path, { create: false }, async (folder, name) => {
    if (name === undefined) throw new RefusedFile('not_a_file');
    const file = await open(folder.at(name), OPEN_TO_READ);
    try {
      await folder.confirm(name, file);
      const stats = await file.stat();
      if (!stats.isFile()) throw new RefusedFile('not_a_file');
      if (stats.size > bytesMax) throw new RefusedFile('too_large');
      const bytes = await readBounded(file, stats.size, bytesMax);
      await folder.confirm(name, file);
      return bytes;
    } finally {
      await file.close();
    }
  });
}

/** Reads to the end, which need not be where it was a moment ago. */
async function readBounded(file: FileHandle, expectedBytes: number, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const buffer = new Uint8Array(total === 0 ? Math.max(expectedBytes + 1, 1) : READ_STEP_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, null);
    if (bytesRead === 0) break;
    total += bytesRead;
    if (total > bytesMax) throw new RefusedFile('too_large');
    parts.push(buffer.subarray(0, bytesRead));
  }
  return new Uint8Array(Buffer.concat(parts, total));
}

async function writeFile(
  roots: HostRoots,
  path: VirtualPath,
  bytes: Uint8Array,
): Promise<{ readonly replaced: boolean }> {
  return inParent(roots, path, { create: true }, async (folder, name) => {
    if (name === undefined) throw new RefusedFile('not_a_file');
    const before = await ifThere(lstat(folder.at(name)));
    if (before?.isSymbolicLink() === true) throw new RefusedFile('outside_mount');
    if (before !== undefined && !before.isFile()) throw new RefusedFile('not_a_file');
    const aside = folder.at(`.reborn-${randomBytes(12).toString('hex')}.tmp`);
    try {
      await writeAside(aside, bytes, before);
      await folder.confirmSelf();
      // Should a link have appeared under the name by now, it is replaced, not followed.
      await rename(aside, folder.at(name));
    } catch (error) {
      await ifThere(unlink(aside));
      throw error;
    }
    await folder.sync();
    return { replaced: before !== undefined };
  });
}

/** A replaced file keeps its permissions; what is written is never readable to more people than that, not for a moment. */
async function writeAside(path: string, bytes: Uint8Array, replaced: Stats | undefined): Promise<void> {
  const file = await open(path, OPEN_ASIDE, replaced === undefined ? 0o666 : 0o600);
  try {
    await file.writeFile(bytes);
    if (replaced !== undefined) await file.chmod(replaced.mode & PERMISSION_BITS);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Holds the folder that an entry is in while `work` runs. Without a name the path is the root itself. */
async function inParent<T>(
  roots: HostRoots,
  path: VirtualPath,
  options: { readonly create: boolean },
  work: (folder: HeldFolder, name: string | undefined) => Promise<T>,
): Promise<T> {
  const located = roots(path);
  const folder = await located.hold(located.segments.slice(0, -1), options.create);
  try {
    return await work(folder, located.segments.at(-1));
  } finally {
    await folder.close();
  }
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function toFileStat(stats: Stats): FileStat {
  const kind = kindOf(stats);
  return { kind, bytes: kind === 'file' ? stats.size : 0, modifiedMs: Math.trunc(stats.mtimeMs) };
}

function kindOf(stats: Stats): FileKind {
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFile()) return 'file';
  return stats.isDirectory() ? 'directory' : 'other';
}
