/**
 * The matching lines of a search, as data and as rendered text with the lines around them.
 *
 * Not here: reports without lines (`grep-report.ts`), the search (`grep.ts`).
 */
import { utf8Bytes, type JsonObject } from '@reborn/host-api';
import { cutText, lineEnd, lineStart } from './file-text.ts';
import { createPage, type GrepReport, type PageRequest, type ReportLimit } from './grep-report.ts';
import {
  FILE_PAYLOAD_BYTES_MAX,
  GREP_CONTENT_BYTES_MAX,
  GREP_CONTEXT_LINE_BYTES_MAX,
  GREP_MATCH_BYTES_MAX,
} from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import type { MatchedSpan } from './text-pattern.ts';

/** Units: lines. */
export interface ContextRequest {
  readonly before: number;
  readonly after: number;
}

/** A line of the text by its number and its place. */
interface PlacedLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Shape: `matches` holds one entry per match; `content` renders them as `path:line:text`, the lines around them as
 * `path-line-text`, and `--` where lines are left out between.
 */
export function createContentReport(request: PageRequest, context: ContextRequest): GrepReport {
  const page = createPage(request);
  const output = createRenderedOutput();
  let path = '';
  let text = '';
  /** The last line that was rendered of this file. */
  let last: PlacedLine | undefined;
  let afterLeft = 0;

  return {
    beginFile(nextPath, nextText) {
      path = nextPath;
      text = nextText;
      last = undefined;
      afterLeft = 0;
    },
    match(span) {
      const where = page.next();
      if (where === 'before') return true;
      if (where === 'after') output.close('head_limit');
      else show(span);
      return output.full() === undefined;
    },
    endFile: () => showAfter(Number.POSITIVE_INFINITY),
    full: () => output.full(),
    result: () => output.result(),
  };

  function show(span: MatchedSpan): void {
    showAfter(span.line);
    const before = linesBefore(text, span, Math.min(context.before, span.line - 1 - (last?.line ?? 0)));
    const first = before[0]?.line ?? span.line;
    if (context.before + context.after > 0 && last?.line !== first - 1) output.separate();
    for (const each of before) output.line(`${path}-${each.line}-${contextText(each)}`);
    output.match(path, span.line, cutText(text.slice(span.start, span.end), GREP_MATCH_BYTES_MAX));
    last = { line: span.line + breaksIn(text, span), start: span.start, end: span.end };
    afterLeft = context.after;
  }

  function showAfter(beforeLine: number): void {
    while (afterLeft > 0 && last !== undefined && last.line + 1 < beforeLine && last.end + 1 < text.length) {
      const start = last.end + 1;
      last = { line: last.line + 1, start, end: lineEnd(text, start) };
      afterLeft -= 1;
      output.line(`${path}-${last.line}-${contextText(last)}`);
    }
  }

  function contextText(each: PlacedLine): string {
    return cutText(text.slice(each.start, each.end), GREP_CONTEXT_LINE_BYTES_MAX);
  }
}

/** What fits of the rendered lines, from the first on: once something is left out, everything after it is too. */
function createRenderedOutput() {
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const lines: string[] = [];
  const matches: JsonObject[] = [];
  let bytesFree = GREP_CONTENT_BYTES_MAX;
  let isFull = false;
  let limit: ReportLimit | undefined;

  function line(rendered: string): boolean {
    const bytes = utf8Bytes(rendered) + 1;
    if (isFull || bytes > bytesFree || !budget.take(rendered)) return fill();
    bytesFree -= bytes;
    lines.push(rendered);
    return true;
  }

  function fill(): false {
    isFull = true;
    limit ??= 'output_bytes';
    return false;
  }

  return {
    line,
    /** A match counts as shown when its first line is. */
    match(path: string, firstLine: number, text: string): void {
      const entry = { path, line: firstLine, text };
      const rows = text.split('\n').map((row, at) => `${path}:${firstLine + at}:${row}`);
      for (const [at, row] of rows.entries()) {
        if (!line(row)) return;
        if (at > 0) continue;
        if (budget.take(entry)) matches.push(entry);
        else fill();
      }
    },
    separate(): void {
      if (lines.length > 0) line('--');
    },
    close(reason: ReportLimit): void {
      limit ??= reason;
    },
    full: (): ReportLimit | undefined => limit,
    result: (): JsonObject => ({ matches, content: lines.join('\n') }),
  };
}

function linesBefore(text: string, span: MatchedSpan, count: number): readonly PlacedLine[] {
  const lines: PlacedLine[] = [];
  let { line, start } = span;
  while (lines.length < count && start > 0) {
    const end = start - 1;
    start = lineStart(text, end);
    line -= 1;
    lines.unshift({ line, start, end });
  }
  return lines;
}

function breaksIn(text: string, span: MatchedSpan): number {
  return text.slice(span.start, span.end).split('\n').length - 1;
}
