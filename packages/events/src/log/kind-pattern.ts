/**
 * Kinds by pattern: `*` stands for any run of characters, also an empty one.
 *
 * Not here: the kinds themselves (`../record/log-record.ts`).
 * Source: specification 5, R-08.
 */
import { FILTER_KINDS_MAX, NAME_ID_BYTES_MAX, utf8Bytes } from '@reborn/host-api';
import { kindsOf, type LogFamily } from '../record/log-record.ts';
import { invalid } from './request.ts';

/**
 * The kinds of a family that the patterns name; `undefined` for all, kinds of newer versions included, when one of them
 * is a lone `*`. Errors: `events/invalid_request` for a pattern that names nothing, with the nearest kind there is.
 */
export function expandKinds(family: LogFamily, patterns: readonly string[] | undefined): readonly string[] | undefined {
  if (patterns === undefined) return undefined;
  const fits = Array.isArray(patterns) && patterns.length > 0 && patterns.length <= FILTER_KINDS_MAX;
  if (!fits || !patterns.every((pattern) => isKindPattern(pattern))) {
    throw invalid('kinds', `must be 1 to ${FILTER_KINDS_MAX} kinds, \`*\` standing for any characters`);
  }
  if (patterns.includes('*')) return undefined;
  const kinds = kindsOf(family);
  for (const pattern of patterns) {
    if (kinds.some((kind) => matchesKind(pattern, kind))) continue;
    throw invalid('kinds', `must be kinds of the ${family} family; the nearest is ${nearest(pattern, kinds)}`);
  }
  return kinds.filter((kind) => patterns.some((pattern) => matchesKind(pattern, kind)));
}

export function isKindPattern(pattern: unknown): pattern is string {
  return typeof pattern === 'string' && pattern.length > 0 && utf8Bytes(pattern) <= NAME_ID_BYTES_MAX;
}

/** Costs at most the product of the lengths: a pattern is somebody else's text. */
export function matchesKind(pattern: string, kind: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === kind;
  if (!kind.startsWith(first) || !kind.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = kind.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= kind.length;
}

function nearest(pattern: string, kinds: readonly string[]): string {
  const wanted = pattern.replaceAll('*', '');
  const [best] = kinds.toSorted((left, right) => distance(wanted, left) - distance(wanted, right));
  return best ?? '';
}

/** How many single characters must be added, dropped or changed. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 1; at <= left.length; at += 1) {
    const next = [at];
    for (let other = 1; other <= right.length; other += 1) {
      const same = left[at - 1] === right[other - 1] ? 0 : 1;
      const [changed = 0, dropped = 0, added = 0] = [row[other - 1], row[other], next[other - 1]];
      next.push(Math.min(changed + same, dropped + 1, added + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
