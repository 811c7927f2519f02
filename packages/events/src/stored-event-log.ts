/**
 * The log over any `DurableStore`: one implementation of its rules for all backends.
 *
 * Not here: storage (`DurableStore`), the port (`event-log.ts`), what each function does (`log/`, `verify.ts`).
 */
import { portableDigest, type DigestPort, type DurableStore } from '@reborn/host-api';
import type { EventLog } from './event-log.ts';
import { append, appendBatch } from './log/append.ts';
import { query } from './log/query.ts';
import { bounds, head, read } from './log/read.ts';
import { tail } from './log/tail.ts';
import { trace } from './log/trace.ts';
import { verify } from './verify.ts';

export interface EventLogOptions {
  /** Seals page tokens and recomputes chains; the machine's own is much faster than the portable one. */
  readonly digest?: DigestPort;
}

/** The log of everything that `store` holds. */
export function createEventLog(store: DurableStore, options: EventLogOptions = {}): EventLog {
  const { digest = portableDigest } = options;
  return {
    append: (records) => append(store, records),
    appendBatch: (records) => appendBatch(store, records),
    read: (request) => read(store, request),
    head: (family, scope) => head(store, { family, scope }),
    bounds: (request) => bounds(store, request),
    tail: (request) => tail(store, request),
    query: (request) => query(store, digest, request),
    trace: (request) => trace(store, digest, request),
    verify: (request) => verify(store, digest, request),
  };
}
