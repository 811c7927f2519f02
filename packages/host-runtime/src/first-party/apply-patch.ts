/**
 * `builtin.apply_patch`: one passage of a text file replaced by another.
 *
 * Not here: finding the passage (`patch-text.ts`), what was read before (`read-state.ts`).
 * Source: specification 2, d.
 */
import { boundedText, type JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { INPUT_BYTES_MAX } from '../limits.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { decodeExactly, encodeText } from './exact-text.ts';
import { changeFile, versionSchema } from './file-change.ts';
import { fileFailure } from './file-failure.ts';
import { PATCH_FILE_BYTES_MAX, WRITE_FILE_BYTES_MAX } from './limits.ts';
import { MATCH_METHODS, patchText } from './patch-text.ts';
import { placePath, reachOf, shownPath, type FileToolParts } from './placed-path.ts';
import { isProtectedPath } from './protected-path.ts';
import type { ReadState } from './read-state.ts';

const PROMPT = `Replaces one passage of a text file and leaves the rest as it is.

Read all of the file first. Copy \`old_string\` from what read_file returned, without the line numbers, with as many lines around the change as it takes to be found once; \`replace_all\` replaces every occurrence instead. \`new_string\` takes its place.

The passage is looked for as it stands; then without regard to space at the end of lines, then to the kind of quotation marks, then to both. \`match_method\` says so when it was not found as it stands: look at the result. The encoding and the line breaks of the file are kept.

not_read and partial_read mean that the file has to be read to its end, stale_read that somebody changed it meanwhile: read it again and patch what it holds now.`;

const patchTextSchema = boundedText(WRITE_FILE_BYTES_MAX);

const inputSchema = z
  .strictObject({
    path: toolPathSchema.describe('The file, relative to the workspace.'),
    old_string: patchTextSchema.min(1).describe('The text to replace, as it is in the file.'),
    new_string: patchTextSchema.describe('The text that comes in its place.'),
    replace_all: z.boolean().default(false).describe('Replace every occurrence; otherwise there must be one only.'),
    version: versionSchema,
  })
  .refine(({ old_string, new_string }) => old_string !== new_string, {
    path: ['new_string'],
    message: 'must differ from old_string',
  });

const outputSchema = z.strictObject({
  path: z.string(),
  replacements: z.int(),
  match_method: z.enum(MATCH_METHODS).optional(),
  bytes_written: z.int(),
  version: z.string(),
});

export function createApplyPatch(parts: FileToolParts, reads: ReadState): DefinedTool {
  return defineBuiltin({
    id: 'builtin.apply_patch',
    description:
      'Replaces a passage of a text file by another; everything else in the file stays as it is. The whole file must ' +
      'have been read before. `old_string` must be in the file exactly once, unless `replace_all` is set.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['read_filesystem', 'write_filesystem'],
    inputBytesMax: INPUT_BYTES_MAX,
    mounts: parts.mounts,
    run: (input, call) => applyPatch(parts, reads, input, call),
  });
}

async function applyPatch(
  parts: FileToolParts,
  reads: ReadState,
  input: z.output<typeof inputSchema>,
  call: HandlerCall,
): Promise<JsonObject> {
  const { files, mounts } = reachOf(parts, call);
  placePath(mounts, input.path, 'read');
  const place = placePath(mounts, input.path, 'write');
  if (isProtectedPath(place)) throw fileFailure('protected_path');
  return changeFile(files, reads, place.path, call, async (file) => {
    const exact = decodeExactly(await file.readFresh(input.version));
    if (exact === undefined)
      throw fileFailure('binary_file', 'The file holds bytes that are not text in its encoding.');
    const request = { oldText: input.old_string, newText: input.new_string, all: input.replace_all };
    const outcome = patchText(exact.text, request, PATCH_FILE_BYTES_MAX);
    if (outcome.kind !== 'patched') throw fileFailure(outcome.kind);
    const bytes = encodeText(outcome.text, exact.encoding);
    if (bytes.length > PATCH_FILE_BYTES_MAX) throw fileFailure('too_large');
    const { version } = await file.replace(bytes);
    return {
      path: shownPath(place.scoped),
      replacements: outcome.replacements,
      ...(outcome.method === 'exact' ? {} : { match_method: outcome.method }),
      bytes_written: bytes.length,
      version,
    };
  });
}
