/** Delays on the event loop of this process. */
import type { Timers } from '@reborn/host-api';
import { TIMER_DELAY_MS_MAX } from './limits.ts';

export interface NodeTimersOptions {
  /** Whether a pending delay alone keeps the process alive. Default: yes; a host that is closed leaves none behind. */
  readonly keepAlive?: boolean;
}

export function createNodeTimers(options: NodeTimersOptions = {}): Timers {
  const keepAlive = options.keepAlive ?? true;
  return Object.freeze({ schedule: (delayMs: number, callback: () => void) => schedule(delayMs, callback, keepAlive) });
}

function schedule(delayMs: number, callback: () => void, keepAlive: boolean): () => void {
  let restMs = Number.isFinite(delayMs) ? Math.max(0, delayMs) : delayMs === Infinity ? Infinity : 0;
  let pending: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(restMs, TIMER_DELAY_MS_MAX);
    restMs -= stepMs;
    pending = setTimeout(() => (restMs > 0 ? arm() : callback()), stepMs);
    if (!keepAlive) pending.unref();
  };
  arm();
  return () => clearTimeout(pending);
}
