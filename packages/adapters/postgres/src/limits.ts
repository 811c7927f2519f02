/** Bounds of the PostgreSQL store, each with its reason. Times are milliseconds. */

/** Units in one batch: one sync pays for all of them, and what a batch holds in memory stays small. */
export const BATCH_UNITS_MAX = 512;
/** Bodies and commands of one batch, roughly; a statement that is much larger keeps everybody behind it waiting. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Attempts that trust what was read without a lock; whoever loses more often than that takes locks. */
export const OPTIMISTIC_ATTEMPTS = 2;
/** Attempts in all. Under locks somebody always gets through, so whoever needs more meets no rival but a fault. */
export const ATTEMPTS_MAX = 50;
/** Streams whose heads are remembered between batches. */
export const HEADS_MAX = 10_000;
/** Versions of a stream that are remembered out of order; a host that has missed one for longer looks once too often. */
export const VERSIONS_AHEAD_MAX = 256;
/** Sessions for reading at most, unless the options say otherwise. */
export const READERS_MAX = 4;
/** Reads that wait for a session; more are refused, since nobody waits for them any longer when they are served. */
export const READS_WAITING_MAX = 10_000;
/** How long the server works on one statement; cutting a large stream off is the longest. */
export const STATEMENT_MS_MAX = 30_000;
/** How much longer the answer may take before the connection is taken for dead. */
export const ANSWER_MS_MAX = 5000;
/** A host that stands still while it holds locks is cut off after this long, so that it does not stop the others. */
export const TRANSACTION_IDLE_MS_MAX = 5000;
/** After this much silence the other side is asked whether it is still there. */
export const KEEP_ALIVE_MS = 10_000;
/** How long making a connection may take, from the first packet to the last question of the password. */
export const CONNECT_MS_MAX = 10_000;
/** The first pause before another attempt to connect; it doubles. */
export const RECONNECT_PAUSE_MS_MIN = 25;
/** The longest such pause. */
export const RECONNECT_PAUSE_MS_MAX = 1000;
/** All pauses together before units that wait are told that the store is not there. */
export const RECONNECT_TOTAL_MS = 5000;
/** How soon a commit of another host is noticed when its notification was lost. */
export const WAKE_MS = 2000;
/** Streams that one look of the safety net names one by one; after more, everybody looks. */
export const TOUCHED_STREAMS_MAX = 1000;
/** Between two notifications of one host: what comes faster goes together, and the server has time for the writes. */
export const TELL_PAUSE_MS = 5;
/** PostgreSQL carries at most 8000 bytes in a notification. */
export const NOTIFICATION_BYTES_MAX = 7900;
/** Keys are indexed up to here; longer ones by what they begin with and a digest. An entry of an index holds 2700 bytes. */
export const KEY_SLOT_BYTES_MAX = 480;
/** The oldest server that is known to do all that is asked of it. */
export const SERVER_VERSION_MIN = 150_000;
