/**
 * From virtual paths to folders of this machine: the table of roots, and the way below one of them.
 *
 * Not here: who may name which path (mounts of `@reborn/host-api`), links and races (`held-folder.ts`).
 */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HostApiError, type VirtualPath } from '@reborn/host-api';
import { RefusedFile } from './file-refusal.ts';
import { HAS_DESCRIPTOR_PATHS, holdFolder, type HeldFolder } from './held-folder.ts';

export interface HostRootsOptions {
  /** From virtual root (`/workspace`) to folder of this machine. A path belongs to the longest root above it. */
  readonly roots: Readonly<Record<string, string>>;
  /** Looks names up through `/proc/self/fd`. Default: where the system has it. Without it swap races are only narrowed. */
  readonly descriptorPaths?: boolean;
}

/** Where a virtual path leads: the root, and the segments below it. */
export interface Located {
  readonly segments: readonly string[];
  /** Opens the folder at `segments` below the same root. */
  hold(segments: readonly string[], create?: boolean): Promise<HeldFolder>;
}

/** Fails with `RefusedFile('outside_mount')` for a path below no root. */
export type HostRoots = (path: VirtualPath) => Located;

/** Errors: `host-api/invalid_mount` when a root is not a plain absolute virtual path. */
export function createHostRoots(options: HostRootsOptions): HostRoots {
  const descriptorPaths = options.descriptorPaths ?? HAS_DESCRIPTOR_PATHS;
  const roots = Object.entries(options.roots)
    .map(([virtual, folder]) => ({ segments: rootSegments(virtual), rootPath: realRoot(folder) }))
    .sort((left, right) => right.segments.length - left.segments.length);
  return (path) => {
    const segments = segmentsOf(path);
    if (segments === undefined) throw new RefusedFile('outside_mount');
    const root = roots.find((candidate) => candidate.segments.every((segment, at) => segments[at] === segment));
    if (root === undefined) throw new RefusedFile('outside_mount');
    return {
      segments: segments.slice(root.segments.length),
      hold: async (below, create = false) =>
        holdFolder(below, { rootPath: await root.rootPath(), create, descriptorPaths }),
    };
  };
}

function rootSegments(virtual: string): readonly string[] {
  const segments = segmentsOf(virtual);
  if (segments !== undefined) return segments;
  throw new HostApiError('host-api/invalid_mount', {
    detail: { field: 'roots', rule: 'must be plain absolute paths' },
  });
}

/** The segments of a plain absolute path; virtual paths are parsed long before, this is the last line of defence. */
function segmentsOf(path: string): readonly string[] | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  if (path === '/') return [];
  const segments = path.slice(1).split('/');
  return segments.some((segment) => segment === '' || segment === '.' || segment === '..') ? undefined : segments;
}

/** The root's real path, found once: where a root leads is the host's decision, not that of whoever swaps folders later. */
function realRoot(folder: string): () => Promise<string> {
  const absolute = resolve(folder);
  let found: string | undefined;
  return async () => (found ??= await realpath(absolute));
}
