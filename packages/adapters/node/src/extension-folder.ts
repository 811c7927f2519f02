/**
 * A folder of this machine as a package: `createReborn({ extensions: [extensionFolder('./word-count', decision)] })`.
 *
 * Not here: what the files in it mean and whether they are taken (`@reborn/reborn`), how the folder is kept from links and
 * races (`file-system.ts`), starting its programs (`process.ts`).
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseVirtualPath, type EffectKind, type FileSystem, type Processes, type VirtualPath } from '@reborn/host-api';
import { createNodeFileSystem } from './file-system.ts';
import { createNodeProcesses } from './process.ts';

/** Where a package stands in the host's own tree. Each has a tree of its own. */
const FOLDER = parseVirtualPath('/artifacts/extension');

/** What the operator thinks of a package: `ExtensionDecision` of `@reborn/reborn`, by its form. */
interface Decision {
  readonly trust?: 'user_trusted' | undefined;
  readonly allowedEffects?: readonly EffectKind[] | undefined;
  readonly digest?: string | undefined;
}

/**
 * Without `trust` it is looked at and nothing more. `allowedEffects`: the most that it may do; nothing by default. `digest`:
 * this content and no other. `name`: how its operator calls it; by default as the folder is given here.
 */
export interface ExtensionFolderOptions extends Decision {
  readonly name?: string;
}

/** A source of a package, by its form. */
export interface ExtensionFolder {
  readonly kind: 'extension_source';
  readonly name: string;
  readonly origin: 'local_manifest';
  readonly files: FileSystem;
  readonly folder: VirtualPath;
  readonly processes: Processes;
  readonly node: string;
  readonly decision: Decision;
}

/** The folder is found once: a link that leads elsewhere later changes nothing. One that is not there is found out when it is read. */
export function extensionFolder(folder: string, options: ExtensionFolderOptions = {}): ExtensionFolder {
  const { name = folder, ...decision } = options;
  const roots = { [FOLDER]: realOf(resolve(folder)) };
  return Object.freeze({
    kind: 'extension_source',
    name,
    origin: 'local_manifest',
    files: createNodeFileSystem({ roots }),
    folder: FOLDER,
    processes: createNodeProcesses({ roots, programs: [process.execPath] }),
    node: process.execPath,
    decision: Object.freeze(decision),
  });
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
