/**
 * `builtin.grep`: finding text in files.
 *
 * Not here: matching (`text-pattern.ts`), filters (`glob-pattern.ts`, `file-type.ts`), rendering (`grep-report.ts`,
 * `grep-content.ts`).
 * Source: specification 2, d.
 */
import type { JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { PATTERN_BYTES_MAX } from '../limits.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { fileFailure, refusalFailure, stopIfAborted } from './file-failure.ts';
import { decodeText } from './file-text.ts';
import { fileTypeSchema, isOfType } from './file-type.ts';
import { compileGlob } from './glob-pattern.ts';
import { createContentReport } from './grep-content.ts';
import { createCountReport, createFilesReport, type GrepReport, type ReportLimit } from './grep-report.ts';
import {
  GREP_CONTEXT_LINES_MAX,
  GREP_DEADLINE_MS,
  GREP_FILE_BYTES_MAX,
  GREP_HEAD_LIMIT_DEFAULT,
  GREP_SCAN_BYTES_MAX,
  WALK_ENTRIES_MAX,
} from './limits.ts';
import {
  placeFound,
  placePath,
  reachOf,
  shownPath,
  type FileReach,
  type FileToolParts,
  type PlacedPath,
} from './placed-path.ts';
import { compileTextPattern, type TextPattern } from './text-pattern.ts';
import { createWalkTally, walkFolder, type FoundEntry } from './walk-folder.ts';

const PROMPT = `Searches text files for a regular expression, line by line.

Use it to find where something is said before you read files. \`output_mode\` files_with_matches (the default) names files, content returns the matching lines with their numbers, count says how many there are in each file. Narrow a search with \`path\`, \`glob\` (such as *.md or src/**/*.ts) or \`type_filter\`; \`context\` shows lines around each match.

Patterns are RE2: no look-around and no back-references, at most ${PATTERN_BYTES_MAX} bytes. Write \\. for a dot and \\( for a bracket. With \`multiline\` one match may span lines.

\`truncated_by\` says why a search ended early: head_limit (ask on with \`offset\`), output_bytes, scan_bytes (64 MiB were read), scan_entries (${WALK_ENTRIES_MAX} entries were seen) or file_bytes (the file is larger than 10 MiB). \`scan.skipped\` counts what was passed over: binary and large files, links, what may not be read.`;

const contextLines = z.int().min(0).max(GREP_CONTEXT_LINES_MAX).optional();
const inputSchema = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .describe(
      `A regular expression in RE2 syntax (no look-around, no back-references), at most ${PATTERN_BYTES_MAX} bytes.`,
    ),
  path: toolPathSchema.default('.').describe('A file or a directory; the workspace when it is left out.'),
  output_mode: z
    .enum(['files_with_matches', 'content', 'count'])
    .default('files_with_matches')
    .describe('Paths of files, matching lines, or the number of matching lines in each file.'),
  glob: z.string().min(1).optional().describe('Only files whose name fits, such as *.md or src/**/*.{ts,tsx}.'),
  type_filter: fileTypeSchema.optional().describe('Only files of one kind.'),
  case_insensitive: z.boolean().default(false),
  multiline: z.boolean().default(false).describe('One match may span lines, and "." takes line breaks.'),
  context: contextLines.describe('Lines around each match, for output_mode content.'),
  before_context: contextLines.describe('Lines before each match, instead of context.'),
  after_context: contextLines.describe('Lines after each match, instead of context.'),
  head_limit: z
    .int()
    .min(0)
    .default(GREP_HEAD_LIMIT_DEFAULT)
    .describe('How many results: matches for content, files otherwise; 0 is no limit.'),
  offset: z.int().min(0).default(0).describe('How many results to pass over first.'),
});
type GrepInput = z.output<typeof inputSchema>;

const outputSchema = z.strictObject({
  path: z.string(),
  output_mode: inputSchema.shape.output_mode.unwrap(),
  files: z.array(z.string()).optional(),
  counts: z.array(z.strictObject({ path: z.string(), count: z.int() })).optional(),
  matches: z.array(z.strictObject({ path: z.string(), line: z.int(), text: z.string() })).optional(),
  content: z.string().optional(),
  truncated: z.boolean(),
  truncated_by: z.enum(['head_limit', 'output_bytes', 'scan_bytes', 'scan_entries', 'file_bytes']).nullable(),
  scan: z.strictObject({
    entries_visited: z.int(),
    files_scanned: z.int(),
    bytes_scanned: z.int(),
    skipped: z.record(z.string(), z.int()),
  }),
});

export function createGrep(parts: FileToolParts): DefinedTool {
  return defineBuiltin({
    id: 'builtin.grep',
    description:
      'Searches text files for a regular expression and returns the paths of files, the matching lines or counts. ' +
      'Use it to find where something is said before you read files. It passes over binary files, links, files above ' +
      '10 MiB, files that hold credentials, and folders such as .git and node_modules; `truncated_by` tells when it ' +
      'stopped early, at 64 MiB read, 50 000 entries, `head_limit` results or 64 KiB of lines.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['read_filesystem'],
    deadlineMs: GREP_DEADLINE_MS,
    mounts: parts.mounts,
    run: (input, call) => grep(reachOf(parts, call), input, call),
  });
}

type StopReason = ReportLimit | 'scan_bytes' | 'scan_entries' | 'file_bytes';

/** One search under way: what it looks for and what it came by. */
interface Search {
  readonly reach: FileReach;
  readonly pattern: TextPattern;
  readonly report: GrepReport;
  readonly signal: AbortSignal;
  readonly scan: { filesScanned: number; bytesScanned: number };
  readonly skipped: { binary: number; unreadable: number; too_large: number; links: number; too_complex: number };
}

