/**
 * Finds what must never leave in a timeline: paths of a machine, addresses, and secrets by their shape.
 *
 * Not here: turning unusable tokens of records into `unclassified` (`../redaction.ts`), which comes first; this is the
 * last look before something is handed over.
 * Source: specification 1, A8 and W-34.
 */

export type SensitiveKind = 'address' | 'host_path' | 'private_key' | 'token';

/** Every repetition is bounded or stands behind a fixed beginning, so that the search takes linear time. */
const SHAPES: readonly (readonly [SensitiveKind, RegExp])[] = [
  ['private_key', /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/],
  ['private_key', /\bAGE-SECRET-KEY-1[A-Z0-9]{16}/],
  ['address', /\b[a-z][a-z0-9+.-]{1,31}:\/\//i],
  ['host_path', /(?:^|[^A-Za-z0-9._/-])\/(?:[A-Za-z0-9._@~-]{1,255}\/|(?:etc|home|root|tmp|usr|var)\b)/],
  ['host_path', /(?:^|[^A-Za-z0-9])~[A-Za-z0-9_-]{0,64}\//],
  ['host_path', /(?:^|[^A-Za-z0-9])[A-Za-z]:[\\/]/],
  ['host_path', /\\\\[A-Za-z0-9._-]{1,255}\\/],
  ['token', /\b(?:bearer|basic)[ :=][A-Za-z0-9._~+/=-]{8}/i],
  ['token', /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16}/],
  ['token', /(?<![A-Za-z0-9])(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16}/],
  ['token', /(?<![A-Za-z0-9])gh[opusr]_[A-Za-z0-9]{20}/],
  ['token', /(?<![A-Za-z0-9])(?:github_pat_|glpat-|npm_|pypi-|xox[abeprs]-|hf_|dop_v1_|shpat_)[A-Za-z0-9_-]{10}/],
  ['token', /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30}/],
  ['token', /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{8}/],
  ['token', /(?:password|passwd|secret|api[_-]?key|access[_-]?token)["']{0,2}[=:]["' ]{0,2}[^\s"']{4}/i],
];

/** The first kind of sensitive text in any text or key of a plain value; `undefined` when there is none. */
export function findSensitive(value: unknown): SensitiveKind | undefined {
  if (typeof value === 'string') return SHAPES.find(([, shape]) => shape.test(value))?.[0];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = (Array.isArray(value) ? undefined : findSensitive(key)) ?? findSensitive(member);
    if (found !== undefined) return found;
  }
  return undefined;
}
