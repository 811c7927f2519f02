/**
 * The file tools that come with the host: list, read, search, write.
 *
 * Not here: other built-in tools; whether a call is made at all (`../invoke/`).
 * Source: specification 2, d.
 */
import type { CapabilityHandler } from '../lane/handler.ts';
import { createGrep } from './grep.ts';
import { createListDir } from './list-dir.ts';
import type { FileToolParts } from './placed-path.ts';
import { createReadFile } from './read-file.ts';
import { createWriteFile } from './write-file.ts';

/** Invariant: nothing outside of `mounts` is reached, and no result names a path that a guest could not name. */
export function createFileTools(parts: FileToolParts): readonly CapabilityHandler[] {
  return [createListDir(parts), createReadFile(parts), createGrep(parts), createWriteFile(parts)];
}
