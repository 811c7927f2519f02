/** SHA-256 by the native library. */
import { createHash } from 'node:crypto';
import type { DigestPort } from '@reborn/host-api';

export function createNodeDigest(): DigestPort {
  return Object.freeze({ sha256Hex: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') });
}
