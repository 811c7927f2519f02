/**
 * From what a model calls a path to the place that the host reads: the one way in for every file tool.
 *
 * Not here: the form of paths and mounts (`@reborn/host-api`), links and escapes (the `FileSystem` port, which never
 * follows links).
 * Source: specification 2, d, path rule.
 */
import {
  HostApiError,
  isSensitivePath,
  resolveMount,
  resolveToolPath,
  WORKSPACE,
  type DigestPort,
  type FileSystem,
  type MountGrant,
  type MountPermission,
  type MountView,
  type ScopedPath,
  type VirtualPath,
} from '@reborn/host-api';
import { ToolFailure } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { fileFailure } from './file-failure.ts';

/** Files, and the mounts that are all that one can reach of them. */
export interface FileReach {
  readonly files: FileSystem;
  readonly mounts: MountView;
}

/** What the file tools work with. `digest`: the machine's own is faster than the portable one, which is the default. */
export interface FileToolParts extends FileReach {
  readonly digest?: DigestPort;
}

/** What one call reaches: no more than its grant leaves of the mounts. */
export function reachOf({ files, mounts }: FileReach, call: HandlerCall): FileReach {
  return { files, mounts: call.mounts ?? mounts };
}

/** A path twice: as guests name it and as the host does. */
export interface PlacedPath {
  readonly scoped: ScopedPath;
  readonly path: VirtualPath;
  readonly mount: MountGrant;
}

const NOT_PERMITTED: Readonly<Record<MountPermission, string>> = {
  read: 'This mount may not be read.',
  write: 'This mount may not be written.',
  delete: 'Nothing may be deleted in this mount.',
  list: 'This mount may not be listed.',
  execute: 'Nothing may be run in this mount.',
};

/** Errors: `ToolFailure` `filesystem_denied` for whatever is not a permitted, harmless path inside a mount. */
export function placePath(mounts: MountView, input: string, permission: MountPermission): PlacedPath {
  return placeScoped(
    mounts,
    whenValid(() => resolveToolPath(input)),
    permission,
  );
}

/** As `placePath` for a path that a walk came by, which is passed over when it is refused. */
export function placeFound(mounts: MountView, path: ScopedPath, permission: MountPermission): PlacedPath | undefined {
  try {
    return placeScoped(mounts, path, permission);
  } catch (reason) {
    if (!(reason instanceof ToolFailure)) throw reason;
    return undefined;
  }
}

/** How results name a path: relative to the workspace, or absolute. Every file tool takes it back as `path`. */
export function shownPath(scoped: ScopedPath): string {
  if (scoped === WORKSPACE) return '.';
  if (!scoped.startsWith(`${WORKSPACE}/`)) return scoped;
  const relative = scoped.slice(WORKSPACE.length + 1);
  return /^[A-Za-z]:/.test(relative) ? scoped : relative;
}

function placeScoped(mounts: MountView, scoped: ScopedPath, permission: MountPermission): PlacedPath {
  if (isSensitivePath(scoped)) throw sensitive();
  const resolution = whenValid(() => resolveMount(mounts, scoped, permission));
  switch (resolution.kind) {
    case 'no_mount':
      throw fileFailure('filesystem_denied', 'No mount holds this path. Paths begin at /workspace.');
    case 'not_permitted':
      throw fileFailure('filesystem_denied', NOT_PERMITTED[permission]);
    case 'resolved':
      if (isSensitivePath(resolution.path)) throw sensitive();
      return { scoped, path: resolution.path, mount: resolution.mount };
  }
}

function whenValid<T>(resolve: () => T): T {
  try {
    return resolve();
  } catch (reason) {
    if (!HostApiError.is(reason)) throw reason;
    throw fileFailure('filesystem_denied', `The path ${String(reason.detail['rule'] ?? 'is not valid')}.`);
  }
}

function sensitive(): ToolFailure {
  return fileFailure('filesystem_denied', 'Files that hold credentials by custom are closed to file tools.');
}
