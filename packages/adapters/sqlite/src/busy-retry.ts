/**
 * Waiting for other processes without holding up this one: short waits in the driver, pauses on the timers between.
 *
 * Not here: the order of commits that wait (`commit-queue.ts`).
 */
import type { StoreOpening } from '@reborn/host-api';
import { busyFault, isBusy, toStoreFault } from './errors.ts';
import { BUSY_PAUSE_MS_MAX, BUSY_PAUSE_MS_MIN, BUSY_TIMEOUT_MS, BUSY_TOTAL_MS } from './limits.ts';

/** What waiting takes. */
export interface Patience {
  readonly timers: StoreOpening['timers'];
  /** A share of 1, different each time and in each process. */
  readonly jitter: () => number;
}

/** Repeats `work` while it is refused for a lock. Errors: those of `toStoreFault`. */
export async function patiently<T>(patience: Patience, work: () => T | Promise<T>): Promise<T> {
  let waitedMs = 0;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw toStoreFault(error);
      if (waitedMs >= BUSY_TOTAL_MS) throw busyFault(error);
      waitedMs += await pause(patience, attempt);
    }
  }
}

/** Waits before the next attempt. Returns the time that this attempt cost: counted, not read, since clocks jump. */
export async function pause(patience: Patience, attempt: number): Promise<number> {
  const baseMs = Math.min(BUSY_PAUSE_MS_MIN * 2 ** Math.min(attempt, 16), BUSY_PAUSE_MS_MAX);
  const delayMs = baseMs * (0.5 + patience.jitter());
  await new Promise<void>((resolve) => void patience.timers.schedule(delayMs, resolve));
  return delayMs + BUSY_TIMEOUT_MS;
}

let stores = 0;

/** Numbers that keep rivals out of step. They need not be unpredictable, only different in each store and process. */
export function createJitter(): () => number {
  stores += 1;
  let state = Math.imul(process.pid, 0x9e3779b1) + stores;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
