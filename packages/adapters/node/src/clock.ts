/** Wall-clock time of this machine. */
import type { Clock } from '@reborn/host-api';

export function createNodeClock(): Clock {
  return Object.freeze({ nowMs: () => Date.now() });
}
