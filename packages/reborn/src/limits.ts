/** Bounds of the assembled host, each with its reason. */

/** How often one step of a model is tried before the run fails. */
export const MODEL_ATTEMPTS_MAX = 3;
/** First pause between two attempts at a model; it doubles. Units: milliseconds. */
export const MODEL_BACKOFF_MS = 250;
/** Longest pause between two attempts at a model. Units: milliseconds. */
export const MODEL_BACKOFF_MS_MAX = 5_000;
/** One answer of a model. Units: milliseconds. */
export const MODEL_DEADLINE_MS = 120_000;
/** What a provider may say about a failed call, as runs take it. Units: UTF-8 bytes. */
export const EXPLANATION_BYTES_MAX = 1024;
/** How often a call is made that failed without an effect and may succeed later; then the model is told. */
export const CALL_ATTEMPTS_MAX = 3;
/** First pause before such a call is made again; it doubles. Units: milliseconds. */
export const CALL_BACKOFF_MS = 250;
/** How long a loop that was told to stop may take to return: a tool obeys and its result is written. Units: milliseconds. */
export const LOOP_GRACE_MS = 2_000;
/** How often a run is claimed in vain before it counts as held by somebody else. */
export const CLAIM_ATTEMPTS_MAX = 8;
/** How long an explanation waits for the log to have what the run has done. Units: milliseconds. */
export const EXPLAIN_LAG_MS = 100;
/** How often a follower of a run looks whether the worker that holds it is still alive. Units: milliseconds. */
export const FOLLOW_LEASE_LOOK_MS = 500;
/** How long closing waits for followers of the log to catch up. Units: milliseconds. */
export const DRAIN_MS = 10_000;
/** Records of one family that an explanation reads at most. */
export const EXPLAIN_RECORDS_MAX = 5_000;
/** Open gates of a tenant among which a listing looks for those of one owner. */
export const GATES_PAGE_MAX = 1_000;
/** Tenants that one host may serve: each has followers of its own. */
export const TENANTS_MAX = 256;
/** Operator's text in front of every conversation. Units: UTF-8 bytes. */
export const SYSTEM_TEXT_BYTES_MAX = 16 * 1024;
/** How long a follower of the log holds its place without a sign of life. Units: milliseconds. */
export const FOLLOWER_LEASE_MS = 10_000;
/** Packages that one host loads; each is read whole when the host starts. */
export const EXTENSIONS_MAX = 64;
/** How an operator names a package: a path. Units: UTF-8 bytes. */
export const EXTENSION_NAME_BYTES_MAX = 1024;
/** Files and folders of one package; a package that needs libraries bundles them. */
export const PACKAGE_ENTRIES_MAX = 2_048;
/** Bytes of one package: it is held in memory while it is looked at, and read again before each of its programs starts. */
export const PACKAGE_BYTES_MAX = 32 * 1024 * 1024;
/** Folders inside folders; deeper ones are an attack on recursion. */
export const PACKAGE_DEPTH_MAX = 16;
/** A `package.json` is read for one field; a larger one is something else. Units: UTF-8 bytes. */
export const PACKAGE_JSON_BYTES_MAX = 256 * 1024;
/** How often a host looks for what others that are gone have left behind. Units: milliseconds. */
export const KEEPER_LOOK_MS = 30_000;
