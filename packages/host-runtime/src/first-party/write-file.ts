/**
 * `builtin.write_file`: a whole file, made or replaced.
 *
 * Not here: the files of the agent's memory (`protected-path.ts` names them).
 * Source: specification 2, d.
 */
import { boundedText, type FileRefusal, type JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { Effect } from '../failure.ts';
import { defineTool } from '../lane/define-tool.ts';
import type { CapabilityHandler, HandlerCall } from '../lane/handler.ts';
import { BUILTIN, toolPathSchema } from './builtin.ts';
import { fileFailure, refusalFailure, stopIfAborted } from './file-failure.ts';
import { WRITE_FILE_BYTES_MAX } from './limits.ts';
import { placePath, shownPath, type FileToolParts, type PlacedPath } from './placed-path.ts';
import { isProtectedPath } from './protected-path.ts';

const inputSchema = z.strictObject({
  path: toolPathSchema.describe('The file, relative to the workspace; directories that are missing are made.'),
  content: boundedText(WRITE_FILE_BYTES_MAX).describe('All of the text that the file shall hold, at most 5 MiB.'),
});

/** What is known of the world after a refused write: these two may come after the write began. */
const EFFECT_OF_REFUSAL: Readonly<Partial<Record<FileRefusal, Effect>>> = { io: 'uncertain', no_space: 'uncertain' };

export function createWriteFile(parts: FileToolParts): CapabilityHandler {
  return defineTool({
    id: 'builtin.write_file',
    description:
      'Writes a whole text file of at most 5 MiB and makes the directories it needs; a file that is there is replaced. ' +
      'Use it for new files or when all of the content is known: read the file first if you mean to keep parts of it. ' +
      'Memory files at the root (MEMORY.md, AGENTS.md and their like, daily/, context/) are refused.',
    input: inputSchema,
    effects: ['write_filesystem'],
    permission: 'ask',
    provider: BUILTIN,
    run: (input, call) => writeFile(parts, input, call),
  });
}

async function writeFile(
  parts: FileToolParts,
  input: z.output<typeof inputSchema>,
  call: HandlerCall,
): Promise<JsonObject> {
  const place = placePath(parts.mounts, input.path, 'write');
  if (isProtectedPath(place)) throw fileFailure('protected_path');
  stopIfAborted(call.signal);
  await refuseAnythingButFile(parts, place);
  stopIfAborted(call.signal);
  const bytes = new TextEncoder().encode(input.content);
  const written = await parts.files.write(place.path, bytes);
  if (written.kind === 'refused') throw refusalFailure(written.reason, EFFECT_OF_REFUSAL[written.reason]);
  return {
    path: shownPath(place.scoped),
    bytes_written: bytes.length,
    created: !written.value.replaced,
    success: true,
  };
}

/** The root of a mount that is not there is not made into a file. */
async function refuseAnythingButFile(parts: FileToolParts, place: PlacedPath): Promise<void> {
  const found = await parts.files.stat(place.path);
  if (found.kind === 'ok') {
    if (found.value.kind === 'link') throw fileFailure('filesystem_denied');
    if (found.value.kind !== 'file') throw fileFailure('not_a_file');
  } else if (found.reason !== 'not_found') throw refusalFailure(found.reason);
  else if (place.scoped === place.mount.alias) throw fileFailure('not_a_file');
}
