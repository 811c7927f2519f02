/**
 * What commands of a shell see: the workspace to read, the folders that an agent may write to, and of what is closed nothing.
 *
 * Not here: holding them to it (the sandbox), what is closed (`opened-host.ts`).
 */
import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { parseMountView, WORKSPACE, type MountView } from '@reborn/host-api';
import type { HostParts } from './machine.ts';
import { WRITABLE_FOLDERS } from './policy.ts';

/** Where the workspace stands in the host's own tree. */
export const WORKSPACE_TARGET = '/projects/workspace';

const READ = { read: true, write: false, delete: false, list: true, execute: true };
const WRITE = { read: true, write: true, delete: true, list: true, execute: true };
const NONE = { read: false, write: false, delete: false, list: false, execute: false };

/** Errors: `host-api/invalid_mount` for a closed folder whose name no guest could write. */
export async function shellMounts({ folder, closed }: NonNullable<HostParts['workspace']>): Promise<MountView> {
  const top = await realOf(folder);
  const shut = (await Promise.all(closed.map(realOf))).flatMap((path) => {
    const below = relative(top, path).split(sep).join('/');
    return below === '' || below === '..' || below.startsWith('../') ? [] : [below];
  });
  const below = (path: string, permissions: typeof READ) => ({
    alias: `${WORKSPACE}/${path}`,
    target: `${WORKSPACE_TARGET}/${path}`,
    permissions,
  });
  return parseMountView({
    mounts: [
      { alias: WORKSPACE, target: WORKSPACE_TARGET, permissions: READ },
      ...WRITABLE_FOLDERS.map((path) => below(path, WRITE)),
      ...[...new Set(shut)].map((path) => below(path, NONE)),
    ],
  });
}

/** One that is not there yet is where it is said to be. */
function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
