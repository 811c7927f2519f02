/**
 * Replacing a part of a text that somebody copied, perhaps not quite exactly. What is not replaced stays as it is, unit by
 * unit.
 *
 * Not here: reading and writing the file (`apply-patch.ts`), which differences do not matter (`folded-text.ts`).
 * Source: specification 2, d.
 */
import { foldText, isLineEnd, type FoldedText, type Folding } from './folded-text.ts';
import { PATCH_REPLACEMENTS_MAX } from './limits.ts';

/** In the order in which they are tried; the first that finds anything decides. */
const METHODS = [
  { method: 'exact', trailing: false, quotes: false },
  { method: 'trailing_whitespace', trailing: true, quotes: false },
  { method: 'quotes', trailing: false, quotes: true },
  { method: 'trailing_whitespace_and_quotes', trailing: true, quotes: true },
] as const satisfies readonly (Folding & { readonly method: string })[];
export type MatchMethod = (typeof METHODS)[number]['method'];
export const MATCH_METHODS = METHODS.map(({ method }) => method);

export interface PatchRequest {
  readonly oldText: string;
  readonly newText: string;
  readonly all: boolean;
}

export type PatchOutcome =
  | { readonly kind: 'patched'; readonly text: string; readonly replacements: number; readonly method: MatchMethod }
  | { readonly kind: 'no_match' | 'not_unique' | 'too_large' };

/** The part of a text between two places, and what comes there. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Line breaks of the new text become those of the line where the change begins. Where the two texts agree, the file keeps
 * its own form of it: its line breaks, its space, its quotation marks. Units: `unitsMax` UTF-16 code units of the result.
 */
export function patchText(text: string, request: PatchRequest, unitsMax: number): PatchOutcome {
  for (const { method, ...folding } of METHODS) {
    const file = foldText(text, folding);
    const wanted = foldText(request.oldText, folding);
    const places = findPlaces(file, wanted, isCut(request.oldText, wanted));
    if (places.length === 0) continue;
    if (places.length > 1 && !request.all) return { kind: 'not_unique' };
    if (places.length > PATCH_REPLACEMENTS_MAX) return { kind: 'too_large' };
    const change = toChange(wanted, request.newText, folding);
    const edits = toEdits(text, file, places, change);
    const grown = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), text.length);
    if (grown > unitsMax) return { kind: 'too_large' };
    return { kind: 'patched', text: applyEdits(text, edits), replacements: edits.length, method };
  }
  return { kind: 'no_match' };
}

/** True when space was cut off behind the last line: then what is wanted ends with its line. */
function isCut(oldText: string, wanted: FoldedText): boolean {
  const last = wanted.units.length - 1;
  return last < 0 || wanted.endOf(last) < oldText.length;
}

/**
 * Where `wanted` begins in `file`, from left to right, no two of them overlapping. The method of Knuth, Morris and Pratt:
 * an engine's own search takes hours for a pattern that was made for it.
 */
function findPlaces(file: FoldedText, wanted: FoldedText, endsLine: boolean): readonly number[] {
  const pattern = wanted.units;
  if (pattern.length === 0) return [];
  const fallbacks = toFallbacks(pattern);
  const places: number[] = [];
  let matched = 0;
  for (let at = 0; at < file.units.length && places.length <= PATCH_REPLACEMENTS_MAX; at += 1) {
    while (matched > 0 && pattern[matched] !== file.units[at]) matched = fallbacks[matched - 1] ?? 0;
    if (pattern[matched] === file.units[at]) matched += 1;
    if (matched < pattern.length) continue;
    const isPlace = !endsLine || isLineEnd(file, at + 1);
    if (isPlace) places.push(at + 1 - pattern.length);
    matched = isPlace ? 0 : (fallbacks[matched - 1] ?? 0);
  }
  return places;
}

/** For each beginning of the pattern, the length of the longest shorter one that it ends with. */
function toFallbacks(pattern: Uint16Array): Uint32Array {
  const fallbacks = new Uint32Array(pattern.length);
  let matched = 0;
  for (let at = 1; at < pattern.length; at += 1) {
    while (matched > 0 && pattern[matched] !== pattern[at]) matched = fallbacks[matched - 1] ?? 0;
    if (pattern[matched] === pattern[at]) matched += 1;
    fallbacks[at] = matched;
  }
  return fallbacks;
}

/** What differs between the old text and the new one. Units: folded units of the old one. */
interface Change {
  readonly length: number;
  /** How much they agree in at the beginning and at the end. */
  readonly before: number;
  readonly after: number;
  readonly text: string;
}

function toChange(wanted: FoldedText, newText: string, folding: Folding): Change {
  const text = withPlainBreaks(newText);
  const old = wanted.units;
  const { units } = foldText(text, { trailing: false, quotes: folding.quotes });
  const agreeMax = Math.min(old.length, units.length);
  let before = 0;
  while (before < agreeMax && old[before] === units[before]) before += 1;
  let after = 0;
  while (after < agreeMax - before && old[old.length - 1 - after] === units[units.length - 1 - after]) after += 1;
  return { length: old.length, before, after, text: text.slice(before, text.length - after) };
}

function toEdits(text: string, file: FoldedText, places: readonly number[], change: Change): readonly Edit[] {
  const { length, before, after } = change;
  const withPairs = change.text.replaceAll('\n', '\r\n');
  const lineBreakAt = createLineBreaks(text);
  return places.map((at) => {
    const start = before === 0 ? file.startOf(at) : file.endOf(at + before - 1);
    const end = after === 0 ? file.endOf(at + length - 1) : file.startOf(at + length - after);
    return { start, end, text: lineBreakAt(start) === '\r\n' ? withPairs : change.text };
  });
}

/** The break of the line that holds a place; the last line has that of the one before. Places are asked for in order. */
function createLineBreaks(text: string): (at: number) => '\n' | '\r\n' {
  const last = text.lastIndexOf('\n');
  let feed = -1;
  return (at) => {
    if (feed < at && at <= last) feed = text.indexOf('\n', at);
    const nearest = at <= last ? feed : last;
    return nearest > 0 && text[nearest - 1] === '\r' ? '\r\n' : '\n';
  };
}

function withPlainBreaks(text: string): string {
  const lines = text.split('\n');
  return lines.map((line, at) => (at === lines.length - 1 ? line : withoutReturns(line))).join('\n');
}

function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join('') + text.slice(at);
}
