/**
 * Going through a folder and what lies below it, level by level, within the mounts.
 *
 * Not here: what is shown of it (`list-dir.ts`) or searched in it (`grep.ts`).
 */
import { HostApiError, parseScopedPath, type FolderEntry, type MountView, type ScopedPath } from '@reborn/host-api';
import { refusalFailure, stopIfAborted } from './file-failure.ts';
import { placeFound, type FileReach, type PlacedPath } from './placed-path.ts';

/** Folders that tools and builds fill: they are named, and not entered. */
const EXCLUDED_FOLDERS = new Set([
  '.git',
  'node_modules',
  'target',
  'dist',
  'build',
  '.next',
  '.turbo',
  'coverage',
  '.venv',
  'venv',
  '__pycache__',
]);

/** Units: `bytes` of the file, 0 for anything else; of a mount inside a folder nothing but its name is known. */
export interface FoundEntry extends FolderEntry {
  readonly place: PlacedPath;
}

/** What a walk may look at and what it came by. `exceeded`: there is more than it may look at. */
export interface WalkTally {
  readonly entriesMax: number;
  visited: number;
  unreadableFolders: number;
  exceeded: boolean;
}

export interface WalkRequest {
  readonly start: PlacedPath;
  /** 1 is the folder itself. */
  readonly depthMax: number;
  readonly tally: WalkTally;
  readonly signal: AbortSignal;
}

/**
 * Order: a folder before the folders in it; in each, directories first, then by name, code unit. Sensitive entries and
 * names that a guest cannot spell are passed over, links are named and not followed.
 * Errors: `ToolFailure` when the start cannot be listed, or `cancelled`.
 */
export async function* walkFolder(reach: FileReach, request: WalkRequest): AsyncGenerator<FoundEntry> {
  const { start, depthMax, tally, signal } = request;
  const queue: { readonly folder: PlacedPath; readonly depth: number }[] = [{ folder: start, depth: 1 }];
  for (let at = 0; at < queue.length; at += 1) {
    const next = queue[at];
    if (next === undefined) return;
    stopIfAborted(signal);
    const listed = await reach.files.list(next.folder.path, tally.entriesMax - tally.visited);
    if (listed.kind === 'refused') {
      if (listed.reason === 'too_large') tally.exceeded = true;
      else if (next.folder === start) throw refusalFailure(listed.reason);
      else tally.unreadableFolders += 1;
      if (tally.exceeded) return;
      continue;
    }
    tally.visited += listed.value.length;
    for (const entry of entriesOf(reach.mounts, next.folder, listed.value)) {
      yield entry;
      if (entry.kind !== 'directory' || next.depth >= depthMax || EXCLUDED_FOLDERS.has(entry.name)) continue;
      queue.push({ folder: entry.place, depth: next.depth + 1 });
    }
  }
}

export function createWalkTally(entriesMax: number): WalkTally {
  return { entriesMax, visited: 0, unreadableFolders: 0, exceeded: false };
}

/** What a guest sees in a folder. A mount that stands inside it hides what the folder has under the same name. */
function entriesOf(mounts: MountView, folder: PlacedPath, listed: readonly FolderEntry[]): readonly FoundEntry[] {
  const nested = mounts.mounts
    .filter((mount) => mount.alias.slice(0, mount.alias.lastIndexOf('/')) === folder.scoped)
    .map(({ alias }): FolderEntry => {
      return { name: alias.slice(folder.scoped.length + 1), kind: 'directory', bytes: 0, modifiedMs: 0 };
    });
  const hidden = new Set(nested.map((mount) => mount.name));
  return [...listed.filter((entry) => !hidden.has(entry.name)), ...nested]
    .flatMap((entry) => {
      const path = toChildPath(folder.scoped, entry.name);
      const place = path === undefined ? undefined : placeFound(mounts, path, 'list');
      return place === undefined ? [] : [{ ...entry, place }];
    })
    .toSorted(byKindAndName);
}

/** A name that a guest could not write down is no name for it. */
function toChildPath(folder: ScopedPath, name: string): ScopedPath | undefined {
  try {
    const path = parseScopedPath(`${folder}/${name}`);
    return path === `${folder}/${name}` ? path : undefined;
  } catch (reason) {
    if (!HostApiError.is(reason)) throw reason;
    return undefined;
  }
}

function byKindAndName(left: FoundEntry, right: FoundEntry): number {
  const isFolder = (entry: FoundEntry): number => (entry.kind === 'directory' ? 0 : 1);
  return isFolder(left) - isFolder(right) || (left.name < right.name ? -1 : 1);
}
