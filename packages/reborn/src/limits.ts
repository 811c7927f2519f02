/** Bounds of the assembled host, each with its reason. */

/** How often one step of a model is tried before the run fails. */
export const MODEL_ATTEMPTS_MAX = 3;
/** First pause between two attempts at a model; it doubles. Units: milliseconds. */
export const MODEL_BACKOFF_MS = 250;
/** Longest pause between two attempts at a model. Units: milliseconds. */
export const MODEL_BACKOFF_MS_MAX = 5_000;
/** One answer of a model. Units: milliseconds. */
export const MODEL_DEADLINE_MS = 120_000;
/** How often a follower of a run looks again when no wake-up came. Units: milliseconds. */
export const FOLLOW_SAFETY_NET_MS = 500;
/** How long closing waits for followers of the log to catch up. Units: milliseconds. */
export const DRAIN_MS = 10_000;
/** Records of one family that an explanation reads at most. */
export const EXPLAIN_RECORDS_MAX = 5_000;
/** Gates that one listing may hold. */
export const GATES_PAGE_MAX = 200;
/** Operator's text in front of every conversation. Units: UTF-8 bytes. */
export const SYSTEM_TEXT_BYTES_MAX = 16 * 1024;
