/**
 * Waiting: for the next commit without missing one and without polling, or for some time.
 *
 * Not here: what is done afterwards (`follower.ts`, `../stored-event-log.ts`).
 */
import type { CommitInterest, StreamReader, Timers } from '@reborn/host-api';

/** A longest time to wait. Units: milliseconds. */
export interface Patience {
  readonly timers: Timers;
  readonly ms: number;
}

export interface ChangeWaiter {
  /** Remembers the present moment; take it before reading. */
  mark(): number;
  /**
   * Resolves at the first commit after `mark` that meets the interest, at once if there was one already, or when the
   * signal aborts. There is no timer: the store makes up for a lost wake-up itself.
   */
  since(mark: number, signal: AbortSignal): Promise<void>;
  /** Listens no more, and wakes whoever waits. */
  stop(): void;
}

/** The narrower the interest, the less a waiter that has nothing to do costs those who append. */
export function waitForChange(store: Pick<StreamReader, 'onCommit'>, interest?: CommitInterest): ChangeWaiter {
  let version = 0;
  const waiting = new Set<() => void>();
  const wakeAll = (): void => {
    version += 1;
    for (const wake of waiting) wake();
  };
  const off = store.onCommit(wakeAll, interest);
  const since = (mark: number, signal: AbortSignal): Promise<void> => {
    if (version !== mark) return Promise.resolve();
    return waitUntil(signal, undefined, (wake) => {
      waiting.add(wake);
      return () => void waiting.delete(wake);
    });
  };
  const stop = (): void => {
    off();
    wakeAll();
  };
  return { mark: () => version, since, stop };
}

/** Resolves when the patience is at an end or the signal aborts. */
export function pause(patience: Patience, signal: AbortSignal): Promise<void> {
  return waitUntil(signal, patience, () => () => undefined);
}

/** Whatever wakes first takes all other ways of waking away with it. */
function waitUntil(
  signal: AbortSignal,
  patience: Patience | undefined,
  listen: (wake: () => void) => () => void,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      for (const end of ends) end();
      resolve();
    };
    const onAbort = (): void => signal.removeEventListener('abort', wake);
    const ends = [listen(wake), onAbort, patience?.timers.schedule(patience.ms, wake) ?? (() => undefined)];
    signal.addEventListener('abort', wake, { once: true });
  });
}
