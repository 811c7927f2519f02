/**
 * A folder of this machine as the workspace of an agent: `createReborn({ extensions: [files('./notes')] })`.
 *
 * Not here: the tools (`@reborn/host-runtime`), how the folder is kept from links and races (`file-system.ts`).
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseMountView, WORKSPACE, type MountView } from '@reborn/host-api';
import { createFileTools, type CapabilityHandler } from '@reborn/host-runtime';
import { createNodeDigest } from './digest.ts';
import { createNodeFileSystem } from './file-system.ts';

/** Where the folder stands in the host's own tree. Guests see it as `/workspace`. */
const TARGET = '/projects/workspace';

/** `writable`: files may be written, each time somebody approves; default no. `closed`: folders inside that stay shut. */
export interface WorkspaceOptions {
  readonly writable?: boolean;
  readonly closed?: readonly string[];
}

/** An extension, by its form: the file tools over one folder. */
export interface WorkspaceFolder {
  readonly id: 'builtin';
  readonly version: string;
  readonly source: 'bundled';
  readonly tools: readonly CapabilityHandler[];
}

/** List, read, search and write, in `folder` and nowhere else. Errors: `host-api/invalid_mount` for a closed folder whose name no guest could write. */
export function files(folder: string, options: WorkspaceOptions = {}): WorkspaceFolder {
  const root = resolve(folder);
  const tools = createFileTools({
    files: createNodeFileSystem({ roots: { [TARGET]: root } }),
    mounts: toMounts(root, options),
    digest: createNodeDigest(),
  });
  return Object.freeze({ id: 'builtin', version: '1', source: 'bundled', tools });
}

/** A closed folder is a mount of its own that permits nothing: the longest alias decides, also when it refuses. */
function toMounts(root: string, options: WorkspaceOptions): MountView {
  const open = { read: true, write: options.writable === true, delete: false, list: true, execute: false };
  const shut = { read: false, write: false, delete: false, list: false, execute: false };
  const below = (options.closed ?? []).flatMap((closed) => {
    const path = relative(realOf(root), realOf(resolve(closed)))
      .split(sep)
      .join('/');
    return path === '' || path === '..' || path.startsWith('../') || path.startsWith('/') ? [] : [path];
  });
  return parseMountView({
    mounts: [
      { alias: WORKSPACE, target: TARGET, permissions: open },
      ...[...new Set(below)].map((path) => ({
        alias: `${WORKSPACE}/${path}`,
        target: `${TARGET}/${path}`,
        permissions: shut,
      })),
    ],
  });
}

/** The place behind a name, links resolved, as far as it is there: two names of one folder are one folder. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realOf(above), basename(path));
  }
}
