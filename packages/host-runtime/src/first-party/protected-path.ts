/**
 * The files in which an agent keeps what it knows about itself: they are changed through the memory, not as files.
 *
 * Not here: files that hold credentials (`isSensitivePath` of `@reborn/host-api`).
 * Source: specification 2, d, `write_file`.
 */
import { WORKSPACE } from '@reborn/host-api';
import type { PlacedPath } from './placed-path.ts';

const ROOT_FILES = new Set(['heartbeat.md', 'memory.md', 'identity.md', 'soul.md', 'agents.md', 'user.md']);
const ROOT_FOLDERS = new Set(['daily', 'context']);

/** True for a memory file at the root of its mount or of the workspace, and for whatever lies in a memory folder there. */
export function isProtectedPath(placed: PlacedPath): boolean {
  return [placed.mount.alias, WORKSPACE].some((root) => {
    if (!placed.scoped.startsWith(`${root}/`)) return false;
    const [first = '', ...below] = fold(placed.scoped.slice(root.length + 1)).split('/');
    return ROOT_FOLDERS.has(first) || (below.length === 0 && ROOT_FILES.has(first));
  });
}

/** One form for names that a file system may hold to be the same: "ſ" is an "s" in capitals. */
function fold(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase();
}
