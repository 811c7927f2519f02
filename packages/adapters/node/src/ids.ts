/**
 * New identities: UUIDs of version 7, whose leading bits grow with time, which keeps indexes compact. Their random part is
 * taken from a pool: asking the operating system for each costs more than everything else about an id.
 */
import { randomFillSync } from 'node:crypto';
import type { Ids } from '@reborn/host-api';
import { v7 } from 'uuid';
import { RANDOM_POOL_BYTES } from './limits.ts';

/** What one id takes. */
const ID_BYTES = 16;

export function createNodeIds(): Ids {
  const pool = new Uint8Array(RANDOM_POOL_BYTES);
  let used = pool.length;
  let [lastMs, seq] = [0, 0];
  const fill = (): Uint8Array => {
    if (used + ID_BYTES > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += ID_BYTES;
    return pool.slice(used - ID_BYTES, used);
  };
  const uuid = (): string => {
    const random = fill();
    const nowMs = Date.now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // Leaves room to count up within a millisecond, also where the clock stands still.
      seq = new DataView(random.buffer, random.byteOffset).getUint32(6) & 0x7fffffff;
    } else {
      seq = (seq + 1) | 0;
      if (seq === 0) lastMs += 1;
    }
    return v7({ random, msecs: lastMs, seq });
  };
  return Object.freeze({ uuid });
}
