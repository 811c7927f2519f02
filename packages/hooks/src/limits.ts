/** Bounds of hooks, each with its reason. */

/** One gate may think this long: the person behind the call waits. Units: milliseconds. */
export const HOOK_DEADLINE_MS = 250;
/** All gates of one call together, reading their records included. Units: milliseconds. */
export const DISPATCH_DEADLINE_MS = 1_000;
/** Gates of one call that are at work at once; further ones wait their turn. */
export const GATES_AT_ONCE_MAX = 64;
/** Gates of one host: all of them may fail in one call, and their records must fit into that call's unit of work. */
export const GATES_MAX = 128;
/** Hooks of one extension, over all points: more are a second extension. */
export const HOOKS_PER_EXTENSION_MAX = 32;
/** Hooks of one extension at one point: no extension crowds out the others. */
export const HOOKS_PER_EXTENSION_POINT_MAX = 8;
/** Patterns in one capability filter; a longer list is no filter. */
export const CAPABILITY_PATTERNS_MAX = 64;
/** How long a failed gate stays shut where there is no run that would end it. Units: milliseconds. */
export const POISON_TTL_MS = 10 * 60 * 1000;
/** A hook's own words about its decision, for the operator. Units: UTF-8 bytes. */
export const REASON_BYTES_MAX = 512;
/** Notes of one delivery: they join the unit that acknowledges it. */
export const NOTES_PER_DELIVERY_MAX = 8;
