/**
 * What a gate may say, in closed words.
 *
 * Not here: how a decision comes into being (`mint.ts`), which verbs a point permits (`../point.ts`).
 * Source: rulings, section 6; specification 1, R-11.
 */

/** Why a gate refuses. The code may be shown to anybody, a model included. */
export const REFUSAL_CODES = [
  'hook_refused',
  'hook_out_of_policy',
  'hook_blocklist',
  'hook_rate_limit',
  'hook_value_cap',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a gate wants somebody asked. */
export const PAUSE_CODES = ['hook_requires_approval', 'hook_sensitive_action', 'hook_over_threshold'] as const;
export type PauseCode = (typeof PAUSE_CODES)[number];

/** `reason` is for the operator: it stays out of records and never reaches a model. */
interface Explained {
  readonly reason?: string;
}

/** One decision. Only a mint makes one that counts. */
export type Decision =
  | ({ readonly verb: 'observe' } & Explained)
  | ({ readonly verb: 'refuse'; readonly code: RefusalCode } & Explained)
  | ({ readonly verb: 'pause'; readonly code: PauseCode } & Explained);

export function isRefusalCode(value: unknown): value is RefusalCode {
  return REFUSAL_CODES.some((code) => code === value);
}

export function isPauseCode(value: unknown): value is PauseCode {
  return PAUSE_CODES.some((code) => code === value);
}
