/** Waiting for some time, or until nobody wants to wait any more. */
import type { Timers } from '@reborn/host-api';

/** Resolves after `ms`, at once when the signal has aborted, and as soon as it does. Units: milliseconds. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = timers.schedule(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
