/**
 * `builtin.glob`: files by the form of their paths, the newest first.
 *
 * Not here: matching one path (`glob-pattern.ts`), going through folders (`walk-folder.ts`).
 * Source: specification 2, d.
 */
import type { JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { compileRelativeGlob } from './glob-pattern.ts';
import {
  FILE_PAYLOAD_BYTES_MAX,
  GLOB_BYTES_MAX,
  GLOB_DEADLINE_MS,
  GLOB_RESULTS_DEFAULT,
  GLOB_RESULTS_MAX,
  WALK_ENTRIES_MAX,
} from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import { placePath, reachOf, shownPath, type FileReach, type FileToolParts } from './placed-path.ts';
import { createWalkTally, walkFolder, type FoundEntry } from './walk-folder.ts';

const PROMPT = `Finds files by the form of their paths, the newest first.

\`pattern\` is matched against the path from \`path\` on: "*.md" is a file in that directory itself, "**/*.md" one at any depth, "src/**/*.{ts,tsx}" one of two kinds below src. \`*\` and \`?\` stay within a name, \`**\` goes across directories, [a-z] is one character. Patterns are relative and do not go upwards.

Use it when you know what a file is called; use grep for what it says, and list_dir for what is there. At most ${GLOB_RESULTS_DEFAULT} files come unless \`max_results\` asks for more; \`truncated_by\` says what was left out. Directories that tools and builds fill (.git, node_modules, dist and their like) are not entered, files that hold credentials are left out.`;

const inputSchema = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .describe(`The form of the paths, such as **/*.md, at most ${GLOB_BYTES_MAX} bytes; relative, without "..".`),
  path: toolPathSchema.default('.').describe('The directory to look below; the workspace when it is left out.'),
  max_results: z.int().min(1).max(GLOB_RESULTS_MAX).default(GLOB_RESULTS_DEFAULT).describe('How many files.'),
});

const outputSchema = z.strictObject({
  path: z.string(),
  files: z.array(z.string()),
  truncated: z.boolean(),
  truncated_by: z.enum(['max_results', 'output_bytes', 'scan_entries']).nullable(),
  scan: z.strictObject({ entries_visited: z.int(), files_matched: z.int(), unreadable: z.int() }),
});

export function createGlob(parts: FileToolParts): DefinedTool {
  return defineBuiltin({
    id: 'builtin.glob',
    description:
      'Finds files by the form of their paths, such as **/*.md; the newest come first. ' +
      'Use it when you know what a file is called, and grep for what it says. ' +
      'Folders such as .git, node_modules and dist are not entered; files that hold credentials are left out.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['read_filesystem'],
    deadlineMs: GLOB_DEADLINE_MS,
    mounts: parts.mounts,
    run: (input, call) => glob(reachOf(parts, call), input, call),
  });
}

async function glob(reach: FileReach, input: z.output<typeof inputSchema>, call: HandlerCall): Promise<JsonObject> {
  const fits = compileRelativeGlob(input.pattern);
  const start = placePath(reach.mounts, input.path, 'list');
  const tally = createWalkTally(WALK_ENTRIES_MAX);
  const found: FoundEntry[] = [];
  const depthMax = Number.POSITIVE_INFINITY;
  for await (const entry of walkFolder(reach, { start, depthMax, tally, signal: call.signal })) {
    if (entry.kind === 'file' && fits(entry.place.scoped.slice(start.scoped.length + 1))) found.push(entry);
  }
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const shown = found.toSorted(byAge).slice(0, input.max_results);
  const files = shown.map((entry) => shownPath(entry.place.scoped));
  const fitting = files.findIndex((path) => !budget.take(path));
  const left = leftOut(tally.exceeded, fitting !== -1, shown.length < found.length);
  return {
    path: shownPath(start.scoped),
    files: fitting === -1 ? files : files.slice(0, fitting),
    truncated: left !== null,
    truncated_by: left,
    scan: { entries_visited: tally.visited, files_matched: found.length, unreadable: tally.unreadableFolders },
  };
}

/** The most serious reason: what was not looked at cannot be asked for with a larger number. */
function leftOut(entries: boolean, bytes: boolean, results: boolean): string | null {
  if (entries) return 'scan_entries';
  if (bytes) return 'output_bytes';
  return results ? 'max_results' : null;
}

/** Order: the last changed first; of one age, by path, code unit. */
function byAge(left: FoundEntry, right: FoundEntry): number {
  return right.modifiedMs - left.modifiedMs || (left.place.scoped < right.place.scoped ? -1 : 1);
}
