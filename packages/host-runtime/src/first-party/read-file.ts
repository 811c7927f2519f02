/**
 * `builtin.read_file`: the lines of a text file.
 *
 * Not here: what counts as text (`file-text.ts`), what follows from having read it (`read-state.ts`).
 * Source: specification 2, d.
 */
import type { JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import type { DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import { fileFailure, refusalFailure, stopIfAborted } from './file-failure.ts';
import { cutText, decodeText, lineEnd } from './file-text.ts';
import { FILE_PAYLOAD_BYTES_MAX, READ_FILE_BYTES_MAX, READ_LINE_BYTES_MAX, READ_LINES_DEFAULT } from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import { placePath, reachOf, shownPath, type FileToolParts } from './placed-path.ts';
import type { ReadState } from './read-state.ts';

const PROMPT = `Reads a text file and returns its lines with their numbers.

Without \`limit\` the first ${READ_LINES_DEFAULT} lines come; \`truncated_by_default\` says that there are more, and \`truncated_by_size\` that the answer was full before. Read on with \`offset\`, from the line after the last one shown. \`lines\` holds the same text without numbers, when there is room for both.

A file is changed only by who has read all of it: read every line, in one call or in several from the start on, before you use write_file or apply_patch on a file that exists. When all of it has been shown, \`version\` names what was read; give it to those tools if they say that nothing was read.

The file is UTF-8, or UTF-16LE with its mark, and at most 10 MiB long. Files that hold credentials by custom are closed.`;

const inputSchema = z.strictObject({
  path: toolPathSchema.describe('The file, relative to the workspace.'),
  offset: z.int().min(0).default(0).describe('The first line, counted from 1; 0 is the start as well.'),
  limit: z.int().min(1).optional().describe(`How many lines; ${READ_LINES_DEFAULT} when it is left out.`),
});

const outputSchema = z.strictObject({
  path: z.string(),
  content: z.string(),
  first_line: z.int(),
  lines_shown: z.int(),
  total_lines: z.int(),
  truncated_by_default: z.boolean(),
  truncated_by_size: z.boolean(),
  lines: z.array(z.string()).optional(),
  version: z.string().optional(),
});

export function createReadFile(parts: FileToolParts, reads: ReadState): DefinedTool {
  return defineBuiltin({
    id: 'builtin.read_file',
    description:
      'Reads a text file (UTF-8, or UTF-16LE with its mark) of at most 10 MiB and returns numbered lines. ' +
      `Without \`limit\` the first ${READ_LINES_DEFAULT} lines come, and \`truncated_by_default\` says that there are ` +
      'more: read on with `offset`. Use it when you know the file; to find something, use grep.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: ['read_filesystem'],
    mounts: parts.mounts,
    run: (input, call) => readFile(parts, reads, input, call),
  });
}

async function readFile(
  parts: FileToolParts,
  reads: ReadState,
  input: z.output<typeof inputSchema>,
  call: HandlerCall,
): Promise<JsonObject> {
  const { files, mounts } = reachOf(parts, call);
  const place = placePath(mounts, input.path, 'read');
  stopIfAborted(call.signal);
  const read = await files.read(place.path, READ_FILE_BYTES_MAX);
  if (read.kind === 'refused') throw refusalFailure(read.reason);
  const text = decodeText(read.value);
  if (text === undefined) throw fileFailure('binary_file');
  const firstLine = Math.max(1, input.offset);
  const window = openWindow(text, firstLine, input.limit ?? READ_LINES_DEFAULT);
  const last = firstLine + window.lines.length - 1;
  const seen = { firstLine, lines: window.wholeLines, totalLines: window.totalLines };
  const version = reads.sawLines({ scope: call.scope, path: place.path }, read.value, seen);
  return {
    path: shownPath(place.scoped),
    content: window.rendered.join('\n'),
    first_line: firstLine,
    lines_shown: window.lines.length,
    total_lines: window.totalLines,
    truncated_by_default: input.limit === undefined && !window.full && last < window.totalLines,
    truncated_by_size: window.full,
    ...(window.plainFits ? { lines: window.lines } : {}),
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * `full`: the output had no room for a line, or for the whole of it; `wholeLines` counts those that it had. `plainFits`:
 * there is room for `lines` as well.
 */
interface LineWindow {
  readonly rendered: readonly string[];
  readonly lines: readonly string[];
  readonly wholeLines: number;
  readonly totalLines: number;
  readonly full: boolean;
  readonly plainFits: boolean;
}

function openWindow(text: string, firstLine: number, linesMax: number): LineWindow {
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const rendered: string[] = [];
  const lines: string[] = [];
  let wholeLines = 0;
  let full = false;
  let number = 0;
  for (let start = 0; start < text.length; number += 1) {
    const end = lineEnd(text, start);
    if (number + 1 >= firstLine && lines.length < linesMax && !full) {
      const whole = text.slice(start, end);
      const shown = cutText(whole, READ_LINE_BYTES_MAX);
      const row = `${String(number + 1).padStart(6)}\t${shown}`;
      full = shown !== whole;
      if (budget.take(row)) {
        rendered.push(row);
        lines.push(shown);
        if (!full) wholeLines += 1;
      } else full = true;
    }
    start = end + 1;
  }
  return { rendered, lines, wholeLines, totalLines: number, full, plainFits: !full && budget.take(lines) };
}
