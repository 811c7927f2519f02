/** Bounds of the machine's adapter, each with its reason. Bytes are UTF-8 bytes, times milliseconds. */

/** Node runs a longer delay at once; longer ones are made of several. */
export const TIMER_DELAY_MS_MAX = 2 ** 31 - 1;
/** More random bytes in one call are a mistake, and would hold the event loop. */
export const RANDOM_BYTES_MAX = 1024 * 1024;
/** How long to wait for the pipes of a process group that was killed; only one that left its group keeps them open. */
export const PIPE_DRAIN_MS = 1000;
/** What a host name may stand for; the first answers are enough to reach it. */
export const ADDRESSES_MAX = 32;
/** A resolver that takes longer is down. */
export const RESOLVE_MS_MAX = 10_000;
/** Headers of one answer; Node's own default, stated so that no flag of the process changes it. */
export const RESPONSE_HEADER_BYTES_MAX = 16 * 1024;
/** One line for the operator; more is a dump, and dumps carry secrets. */
export const DIAGNOSTIC_BYTES_MAX = 4096;
