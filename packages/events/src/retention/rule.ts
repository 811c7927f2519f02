/**
 * What is kept for how long, as data.
 *
 * Not here: single records that somebody wants kept (`pin.ts`), what is still needed (`view.ts`).
 * Source: specification 5, R-11; rulings, section 8.
 */
import { describeIssues, streamFamilySchema, type StreamFamily } from '@reborn/host-api';
import { z } from 'zod';
import { EventsError } from '../errors.ts';
import { RETENTION_KEEP_MS_DEFAULT, RETENTION_KEEP_MS_MIN, RETENTION_RULES_MAX, RULE_KINDS_MAX } from '../limits.ts';
import { isKindPattern, matchesKind } from '../log/kind-pattern.ts';

const patternSchema = z
  .string()
  .refine((text) => isKindPattern(text), 'must be a kind, `*` standing for any characters');

/** Without `kinds` a rule is about all of its family. Units: milliseconds since the record's time. */
export const retentionRuleSchema = z.strictObject({
  family: streamFamilySchema,
  kinds: z.array(patternSchema).min(1).max(RULE_KINDS_MAX).optional(),
  keepMs: z.union([z.literal('forever'), z.int().min(RETENTION_KEEP_MS_MIN)]),
});
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

/** Kinds whose rule is kept in mind: more than there are, fewer than somebody could make up. */
const KINDS_REMEMBERED = 256;

const rulesSchema = z.array(retentionRuleSchema).max(RETENTION_RULES_MAX);

/**
 * Facts and the journal for 30 days; who decided what, what was refused, and what was registered or ended for ever. What
 * no rule is about is kept for ever: also the outbox of runs and what was said.
 */
export const DEFAULT_RETENTION_RULES: readonly RetentionRule[] = [
  { family: 'runtime', kinds: ['subscription_*'], keepMs: 'forever' },
  { family: 'runtime', keepMs: RETENTION_KEEP_MS_DEFAULT },
  { family: 'journal', keepMs: RETENTION_KEEP_MS_DEFAULT },
  { family: 'audit', keepMs: 'forever' },
  { family: 'security', keepMs: 'forever' },
];

/** Errors: `events/invalid_request` naming the rule. */
export function parseRetentionRules(rules: unknown): readonly RetentionRule[] {
  const parsed = rulesSchema.safeParse(rules);
  if (parsed.success) return parsed.data;
  throw new EventsError('events/invalid_request', { detail: describeIssues(parsed.error, 'rules') });
}

/** What rules say about one family. The first rule that is about a kind decides. */
export interface FamilyRules {
  /** Units: milliseconds; `undefined`: for ever. */
  keepMsOf(kind: string): number | undefined;
  /** The shortest time after which something goes; `undefined` when nothing ever does. */
  readonly shortestMs: number | undefined;
  /** The only kinds that ever go; `undefined` when they cannot be listed. */
  readonly kinds: readonly string[] | undefined;
}

export function rulesOf(rules: readonly RetentionRule[], family: StreamFamily): FamilyRules {
  const own = rules.filter((rule) => rule.family === family);
  const finite = own.flatMap(({ kinds, keepMs }) => (keepMs === 'forever' ? [] : [{ kinds, keepMs }]));
  const patterns = finite.flatMap(({ kinds }) => kinds ?? ['*']);
  const known = new Map<string, number | undefined>();
  const keepMsOf = (kind: string): number | undefined => {
    if (known.has(kind)) return known.get(kind);
    const rule = own.find(({ kinds }) => kinds === undefined || kinds.some((pattern) => matchesKind(pattern, kind)));
    const keepMs = rule === undefined || rule.keepMs === 'forever' ? undefined : rule.keepMs;
    if (known.size === KINDS_REMEMBERED) known.clear();
    known.set(kind, keepMs);
    return keepMs;
  };
  return {
    keepMsOf,
    shortestMs: finite.length === 0 ? undefined : Math.min(...finite.map(({ keepMs }) => keepMs)),
    kinds: patterns.some((pattern) => pattern.includes('*')) ? undefined : [...new Set(patterns)],
  };
}
