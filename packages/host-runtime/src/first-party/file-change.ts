/**
 * Changing a file that others may be changing as well: only what was read is replaced, and one call at a time.
 *
 * Not here: what a change is (`write-file.ts`, `apply-patch.ts`).
 * Source: specification 2, d and f.1.
 */
import type { FileRefusal, FileSystem, VirtualPath } from '@reborn/host-api';
import { z } from 'zod';
import type { Effect } from '../failure.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { fileFailure, refusalFailure, stopIfAborted } from './file-failure.ts';
import { READ_FILE_BYTES_MAX, VERSION_BYTES_MAX } from './limits.ts';
import { pathLockOf } from './path-lock.ts';
import type { ReadState } from './read-state.ts';

/** Names what was read, for the case that the host does not remember it. No text is no version: models write that too. */
export const versionSchema = z
  .string()
  .max(VERSION_BYTES_MAX)
  .optional()
  .describe(
    'The version that read_file returned for all of the file; needed when the host does not know of that read.',
  );

/** One file under change. Nobody else of this process changes it meanwhile. */
export interface FileChange {
  /** What the file holds. Errors: `ToolFailure` unless that is what the conversation has read. */
  readFresh(version: string | undefined): Promise<Uint8Array>;
  /** The version of what it holds from now on. Errors: `ToolFailure` saying what is known of the world. */
  replace(bytes: Uint8Array): Promise<{ readonly replaced: boolean; readonly version: string }>;
}

/** What is known of the world after a refused write: these two may come after the write began. */
const EFFECT_OF_REFUSAL: Readonly<Partial<Record<FileRefusal, Effect>>> = { io: 'uncertain', no_space: 'uncertain' };

/** Errors: those of `work`; `ToolFailure` `cancelled` or `busy` before it began. */
export function changeFile<T>(
  files: FileSystem,
  reads: ReadState,
  path: VirtualPath,
  call: HandlerCall,
  work: (file: FileChange) => Promise<T>,
): Promise<T> {
  const place = { scope: call.scope, path };
  return pathLockOf(files).hold(path, call.signal, () =>
    work({
      async readFresh(version) {
        const read = await files.read(path, READ_FILE_BYTES_MAX);
        if (read.kind === 'refused') throw refusalFailure(read.reason);
        const freshness = reads.freshness(place, read.value, version || undefined);
        if (freshness !== 'fresh') throw fileFailure(freshness);
        return read.value;
      },
      async replace(bytes) {
        stopIfAborted(call.signal);
        const written = await files.write(path, bytes);
        if (written.kind === 'refused') throw refusalFailure(written.reason, EFFECT_OF_REFUSAL[written.reason]);
        return { replaced: written.value.replaced, version: reads.wrote(place, bytes) };
      },
    }),
  );
}
