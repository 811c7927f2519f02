/**
 * The file tools that come with the host: list, find, read, search, write, patch.
 *
 * Not here: other built-in tools (`builtin-tools.ts`); whether a call is made at all (`../invoke/`).
 * Source: specification 2, d.
 */
import { portableDigest } from '@reborn/host-api';
import type { DefinedTool } from '../lane/define-tool.ts';
import { createApplyPatch } from './apply-patch.ts';
import { createGlob } from './glob.ts';
import { createGrep } from './grep.ts';
import { createListDir } from './list-dir.ts';
import type { FileToolParts } from './placed-path.ts';
import { createReadFile } from './read-file.ts';
import { createReadState } from './read-state.ts';
import { createWriteFile } from './write-file.ts';

/**
 * Invariant: nothing outside of `mounts` is reached, and no result names a path that a guest could not name. What was read
 * with these tools is known to these alone: another set of them has to read a file again.
 */
export function createFileTools(parts: FileToolParts): readonly DefinedTool[] {
  const reads = createReadState(parts.digest ?? portableDigest);
  return [
    createListDir(parts),
    createGlob(parts),
    createReadFile(parts, reads),
    createGrep(parts),
    createWriteFile(parts, reads),
    createApplyPatch(parts, reads),
  ];
}
