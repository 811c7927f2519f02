/** Unpredictable bytes from the operating system. */
import { randomBytes } from 'node:crypto';
import { assert, type Random } from '@reborn/host-api';
import { RANDOM_BYTES_MAX } from './limits.ts';

export function createNodeRandom(): Random {
  return Object.freeze({ bytes });
}

function bytes(length: number): Uint8Array {
  assert(Number.isInteger(length) && length >= 0 && length <= RANDOM_BYTES_MAX, 'a sensible number of random bytes');
  return new Uint8Array(randomBytes(length));
}
