/** Bounds of the log, each with its reason. */

/** Entries one page may hold: a page is held in memory. */
export const PAGE_ENTRIES_MAX = 1000;
/** A token of the next page: two places for each family, in base 36, and its seal. Units: characters. */
export const PAGE_TOKEN_CHARS_MAX = 256;
/** Records of a batch that share one commit: enough to share a sync, few enough that little is tried again one by one. */
export const BATCH_RECORDS = 256;
/** Records that verifying looks at between two breaths of the process: hashing them takes milliseconds. */
export const VERIFY_PAGE = 256;
/** Rules of retention: more are no policy that anybody can read. */
export const RETENTION_RULES_MAX = 64;
/** Kinds that one rule may name. */
export const RULE_KINDS_MAX = 64;
/** Nothing is forgotten within an hour: recovery, replay and whoever reads along have had their time. Units: milliseconds. */
export const RETENTION_KEEP_MS_MIN = 60 * 60 * 1000;
/** How long facts are kept unless told otherwise: 30 days. Units: milliseconds. */
export const RETENTION_KEEP_MS_DEFAULT = 30 * 24 * 60 * 60 * 1000;
/** Old records that retention reads at a time. */
export const RETENTION_PAGE = 500;
/** Records that one unit of retention cuts off: writers wait while it is at work. */
export const RETENTION_CUT_MAX = 10_000;
/** Records whose content one unit of retention takes, each by itself. */
export const RETENTION_REMOVALS_MAX = 500;
/** How often retention of a stream is planned again after pins or followers have moved. */
export const RETENTION_TRIES_MAX = 8;
/** Followers that one run of retention may give up: each is marked in every unit. */
export const PASSED_BY_MAX = 32;
/** Idle followers that are moved on with one unit: three writes each. */
export const PASS_FOLLOWERS = 64;
/** Ranges and obstacles that a plan of retention names for one stream: what somebody may read. */
export const PLAN_DETAILS_MAX = 100;
/** Entries a follower passes by before it says so durably: what a restart looks through again at most. */
export const CONSUMER_SKIPPED_MAX = 1000;
/** Entries a follower takes at a time: small, so that its acknowledgements stay close to its work. */
export const CONSUMER_BATCH = 64;
/** A closed token of an error; longer ones are not tokens. */
export const ERROR_KIND_BYTES_MAX = 64;
/** A word of a closed vocabulary; the longest code of the host has 28 bytes. */
export const HOOK_LABEL_BYTES_MAX = 48;
/** A kind of author and the name of a hook, which has at most 128 bytes. */
export const AUTHOR_BYTES_MAX = 160;
/** A kind of subscription and a digest, or a name that somebody chose. */
export const SUBSCRIPTION_NAME_BYTES_MAX = 128;
/** What took longer than a day was measured wrongly. Units: milliseconds. */
export const DURATION_MS_MAX = 24 * 60 * 60 * 1000;
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
/** One note of a hook. Units: UTF-8 bytes. */
export const NOTE_BYTES_MAX = 512;
/** One line of an exported stream: the largest record, twice as large when it is escaped, and its fields. Units: bytes. */
export const STREAM_LINE_BYTES_MAX = 5 * 1024 * 1024;
/** Records that an import puts back with one commit: enough to share a sync, few enough to be held in memory. */
export const IMPORT_BATCH = 256;
/** Content that an import puts back with one commit. Units: UTF-8 bytes, overestimated. */
export const IMPORT_BATCH_BYTES = 6 * 1024 * 1024;
/** Entries and runs that an answer about runs gives unless told otherwise: what a screen or two shows. */
export const PROJECTION_PAGE_DEFAULT = 100;
/** Records that a fold reads at a time: it keeps little of each. */
export const PROJECTION_REPLAY_PAGE = 256;
/** Records that one answer about runs folds at most: its time and its memory are bounded. */
export const PROJECTION_FOLDED_MAX = 100_000;
/** Statuses of runs that an event stream keeps in mind; older ones are folded again when something happens to them. */
export const PROJECTION_RUNS_REMEMBERED = 1000;
/** Items that wait for a subscriber unless told otherwise. */
export const EVENT_STREAM_BUFFER_DEFAULT = 16;
/** Items that may wait for a subscriber: more would only hide that it is too slow. */
export const EVENT_STREAM_BUFFER_MAX = 128;
/** How long something may wait for a subscriber that takes nothing. Units: milliseconds. */
export const EVENT_STREAM_STALL_MS = 30_000;
/** How often a sign of life is given: well below the minute after which proxies give up. Units: milliseconds. */
export const EVENT_STREAM_KEEP_ALIVE_MS = 25_000;
/** How long a right that was taken away may still be believed while nothing happens. Units: milliseconds. */
export const EVENT_STREAM_ACCESS_CHECK_MS = 30_000;
/** One question about access; no answer in time is a no. Units: milliseconds. */
export const EVENT_STREAM_ACCESS_DEADLINE_MS = 5_000;
/** Event streams of one host: each holds a listener, timers and a buffer. */
export const EVENT_STREAMS_MAX = 512;
/** Event streams of one tenant, so that none takes all of them. */
export const EVENT_STREAMS_PER_TENANT_MAX = 64;
/** Event streams of one actor within a tenant: some devices with some windows each. */
export const EVENT_STREAMS_PER_ACTOR_MAX = 16;
/** Event streams of one scope: the same thing watched from everywhere. */
export const EVENT_STREAMS_PER_SCOPE_MAX = 8;
/** Verdicts about content that are kept: a few pages of each stream. */
export const REDACTION_VERDICTS_MAX = 4096;
/** More changes to one input are a new input; the digests tell them apart all the same. */
export const INPUT_CHANGES_MAX = 64;
/** A place in an input, as a JSON pointer. Units: UTF-8 bytes. */
export const CHANGE_PATH_BYTES_MAX = 512;
/** A longer value is not shown. Units: UTF-8 bytes. */
export const CHANGE_VALUE_BYTES_MAX = 512;
