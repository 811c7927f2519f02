/**
 * `builtin.write_file`: a whole file, made or replaced.
 *
 * Not here: the files of the agent's memory (`protected-path.ts` names them).
 * Source: specification 2, d.
 */
import { boundedText, type FileSystem, type JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { INPUT_BYTES_MAX } from '../limits.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { changeFile, versionSchema } from './file-change.ts';
import { fileFailure, refusalFailure } from './file-failure.ts';
import { WRITE_FILE_BYTES_MAX } from './limits.ts';
import { placePath, reachOf, shownPath, type FileToolParts, type PlacedPath } from './placed-path.ts';
import { isProtectedPath } from './protected-path.ts';
import type { ReadState } from './read-state.ts';

const PROMPT = `Writes a whole text file, and makes the directories that it needs.

Use it for new files, or when you know all of the content. To change a part of a file that exists, use apply_patch. A file that exists is replaced only when all of it has been read before and is still what was read: not_read and partial_read mean that it has to be read to its end, stale_read that somebody changed it meanwhile.

At most 5 MiB of text. The files in which an agent keeps its memory (MEMORY.md, AGENTS.md and their like at the root, daily/, context/) are refused, as are files that hold credentials by custom.`;

const inputSchema = z.strictObject({
  path: toolPathSchema.describe('The file, relative to the workspace; directories that are missing are made.'),
  content: boundedText(WRITE_FILE_BYTES_MAX).describe('All of the text that the file shall hold, at most 5 MiB.'),
  version: versionSchema,
});

const outputSchema = z.strictObject({
  path: z.string(),
  bytes_written: z.int(),
  created: z.boolean(),
  success: z.literal(true),
  version: z.string(),
});

export function createWriteFile(parts: FileToolParts, reads: ReadState): DefinedTool {
  return defineBuiltin({
    id: 'builtin.write_file',
    description:
      'Writes a whole text file of at most 5 MiB and makes the directories it needs; a file that is there is replaced, ' +
      'if all of it was read before. Use it for new files or when all of the content is known. ' +
      'Memory files at the root (MEMORY.md, AGENTS.md and their like, daily/, context/) are refused.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['write_filesystem'],
    inputBytesMax: INPUT_BYTES_MAX,
    mounts: parts.mounts,
    run: (input, call) => writeFile(parts, reads, input, call),
  });
}

async function writeFile(
  parts: FileToolParts,
  reads: ReadState,
  input: z.output<typeof inputSchema>,
  call: HandlerCall,
): Promise<JsonObject> {
  const { files, mounts } = reachOf(parts, call);
  const place = placePath(mounts, input.path, 'write');
  if (isProtectedPath(place)) throw fileFailure('protected_path');
  return changeFile(files, reads, place.path, call, async (file) => {
    const isThere = await isFileThere(files, place);
    if (isThere) await file.readFresh(input.version);
    else if (input.version) throw fileFailure('stale_read', 'The file that was read is gone.');
    const bytes = new TextEncoder().encode(input.content);
    const { replaced, version } = await file.replace(bytes);
    return {
      path: shownPath(place.scoped),
      bytes_written: bytes.length,
      created: !replaced,
      success: true,
      version,
    };
  });
}

/** The root of a mount that is not there is not made into a file. */
async function isFileThere(files: FileSystem, place: PlacedPath): Promise<boolean> {
  const found = await files.stat(place.path);
  if (found.kind === 'ok') {
    if (found.value.kind === 'link') throw fileFailure('filesystem_denied');
    if (found.value.kind !== 'file') throw fileFailure('not_a_file');
    return true;
  }
  if (found.reason !== 'not_found') throw refusalFailure(found.reason);
  if (place.scoped === place.mount.alias) throw fileFailure('not_a_file');
  return false;
}
