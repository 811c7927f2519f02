/**
 * Which of the host's folders a guest sees, under which names, and what it may do there.
 *
 * Not here: the form of paths (`scoped-path.ts`), access to files (the `FileSystem` port).
 * Source: specification 2, a.9.
 */
import { z } from 'zod';
import { utf8Bytes } from './bounded-text.ts';
import { describeIssues, HostApiError } from './errors.ts';
import { MOUNTS_MAX, PATH_BYTES_MAX } from './limits.ts';
import {
  parseVirtualPath,
  scopedPathSchema,
  virtualPathSchema,
  type ScopedPath,
  type VirtualPath,
} from './scoped-path.ts';

export const MOUNT_PERMISSIONS = ['read', 'write', 'delete', 'list', 'execute'] as const;
export type MountPermission = (typeof MOUNT_PERMISSIONS)[number];

export const mountGrantSchema = z.strictObject({
  alias: scopedPathSchema,
  target: virtualPathSchema.refine(
    (path) => utf8Bytes(path) <= PATH_BYTES_MAX,
    `must be at most ${PATH_BYTES_MAX} bytes`,
  ),
  permissions: z.strictObject({
    read: z.boolean(),
    write: z.boolean(),
    delete: z.boolean(),
    list: z.boolean(),
    execute: z.boolean(),
  }),
});
export type MountGrant = z.infer<typeof mountGrantSchema>;

/** Shape: at most 32 mounts, each alias once. */
export const mountViewSchema = z.strictObject({
  mounts: z
    .array(mountGrantSchema)
    .max(MOUNTS_MAX)
    .refine(
      (mounts) => new Set(mounts.map((mount) => mount.alias)).size === mounts.length,
      'must name each alias once',
    ),
});
export type MountView = z.infer<typeof mountViewSchema>;

export type MountResolution =
  | { readonly kind: 'resolved'; readonly path: VirtualPath; readonly mount: MountGrant }
  | { readonly kind: 'no_mount' }
  | { readonly kind: 'not_permitted'; readonly mount: MountGrant };

/** Where a guest's path leads. The longest alias that is the path or stands above it decides, also when it refuses. */
export function resolveMount(view: MountView, path: ScopedPath, permission: MountPermission): MountResolution {
  let mount: MountGrant | undefined;
  for (const candidate of view.mounts) {
    if (!isAtOrBelow(path, candidate.alias)) continue;
    if (mount === undefined || candidate.alias.length > mount.alias.length) mount = candidate;
  }
  if (mount === undefined) return { kind: 'no_mount' };
  if (!mount.permissions[permission]) return { kind: 'not_permitted', mount };
  return { kind: 'resolved', path: parseVirtualPath(`${mount.target}${path.slice(mount.alias.length)}`), mount };
}

/** Errors: `host-api/invalid_mount` naming the field and the rule; no path is shown. */
export function parseMountView(value: unknown): MountView {
  const result = mountViewSchema.safeParse(value);
  if (result.success) return result.data;
  throw new HostApiError('host-api/invalid_mount', { detail: describeIssues(result.error, 'mountView') });
}

/**
 * True when `narrow` lets a guest do nothing that `wide` does not: each alias is there with the same target and no wider
 * permission, and no mount of `wide` that lies over a part of another is left out (that part would show through).
 */
export function isMountSubset(narrow: MountView, wide: MountView): boolean {
  const known = new Map(wide.mounts.map((mount) => [mount.alias, mount]));
  const kept = new Set(narrow.mounts.map((mount) => mount.alias));
  return narrow.mounts.every((mount) => {
    const original = known.get(mount.alias);
    if (original === undefined || original.target !== mount.target) return false;
    if (MOUNT_PERMISSIONS.some((name) => mount.permissions[name] && !original.permissions[name])) return false;
    return wide.mounts.every((other) => kept.has(other.alias) || !isAtOrBelow(other.alias, mount.alias));
  });
}

function isAtOrBelow(path: string, alias: string): boolean {
  return path === alias || path.startsWith(`${alias}/`);
}
