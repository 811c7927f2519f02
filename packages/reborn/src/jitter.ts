/** Shares of 1 that keep followers of one store from trying again at the same moment. Not here: how long they wait. */
import type { Random } from '@reborn/host-api';

/** Shape: from 0 to below 1, a new one each time. */
export function createJitter(random: Random): () => number {
  return () => random.bytes(4).reduce((sum, byte) => (sum + byte) / 256, 0);
}
