/**
 * A folder that is held open, so that what it is called later does not matter: names are looked up in the folder that was
 * checked, not along a path that somebody may change meanwhile.
 *
 * Not here: which virtual path means which folder (`host-root.ts`), what is done with the files (`file-system.ts`).
 */
import { existsSync } from 'node:fs';
import { constants, lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, RefusedFile } from './file-refusal.ts';

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Whether this system shows open descriptors as paths, which makes lookups immune to swapped folders. */
export const HAS_DESCRIPTOR_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');

export interface HoldOptions {
  /** The real path of the root; nothing above or beside it is ever opened. */
  readonly rootPath: string;
  /** Makes what is missing, one segment at a time. */
  readonly create: boolean;
  readonly descriptorPaths: boolean;
}

/**
 * Opens the folder at `segments` below the root, one segment at a time. A link on the way is refused wherever it leads:
 * mounts and policies judge the name that was asked for, so there must be no second name for a folder.
 * Errors: `RefusedFile` with `outside_mount`; errors of the system.
 */
export async function holdFolder(segments: readonly string[], options: HoldOptions): Promise<HeldFolder> {
  let folder = new HeldFolder(options.rootPath, await openFolder(options.rootPath), options.descriptorPaths);
  for (const segment of segments) {
    const inner = options.create ? folder.enterOrMake(segment) : folder.enter(segment);
    folder = await inner.finally(() => folder.close());
  }
  return folder;
}

export class HeldFolder {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #descriptorPaths: boolean;

  constructor(path: string, handle: FileHandle, descriptorPaths: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#descriptorPaths = descriptorPaths;
  }

  /** For calls that take a descriptor, and for children that shall have it. */
  get descriptor(): number {
    return this.#handle.fd;
  }

  /** The path of the folder itself, for calls that take no descriptor. */
  get self(): string {
    return this.#descriptorPaths ? `/proc/self/fd/${this.#handle.fd}/.` : this.#path;
  }

  /** The path of an entry. It is looked up in this very folder where the system can, else `confirm` must follow. */
  at(name: string): string {
    return this.#descriptorPaths ? `/proc/self/fd/${this.#handle.fd}/${name}` : join(this.#path, name);
  }

  /** Opens a folder in this one. A link is `outside_mount`. */
  async enter(name: string): Promise<HeldFolder> {
    const handle = await openFolder(this.at(name));
    try {
      await this.confirm(name, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new HeldFolder(join(this.#path, name), handle, this.#descriptorPaths);
  }

  /** Opens a folder in this one and makes it, durably, if it is missing. */
  async enterOrMake(name: string): Promise<HeldFolder> {
    try {
      return await this.enter(name);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    try {
      await mkdir(this.at(name));
      await this.sync();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    return this.enter(name);
  }

  /** Without descriptor paths: proves that the name still leads to what was opened, and through no link. */
  async confirm(name: string, opened: FileHandle): Promise<void> {
    if (!this.#descriptorPaths) await proveNamed(this.at(name), opened);
  }

  /** Without descriptor paths: proves that the folder still stands where it was opened. */
  async confirmSelf(): Promise<void> {
    if (!this.#descriptorPaths) await proveNamed(this.#path, this.#handle);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** One look after the other: looks side by side may each see another moment. */
async function proveNamed(path: string, opened: FileHandle): Promise<void> {
  const held = await opened.stat();
  const before = await realpath(path);
  const named = await lstat(path);
  const after = await realpath(path);
  const same = named.ino === held.ino && named.dev === held.dev;
  if (before !== path || after !== path || !same) throw new RefusedFile('outside_mount');
}

async function openFolder(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_FOLDER);
  } catch (error) {
    // Asked for a folder and for no link at once, systems answer differently which of the two it was.
    if (errnoOf(error) === 'ENOTDIR' && (await isLink(path))) throw new RefusedFile('outside_mount');
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
