/** Bounds of the door, each with its reason. */

/** The input of one call, as canonical JSON; it is stored with gates. Units: UTF-8 bytes. */
export const INPUT_BYTES_MAX = 6 * 1024 * 1024;
/** The text with which a capability explains a failure. Units: UTF-8 bytes. */
export const FAILURE_MESSAGE_BYTES_MAX = 1024;
/** The field and the rule with which a capability refuses an input; both are shown to models. Units: UTF-8 bytes. */
export const CHECK_TEXT_BYTES_MAX = 256;
/** How long a question stays open unless the host says otherwise. Units: milliseconds. */
export const GATE_TTL_MS = 24 * 60 * 60 * 1000;
/** What a caller that announced an effect may take beyond its deadline to settle it. Units: milliseconds. */
export const SETTLE_GRACE_MS = 5_000;
/** The part of that time that is kept for writing the result: an effect that would end later is not begun. */
export const SETTLE_WRITE_MS = 2_500;
/** How often the result of an effect is written again when the store is in trouble. */
export const SETTLE_ATTEMPTS_MAX = 3;
/** The pause before the result is written again. Units: milliseconds. */
export const SETTLE_PAUSE_MS = 200;
/** How long a handler may take to obey its signal before the door stops waiting. Units: milliseconds. */
export const OBEY_GRACE_MS = 250;
/** How long the policy may think about one call before it counts as failed; hooks have shorter bounds of their own. */
export const JUDGE_DEADLINE_MS = 10_000;
/** Verdicts of one judgement; each becomes a record of the unit. */
export const JUDGEMENT_VERDICTS_MAX = 256;
/** Records of one judgement; a unit appends at most 1000 to one stream. */
export const JUDGEMENT_RECORDS_MAX = 512;
/** Writes of one judgement: a unit holds 256, and some are the door's own. */
export const JUDGEMENT_WRITES_MAX = 128;
/** Different reasons to ask somebody; a gate holds 64. */
export const JUDGEMENT_ASKS_MAX = 60;
/** How soon somebody looks again whose clock is ahead of the writer's: time is over here and not yet there. Units: milliseconds. */
export const JOIN_LOOK_MS = 100;
/** How often a unit is tried again after somebody else moved its records. */
export const CONTENTION_RETRIES_MAX = 8;
/** Capabilities that one surface may show. */
export const VISIBLE_CAPABILITIES_MAX = 256;
