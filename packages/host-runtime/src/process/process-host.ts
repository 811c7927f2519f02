/**
 * Asking about processes and ending them: the port of tools, surfaces and the door itself. A process of another scope
 * is unknown to every method, as one that never was.
 *
 * Not here: beginning one (the door alone can: `process-desk.ts`).
 * Source: specification 2, b.9.
 */
import type { ProcessId, ResourceScope } from '@reborn/host-api';
import type { ProcessView } from './process.ts';

/** Who wants it ended: the words of `cancelWork`, and a capability on behalf of the model. */
export type ProcessEndReason = 'user_requested' | 'turn_cancelled' | 'shutdown' | 'timeout' | 'tool_requested';

/** `ending`: it was told to stop, and nothing but `cancelled` or `lost` becomes of it any more. */
export type EndProcessOutcome =
  | { readonly kind: 'ending' }
  | { readonly kind: 'already_terminal'; readonly status: Exclude<ProcessView['status'], 'running'> }
  | { readonly kind: 'unknown' };

/** `running`: the time is over, the signal was aborted, or the host closes. */
export type AwaitProcessOutcome =
  | { readonly kind: 'ended' | 'running'; readonly process: ProcessView }
  | { readonly kind: 'unknown' };

/**
 * What it has shown from `from` on; pass `next` as `after` to go on. `from` beyond what was asked for: the text between is
 * gone. `elsewhere`: another host carries it on, and what it shows is not known here before its end.
 */
export type ReadProcessOutcome =
  | {
      readonly kind: 'read';
      readonly source: 'live' | 'stored' | 'elsewhere';
      readonly status: ProcessView['status'];
      readonly text: string;
      readonly from: number;
      readonly next: number;
    }
  | { readonly kind: 'unknown' };

/** Errors of every method: `host-runtime/unavailable`. */
export interface ProcessHost {
  status(scope: ResourceScope, processId: ProcessId): Promise<ProcessView | undefined>;
  /** Order: the newest first, running or over. */
  list(scope: ResourceScope): Promise<readonly ProcessView[]>;
  /** Those that go on, on whatever host. Order: the oldest first. */
  active(scope: ResourceScope): Promise<readonly ProcessView[]>;
  /** Idempotent. A process of another host hears of it with that host's next heartbeat. */
  end(scope: ResourceScope, processId: ProcessId, reason: ProcessEndReason): Promise<EndProcessOutcome>;
  /** Units: milliseconds. */
  await(
    scope: ResourceScope,
    processId: ProcessId,
    terms: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<AwaitProcessOutcome>;
  /** Units: UTF-16 code units of everything it has shown since it began. */
  read(scope: ResourceScope, processId: ProcessId, from?: { readonly after?: number }): Promise<ReadProcessOutcome>;
}
