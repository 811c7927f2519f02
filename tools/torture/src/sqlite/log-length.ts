/** Lies about the length of the write-ahead log, so that checkpoints come when a trial needs them. Not here: who tells them. */

/** What a writer says that wants to know how long its log is. */
export const LOOK_AT_LOG = 'PRAGMA wal_checkpoint(NOOP)';
export const LONG_LOG = { log: 1_000_000, checkpointed: 0 };
export const SHORT_LOG = { log: 0, checkpointed: 0 };
