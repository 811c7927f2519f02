/**
 * SHA-256 that runs anywhere, without the machine's own: for browsers, sandboxes, simulators and tests.
 *
 * Not here: the fast native one (`@reborn/adapter-node`), and what is fingerprinted (`canonical-json.ts`).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { DigestPort } from './platform.ts';

export const portableDigest: DigestPort = Object.freeze({
  sha256Hex: (bytes: Uint8Array) => bytesToHex(sha256(bytes)),
});
