/** Bounds of the SQLite store, each with its reason. Times are milliseconds. */

/** The driver waits for a lock while nothing else runs; longer waits are made of several with timers between. */
export const BUSY_TIMEOUT_MS = 10;
/** After waiting this long in all for another process, a call fails: whoever holds the lock so long is not just busy. */
export const BUSY_TOTAL_MS = 5000;
/** The first pause between two attempts; it doubles. */
export const BUSY_PAUSE_MS_MIN = 4;
/** The longest pause, before jitter. */
export const BUSY_PAUSE_MS_MAX = 100;
/** Units in one transaction. One sync pays for all of them; more would hold the lock and the event loop for too long. */
export const BATCH_UNITS_MAX = 64;
/** How soon commits of other processes are noticed. Waking up by notification is for one process only. */
export const WAKE_MS = 250;
/** The write-ahead log is cut back to this size after a checkpoint, so that one burst does not keep the disk. */
export const WAL_BYTES_KEPT = 64 * 1024 * 1024;
