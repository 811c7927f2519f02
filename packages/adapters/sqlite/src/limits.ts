/** Bounds of the SQLite store, each with its reason. Times are milliseconds. */
import { PAGE_BYTES_MAX, PAGE_RECORDS_MAX } from '@reborn/host-api';

/** The driver waits for a lock while its thread does nothing else; longer waits are made of several with timers between. */
export const BUSY_TIMEOUT_MS = 10;
/** After waiting this long in all for another process, a call fails: whoever holds the lock so long is not just busy. */
export const BUSY_TOTAL_MS = 5000;
/** The first pause between two attempts; it doubles. */
export const BUSY_PAUSE_MS_MIN = 4;
/** The longest pause, before jitter. */
export const BUSY_PAUSE_MS_MAX = 100;
/** Units in one transaction. One sync pays for all of them; more would keep other processes from the lock for too long. */
export const BATCH_UNITS_MAX = 512;
/** Text in one transaction, for the same reason, and because a batch is copied from thread to thread. UTF-16 units. */
export const BATCH_TEXT_MAX = 8 * 1024 * 1024;
/** Units that may wait for the writer. Whoever sends faster than the disk writes hears of it instead of filling memory. */
export const WAITING_UNITS_MAX = 16_384;
/** Text that may wait for the writer, for the same reason. UTF-16 units. */
export const WAITING_TEXT_MAX = 64 * 1024 * 1024;
/** Wake-ups of other processes can be lost (a full queue of the system, a deleted file): so often somebody looks anyway. */
export const SAFETY_NET_MS = 2000;
/** Records of others that one look tells apart by stream and kind; after more of them everybody is woken. */
export const LOOK_RECORDS_MAX = 4096;
/** How old the head anchor may get while records are appended: what it cannot vouch for after a loss. */
export const ANCHOR_MS = 1000;
/** An anchor file is one short line; whatever is longer is none. */
export const ANCHOR_BYTES_MAX = 4096;
/** Pages of the log at which they are moved into the file: fewer would go twice, more would make opening after a kill slow. */
export const LOG_PAGES_MAX = 8192;
/** A writer that has nothing to do moves the log into the file, so that nobody has to wait for it; a few are no work. */
export const LOG_PAGES_IDLE = 256;
/** How long a writer has nothing to do before it is called idle. */
export const IDLE_MS = 250;
/** Units between two looks at the size of the log: a look costs as much as a unit or two. */
export const LOG_LOOK_UNITS = 256;
/** The write-ahead log is cut back to this size after a checkpoint, so that one burst does not keep the disk. */
export const WAL_BYTES_KEPT = 64 * 1024 * 1024;
/** Pages that a connection keeps, in KiB: the inner nodes of all indexes over some million records. */
export const CACHE_KIB = 16 * 1024;
/** Statements that are kept prepared, one for each form of question; people ask in a few forms. */
export const STATEMENTS_MAX = 128;
/** How far a question by time goes record by record, in pages, before it turns to the index by time. */
export const TIME_SCAN_PAGES = 4;
/** Threads that wait for the next store of the process: starting one costs a tenth of a second and some megabytes. */
export const IDLE_THREADS_MAX = 4;
/** A body that comes with its row: a page of nothing else is as large as a page may be. Larger ones are read one by one. */
export const INLINE_BODY_BYTES_MAX = Math.floor(PAGE_BYTES_MAX / PAGE_RECORDS_MAX);
