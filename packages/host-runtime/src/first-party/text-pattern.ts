/**
 * Searching text with a pattern that somebody else wrote: in time linear to the text, with pauses.
 *
 * Not here: compiling (`../linear-pattern.ts`), which files are searched (`grep.ts`), how matches are shown
 * (`grep-content.ts`).
 * Source: specification 2, f.3; rulings, section 12.
 */
import { RE2JS } from 're2js';
import { compileLinearPattern } from '../linear-pattern.ts';
import { fileFailure } from './file-failure.ts';
import { lineEnd, lineStart } from './file-text.ts';
import { MATCH_WORK_MAX, MATCH_WORK_PER_PAUSE } from './limits.ts';

export interface TextPatternOptions {
  readonly caseInsensitive: boolean;
  /** One match may span lines, and `.` takes line breaks too. Otherwise each line is matched by itself. */
  readonly multiline: boolean;
}

/** Lines of a text that match. `line` counts from 1; `start` to `end` are whole lines without the last break. */
export interface MatchedSpan {
  readonly kind: 'matched';
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** `pause`: let others run before going on. `left_out`: a part of the text was too long for so large a pattern. */
export type SearchStep = MatchedSpan | { readonly kind: 'pause' } | { readonly kind: 'left_out' };

export interface TextPattern {
  /** Order: as in the text. Spans do not overlap. */
  search(text: string): Iterable<SearchStep>;
}

const PAUSE: SearchStep = { kind: 'pause' };
const LEFT_OUT: SearchStep = { kind: 'left_out' };

/** Errors: `ToolFailure` `invalid_pattern` naming the rule, never the pattern. */
export function compileTextPattern(source: string, options: TextPatternOptions): TextPattern {
  const { caseInsensitive, multiline } = options;
  const flags = (caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE | RE2JS.DOTALL : 0);
  const compiled = compileLinearPattern(source, flags);
  if (compiled.kind === 'invalid') throw fileFailure('invalid_pattern', `The pattern ${compiled.rule}.`);
  const { expression } = compiled;
  return { search: (text) => (multiline ? searchWhole(expression, text) : searchLines(expression, text)) };
}

function* searchLines(expression: RE2JS, text: string): Generator<SearchStep> {
  const steps = expression.programSize();
  let work = 0;
  let line = 0;
  for (let start = 0; start < text.length;) {
    const end = lineEnd(text, start);
    const lineWork = (end - start + 1) * steps;
    line += 1;
    if (lineWork > MATCH_WORK_MAX) yield LEFT_OUT;
    else {
      if (expression.test(text.slice(start, end))) yield { kind: 'matched', line, start, end };
      work += lineWork;
    }
    start = end + 1;
    if (work < MATCH_WORK_PER_PAUSE) continue;
    work = 0;
    yield PAUSE;
  }
}

/** After a match the search goes on with the next line, so the spans are at most as many as the lines. */
function* searchWhole(expression: RE2JS, text: string): Generator<SearchStep> {
  const steps = expression.programSize();
  let work = text.length * steps;
  if (work > MATCH_WORK_MAX) {
    yield LEFT_OUT;
    return;
  }
  if (!expression.test(text)) return;
  const matcher = expression.matcher(text);
  let line = 1;
  for (let from = 0, counted = 0; from < text.length;) {
    if (work >= MATCH_WORK_PER_PAUSE) yield PAUSE;
    if (work >= MATCH_WORK_PER_PAUSE) work = 0;
    work += (text.length - from) * steps;
    if (!matcher.find(from) || isBehindLastLine(text, matcher.start())) return;
    const start = lineStart(text, matcher.start());
    const end = lineEnd(text, Math.max(matcher.start(), matcher.end() - 1));
    line += breaksBetween(text, counted, start);
    yield { kind: 'matched', line, start, end };
    counted = start;
    from = end + 1;
  }
}

/** A text that ends with a break has no further line behind it. */
function isBehindLastLine(text: string, at: number): boolean {
  return at === text.length && text.endsWith('\n');
}

function breaksBetween(text: string, start: number, end: number): number {
  let breaks = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) breaks += 1;
  return breaks;
}