async function grep(reach: FileReach, input: GrepInput, call: HandlerCall): Promise<JsonObject> {
  const start = placePath(reach.mounts, input.path, 'read');
  const search = createSearch(reach, input, call.signal);
  const fits = createFilter(input, start);
  stopIfAborted(call.signal);
  const stat = await reach.files.stat(start.path);
  if (stat.kind === 'refused') throw refusalFailure(stat.reason);
  if (stat.value.kind === 'link') throw fileFailure('filesystem_denied');
  if (stat.value.kind === 'other') throw fileFailure('not_a_file');
  const tally = createWalkTally(WALK_ENTRIES_MAX);
  const stop =
    stat.value.kind === 'file'
      ? await searchNamed(search, start, stat.value.bytes)
      : await searchBelow(search, placePath(reach.mounts, input.path, 'list'), fits, tally);
  const { scan, skipped } = search;
  return {
    path: shownPath(start.scoped),
    output_mode: input.output_mode,
    ...search.report.result(),
    truncated: stop !== undefined,
    truncated_by: stop ?? null,
    scan: {
      entries_visited: stat.value.kind === 'file' ? 1 : tally.visited,
      files_scanned: scan.filesScanned,
      bytes_scanned: scan.bytesScanned,
      skipped: { ...skipped, unreadable: skipped.unreadable + tally.unreadableFolders },
    },
  };
}

function createSearch(reach: FileReach, input: GrepInput, signal: AbortSignal): Search {
  const pattern = compileTextPattern(input.pattern, {
    caseInsensitive: input.case_insensitive,
    multiline: input.multiline,
  });
  return {
    reach,
    pattern,
    report: createReport(input),
    signal,
    scan: { filesScanned: 0, bytesScanned: 0 },
    skipped: { binary: 0, unreadable: 0, too_large: 0, links: 0, too_complex: 0 },
  };
}

function createReport(input: GrepInput): GrepReport {
  const page = { offset: input.offset, headLimit: input.head_limit };
  switch (input.output_mode) {
    case 'files_with_matches':
      return createFilesReport(page);
    case 'count':
      return createCountReport(page);
    case 'content': {
      const around = input.context ?? 0;
      return createContentReport(page, {
        before: input.before_context ?? around,
        after: input.after_context ?? around,
      });
    }
  }
}

function createFilter(input: GrepInput, start: PlacedPath): (entry: FoundEntry) => boolean {
  const { glob, type_filter: type } = input;
  const fitsGlob = glob === undefined ? undefined : compileGlob(glob);
  return ({ name, place }) => {
    if (type !== undefined && !isOfType(name, type)) return false;
    return fitsGlob === undefined || fitsGlob(place.scoped.slice(start.scoped.length + 1));
  };
}

/** A file that was named is searched whatever its name; when it cannot be, the model is told. */
async function searchNamed(search: Search, place: PlacedPath, bytes: number): Promise<StopReason | undefined> {
  if (bytes > GREP_FILE_BYTES_MAX) {
    search.skipped.too_large += 1;
    return 'file_bytes';
  }
  const read = await search.reach.files.read(place.path, GREP_FILE_BYTES_MAX);
  if (read.kind === 'refused') throw refusalFailure(read.reason);
  search.scan.bytesScanned += read.value.length;
  const text = decodeText(read.value);
  if (text === undefined) throw fileFailure('binary_file');
  await searchText(search, place, text);
  return search.report.full();
}

async function searchBelow(
  search: Search,
  start: PlacedPath,
  fits: (entry: FoundEntry) => boolean,
  tally: ReturnType<typeof createWalkTally>,
): Promise<StopReason | undefined> {
  const { scan, skipped, report, signal } = search;
  for await (const entry of walkFolder(search.reach, { start, depthMax: Number.POSITIVE_INFINITY, tally, signal })) {
    if (entry.kind === 'link') skipped.links += 1;
    if (entry.kind !== 'file' || !fits(entry)) continue;
    if (entry.bytes > GREP_FILE_BYTES_MAX) {
      skipped.too_large += 1;
      continue;
    }
    if (scan.bytesScanned + entry.bytes > GREP_SCAN_BYTES_MAX) return 'scan_bytes';
    await searchFound(search, entry);
    const full = report.full();
    if (full !== undefined) return full;
  }
  return tally.exceeded ? 'scan_entries' : undefined;
}

async function searchFound(search: Search, entry: FoundEntry): Promise<void> {
  const { reach, scan, skipped, signal } = search;
  stopIfAborted(signal);
  const place = placeFound(reach.mounts, entry.place.scoped, 'read');
  const read = place === undefined ? undefined : await reach.files.read(place.path, GREP_FILE_BYTES_MAX);
  if (place === undefined || read === undefined || read.kind === 'refused') {
    skipped.unreadable += 1;
    return;
  }
  scan.bytesScanned += read.value.length;
  const text = decodeText(read.value);
  if (text === undefined) skipped.binary += 1;
  else await searchText(search, place, text);
}

async function searchText(search: Search, place: PlacedPath, text: string): Promise<void> {
  const { reach, pattern, report, scan, skipped, signal } = search;
  scan.filesScanned += 1;
  report.beginFile(shownPath(place.scoped), text);
  let isComplete = true;
  for (const step of pattern.search(text)) {
    if (step.kind === 'pause') {
      // Only the machine's own work lets its timers run, and with them the deadline; a look at the file is the least.
      await reach.files.stat(place.path);
      stopIfAborted(signal);
    } else if (step.kind === 'left_out') isComplete = false;
    else if (!report.match(step)) break;
  }
  report.endFile();
  if (!isComplete) skipped.too_complex += 1;
}
