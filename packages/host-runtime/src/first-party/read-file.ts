/**
 * `builtin.read_file`: the lines of a text file.
 *
 * Not here: what counts as text (`file-text.ts`).
 * Source: specification 2, d.
 */
import type { JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import { defineTool } from '../lane/define-tool.ts';
import type { CapabilityHandler, HandlerCall } from '../lane/handler.ts';
import { BUILTIN, toolPathSchema } from './builtin.ts';
import { fileFailure, refusalFailure, stopIfAborted } from './file-failure.ts';
import { cutText, decodeText, lineEnd } from './file-text.ts';
import {
  FILE_OUTPUT_BYTES_MAX,
  FILE_PAYLOAD_BYTES_MAX,
  READ_FILE_BYTES_MAX,
  READ_LINE_BYTES_MAX,
  READ_LINES_DEFAULT,
} from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import { placePath, shownPath, type FileToolParts } from './placed-path.ts';

const inputSchema = z.strictObject({
  path: toolPathSchema.describe('The file, relative to the workspace.'),
  offset: z.int().min(0).default(0).describe('The first line, counted from 1; 0 is the start as well.'),
  limit: z.int().min(1).optional().describe(`How many lines; ${READ_LINES_DEFAULT} when it is left out.`),
});

export function createReadFile(parts: FileToolParts): CapabilityHandler {
  return defineTool({
    id: 'builtin.read_file',
    description:
      'Reads a text file (UTF-8, or UTF-16LE with its mark) of at most 10 MiB and returns numbered lines. ' +
      `Without \`limit\` the first ${READ_LINES_DEFAULT} lines come, and \`truncated_by_default\` says that there are ` +
      'more: read on with `offset`. Use it when you know the file; to find something, use grep.',
    input: inputSchema,
    effects: ['read_filesystem'],
    permission: 'allow',
    outputBytesMax: FILE_OUTPUT_BYTES_MAX,
    provider: BUILTIN,
    run: (input, call) => readFile(parts, input, call),
  });
}

async function readFile(
  parts: FileToolParts,
  input: z.output<typeof inputSchema>,
  call: HandlerCall,
): Promise<JsonObject> {
  const place = placePath(parts.mounts, input.path, 'read');
  stopIfAborted(call.signal);
  const read = await parts.files.read(place.path, READ_FILE_BYTES_MAX);
  if (read.kind === 'refused') throw refusalFailure(read.reason);
  const text = decodeText(read.value);
  if (text === undefined) throw fileFailure('binary_file');
  const firstLine = Math.max(1, input.offset);
  const window = openWindow(text, firstLine, input.limit ?? READ_LINES_DEFAULT);
  const last = firstLine + window.lines.length - 1;
  return {
    path: shownPath(place.scoped),
    content: window.rendered.join('\n'),
    first_line: firstLine,
    lines_shown: window.lines.length,
    total_lines: window.totalLines,
    truncated_by_default: input.limit === undefined && !window.full && last < window.totalLines,
    truncated_by_size: window.full,
    ...(window.plainFits ? { lines: window.lines } : {}),
  };
}

/** `full`: the output had no room for a line, or for the whole of it. `plainFits`: there is room for `lines` as well. */
interface LineWindow {
  readonly rendered: readonly string[];
  readonly lines: readonly string[];
  readonly totalLines: number;
  readonly full: boolean;
  readonly plainFits: boolean;
}

function openWindow(text: string, firstLine: number, linesMax: number): LineWindow {
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const rendered: string[] = [];
  const lines: string[] = [];
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
      } else full = true;
    }
    start = end + 1;
  }
  return { rendered, lines, totalLines: number, full, plainFits: !full && budget.take(lines) };
}
