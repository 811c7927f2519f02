/**
 * What a search tells: which files match, or how often.
 *
 * Not here: the matching lines themselves (`grep-content.ts`), the search (`grep.ts`).
 */
import type { JsonObject, JsonValue } from '@reborn/host-api';
import { FILE_PAYLOAD_BYTES_MAX } from './limits.ts';
import { createOutputBudget } from './output-budget.ts';
import type { MatchedSpan } from './text-pattern.ts';

/** Why a report takes no more. */
export type ReportLimit = 'head_limit' | 'output_bytes';

/** Collects what a search finds, file by file. */
export interface GrepReport {
  beginFile(path: string, text: string): void;
  /** False when the rest of this file makes no difference. */
  match(span: MatchedSpan): boolean;
  endFile(): void;
  /** Set as soon as something had to be left out; then the search may end. */
  full(): ReportLimit | undefined;
  result(): JsonObject;
}

/** Which results are shown. `headLimit` 0 is no limit. */
export interface PageRequest {
  readonly offset: number;
  readonly headLimit: number;
}

/** Where the next result lies: before the page, on it, or after it. */
export function createPage(request: PageRequest): { next(): 'before' | 'on' | 'after' } {
  const { offset, headLimit } = request;
  let seen = 0;
  return {
    next() {
      seen += 1;
      if (seen <= offset) return 'before';
      return headLimit === 0 || seen <= offset + headLimit ? 'on' : 'after';
    },
  };
}

/** The paths of files with a match. */
export function createFilesReport(request: PageRequest): GrepReport {
  return createPerFileReport(request, 'files', (path) => path, false);
}

/** How many lines match in each file; across lines, how many matches there are. */
export function createCountReport(request: PageRequest): GrepReport {
  return createPerFileReport(request, 'counts', (path, count) => ({ path, count }), true);
}

function createPerFileReport(
  request: PageRequest,
  field: string,
  toRow: (path: string, count: number) => JsonValue,
  countsAll: boolean,
): GrepReport {
  const page = createPage(request);
  const budget = createOutputBudget(FILE_PAYLOAD_BYTES_MAX);
  const rows: JsonValue[] = [];
  let limit: ReportLimit | undefined;
  let current = '';
  let count = 0;
  return {
    beginFile(path) {
      current = path;
      count = 0;
    },
    match() {
      count += 1;
      return countsAll;
    },
    endFile() {
      if (count === 0) return;
      const where = page.next();
      if (where === 'before') return;
      const row = toRow(current, count);
      if (where === 'after') limit = 'head_limit';
      else if (budget.take(row)) rows.push(row);
      else limit = 'output_bytes';
    },
    full: () => limit,
    result: () => ({ [field]: rows }),
  };
}
