/** Bounds of turns, each with its reason. */

/** One message of a person or a model; longer things belong into files. Units: UTF-8 bytes. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
/** Calls that a model may make in one step. */
export const CALLS_PER_STEP_MAX = 32;
/** The identity a model gives to one of its calls. Units: UTF-8 bytes. */
export const CALL_ID_BYTES_MAX = 128;
/** The state of a loop between two steps; content belongs into the transcript. Units: UTF-8 bytes. */
export const CHECKPOINT_BYTES_MAX = 64 * 1024;
/** Entries of a thread that one run may look back on. */
export const TRANSCRIPT_ENTRIES_MAX = 5_000;
/** Gates that one run may wait for at once: as many as one step may make calls. */
export const GATES_PER_RUN_MAX = CALLS_PER_STEP_MAX;
/** Crashes after which a run is given up instead of being tried again. */
export const CRASHES_MAX = 5;
/** How long a worker holds a run without a heartbeat. Units: milliseconds. */
export const RUN_LEASE_MS = 30_000;
/** Heartbeats per lease time, so that two may be lost. */
export const HEARTBEATS_PER_LEASE = 3;
/** How often a guarded unit is tried again after somebody else moved its record. */
export const CONTENTION_RETRIES_MAX = 8;
/** A sentence for people about why a run failed. Units: UTF-8 bytes. */
export const EXPLANATION_BYTES_MAX = 1024;
/** Runs one listing may hold. */
export const RUNS_PAGE_MAX = 200;
