/** Bounds of the log, each with its reason. */

/** Entries one page may hold: a page is held in memory. */
export const PAGE_ENTRIES_MAX = 1000;
/** Entries a follower passes by before it says so durably: what a restart looks through again at most. */
export const CONSUMER_SKIPPED_MAX = 1000;
/** Entries a follower takes at a time: small, so that its acknowledgements stay close to its work. */
export const CONSUMER_BATCH = 64;
/** A closed token of an error; longer ones are not tokens. */
export const ERROR_KIND_BYTES_MAX = 64;
/** Attempts at one delivery before it becomes a dead letter. */
export const DELIVERY_ATTEMPTS_MAX = 5;
/** First pause after a failed delivery; it doubles. Units: milliseconds. */
export const DELIVERY_BACKOFF_MS = 200;
/** Longest pause between two attempts. Units: milliseconds. */
export const DELIVERY_BACKOFF_MS_MAX = 30_000;
/** How long a follower holds its subscription without writing. Units: milliseconds. */
export const SUBSCRIPTION_LEASE_MS = 10_000;
/** One delivery may take this long. Units: milliseconds; well below the lease. */
export const DELIVERY_DEADLINE_MS = 5_000;
/** The slow safety net below the wake-up by notification. Units: milliseconds. */
export const SAFETY_NET_MS = 2_000;
/** One note of a hook. Units: UTF-8 bytes. */
export const NOTE_BYTES_MAX = 512;
