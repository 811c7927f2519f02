/**
 * The ways in which a request ends early: its own deadline, and whoever stops the call.
 *
 * Not here: what the failure is called afterwards (`egress-failure.ts`).
 */
import type { Timers } from '@reborn/host-api';

type EarlyEnd = 'timed_out' | 'cancelled';

export interface RequestEnding {
  readonly signal: AbortSignal;
  /** Why it ended, if it did. */
  readonly how: EarlyEnd | undefined;
  /** The work, or `undefined` when the end came first: what does not obey is not waited for. */
  before<T>(work: Promise<T>): Promise<T | undefined>;
  dispose(): void;
}

/** `signal` is not aborted yet. */
export function createRequestEnding(timers: Timers, timeoutMs: number, signal: AbortSignal): RequestEnding {
  const controller = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  let how: EarlyEnd | undefined;
  const end = (by: EarlyEnd): void => {
    how ??= by;
    controller.abort();
    resolve(undefined);
  };
  const onAbort = (): void => end('cancelled');
  const cancelTimer = timers.schedule(timeoutMs, () => end('timed_out'));
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    get how() {
      return how;
    },
    before: (work) => Promise.race([work, ended]),
    dispose() {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
