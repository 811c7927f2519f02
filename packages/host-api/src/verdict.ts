/**
 * What is said about one call, and how several sayings become one.
 *
 * Not here: who says it (the authoriser of `@reborn/host-runtime`, the gates of `@reborn/hooks`).
 * Source: rulings, section 2; specification 2, a.6.
 */
import { z } from 'zod';
import { boundedLine } from './bounded-text.ts';
import { parseWith } from './errors.ts';
import { SCOPE_ID_BYTES_MAX } from './limits.ts';

/** A token out of the closed vocabulary of whoever says it. Never prose. */
export const verdictCodeSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a lower-case token');

/** Who says it: `host`, `authoriser`, `profile`, `hook:<id>` … */
const by = boundedLine(SCOPE_ID_BYTES_MAX);

export const verdictSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('allow'), by }),
  z.strictObject({ kind: z.literal('approval'), by, code: verdictCodeSchema }),
  z.strictObject({ kind: z.literal('auth'), by, code: verdictCodeSchema }),
  z.strictObject({ kind: z.literal('deny'), by, code: verdictCodeSchema }),
]);
/** `approval`: somebody has to be asked. `auth`: a credential is missing. */
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;

/** From the mildest to the most restrictive. */
const SEVERITY = { allow: 0, approval: 1, auth: 2, deny: 3 } as const;

/**
 * The one verdict that several make: deny > auth > approval > allow; where nobody says anything, deny.
 * Invariant: the order of the verdicts means nothing; among equals the smallest `by`, then the smallest `code`, speaks.
 */
export function composeMostRestrictive(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.reduce<Verdict | undefined>(
      (found, next) => (found === undefined || compare(next, found) < 0 ? next : found),
      undefined,
    ) ?? { kind: 'deny', by: 'host', code: 'missing_grant' }
  );
}

/** The codes of those who want somebody asked, or who want a credential. Order: by code unit, each once. */
export function codesOf(verdicts: readonly Verdict[], kind: 'approval' | 'auth'): readonly string[] {
  const codes = verdicts.flatMap((verdict) => (verdict.kind === kind ? [verdict.code] : []));
  return [...new Set(codes)].toSorted();
}

/** Errors: `host-api/invalid_value` naming the field. */
export function parseVerdict(value: unknown): Verdict {
  return parseWith(verdictSchema, value, 'verdict');
}

function compare(left: Verdict, right: Verdict): number {
  return (
    SEVERITY[right.kind] - SEVERITY[left.kind] ||
    byCodeUnit(left.by, right.by) ||
    byCodeUnit(codeOf(left), codeOf(right))
  );
}

function codeOf(verdict: Verdict): string {
  return verdict.kind === 'allow' ? '' : verdict.code;
}

function byCodeUnit(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
