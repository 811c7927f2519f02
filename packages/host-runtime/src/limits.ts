/** Bounds of the door, each with its reason. */

/** The input of one call, as canonical JSON; it is stored with gates. Units: UTF-8 bytes. */
export const INPUT_BYTES_MAX = 6 * 1024 * 1024;
/** The text with which a capability explains a failure. Units: UTF-8 bytes. */
export const FAILURE_MESSAGE_BYTES_MAX = 1024;
/** How long a question stays open unless the host says otherwise. Units: milliseconds. */
export const GATE_TTL_MS = 24 * 60 * 60 * 1000;
/** What a caller that announced an effect may take beyond its deadline to settle it. Units: milliseconds. */
export const SETTLE_GRACE_MS = 5_000;
/** How often somebody who waits for another caller's result looks again. Units: milliseconds. */
export const JOIN_POLL_MS = 100;
/** How often a unit is tried again after somebody else moved its records. */
export const CONTENTION_RETRIES_MAX = 8;
/** Capabilities that one surface may show. */
export const VISIBLE_CAPABILITIES_MAX = 256;
