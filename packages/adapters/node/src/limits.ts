/** Bounds of the machine's adapter, each with its reason. Bytes are UTF-8 bytes, times milliseconds. */

/** Node runs a longer delay at once; longer ones are made of several. */
export const TIMER_DELAY_MS_MAX = 2 ** 31 - 1;
/** More random bytes in one call are a mistake, and would hold the event loop. */
export const RANDOM_BYTES_MAX = 1024 * 1024;
/** How long to wait for the pipes of a process group that was killed; only one that left its group keeps them open. */
export const PIPE_DRAIN_MS = 1000;
/** What a program that starts another one says about it; two short lines of JSON. */
export const WRAPPER_STATUS_BYTES_MAX = 4096;
/** Temporary files of a sandboxed program lie in memory. */
export const SANDBOX_TMP_BYTES_MAX = 256 * 1024 * 1024;
/** The trial start of a sandbox takes some milliseconds on a machine at rest. */
export const SANDBOX_PROBE_MS_MAX = 10_000;
/** What a trial start prints: a version, or one line of complaint. */
export const SANDBOX_PROBE_BYTES_MAX = 16 * 1024;
/** What a host name may stand for; the first answers are enough to reach it. */
export const ADDRESSES_MAX = 32;
/** A resolver that takes longer is down. */
export const RESOLVE_MS_MAX = 10_000;
/** Headers of one answer; Node's own default, stated so that no flag of the process changes it. */
export const RESPONSE_HEADER_BYTES_MAX = 16 * 1024;
/** One line for the operator; more is a dump, and dumps carry secrets. */
export const DIAGNOSTIC_BYTES_MAX = 4096;
/** A key takes 64 characters at most; a larger file is something else. */
export const KEY_FILE_BYTES_MAX = 256;
/** Of 32 random bytes nearly all differ; fewer different ones were typed or copied from an example. */
export const KEY_DISTINCT_BYTES_MIN = 8;
/** Random bytes that are fetched at once for ids. */
export const RANDOM_POOL_BYTES = 4096;
