/** For tests of this package and of everything above it: records of every kind, and what a log and its followers keep. */

// Contracts
export { eventLogContract } from './event-log-contract.ts';
export { consumerContract } from './consumer-contract.ts';
export { retentionContract } from './retention-contract.ts';
export { projectionContract } from './projection-contract.ts';
export { eventStreamContract } from './event-stream-contract.ts';
export type { LogHarness } from './harness.ts';

// Builders
export { buildForeignAppend, buildLogRecord, LOG_RECORD_KINDS } from './builder.ts';

// Tables
export { ERROR_KIND_TABLE } from './event-log/append-cases.ts';
