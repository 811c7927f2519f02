/**
 * `builtin.list_dir`: what is in a folder.
 *
 * Not here: how folders are gone through (`walk-folder.ts`).
 * Source: specification 2, d.
 */
import type { JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { fileFailure } from './file-failure.ts';
import {
  FILE_PAYLOAD_BYTES_MAX,
  LIST_DEPTH_DEFAULT,
  LIST_DEPTH_MAX,
  LIST_ENTRIES_MAX,
  WALK_ENTRIES_MAX,
} from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import { placePath, reachOf, shownPath, type FileReach, type FileToolParts } from './placed-path.ts';
import { createWalkTally, walkFolder, type FoundEntry } from './walk-folder.ts';

const PROMPT = `Lists a directory of the workspace.

Use it to see what is there before you name a file: each entry has a \`path\` that the other file tools take. \`recursive\` goes below, \`max_depth\` levels deep (${LIST_DEPTH_DEFAULT} unless you say otherwise). Directories come first, then names in order.

At most ${LIST_ENTRIES_MAX} entries come; \`truncated\` says that there are more, so list a directory below. Directories that tools and builds fill (.git, node_modules, dist and their like) are named and not entered. Files that hold credentials by custom are left out, links are named and not followed.`;

const inputSchema = z.strictObject({
  path: toolPathSchema.default('.').describe('The directory; the workspace when it is left out.'),
  recursive: z.boolean().default(false).describe('Also list what the directories below hold.'),
  max_depth: z
    .int()
    .min(1)
    .max(LIST_DEPTH_MAX)
    .default(LIST_DEPTH_DEFAULT)
    .describe('Levels of a recursive listing; 1 is the directory itself.'),
});

const outputSchema = z.strictObject({
  path: z.string(),
  entries: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string(),
      kind: z.enum(['file', 'directory', 'link', 'other']),
      size: z.int().nullable(),
      size_label: z.string().nullable(),
    }),
  ),
  truncated: z.boolean(),
});

export function createListDir(parts: FileToolParts): DefinedTool {
  return defineBuiltin({
    id: 'builtin.list_dir',
    description:
      'Lists a directory: names, paths for the other file tools, kinds and sizes; directories come first. ' +
      `At most ${LIST_ENTRIES_MAX} entries, then \`truncated\` is true: list a directory below instead. ` +
      'Folders such as .git, node_modules and dist are named but not entered; files that hold credentials are left out.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['read_filesystem'],
    mounts: parts.mounts,
    run: (input, call) => listDir(reachOf(parts, call), input, call),
  });
}

async function listDir(reach: FileReach, input: z.output<typeof inputSchema>, call: HandlerCall): Promise<JsonObject> {
  const start = placePath(reach.mounts, input.path, 'list');
  const tally = createWalkTally(WALK_ENTRIES_MAX);
  const depthMax = input.recursive ? input.max_depth : 1;
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const entries: JsonObject[] = [];
  let truncated = false;
  for await (const found of walkFolder(reach, { start, depthMax, tally, signal: call.signal })) {
    const entry = toEntry(found);
    truncated = entries.length === LIST_ENTRIES_MAX || !budget.take(entry);
    if (truncated) break;
    entries.push(entry);
  }
  if (tally.exceeded) {
    throw fileFailure('too_large', `There are more than ${WALK_ENTRIES_MAX} entries here. List a directory below.`);
  }
  return { path: shownPath(start.scoped), entries, truncated };
}

function toEntry(found: FoundEntry): JsonObject {
  const { name, kind, bytes } = found;
  const isFile = kind === 'file';
  return {
    name,
    path: shownPath(found.place.scoped),
    kind,
    size: isFile ? bytes : null,
    size_label: isFile ? sizeLabel(bytes) : null,
  };
}

function sizeLabel(bytes: number): string {
  let size = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1024) return unit === 'B' ? `${size} B` : `${size.toFixed(1)} ${unit}`;
    size /= 1024;
  }
  return `${size.toFixed(1)} TiB`;
}
