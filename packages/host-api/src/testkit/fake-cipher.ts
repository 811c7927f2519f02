/**
 * A cipher that keeps the port's promises but no secrets: a keystream and a seal made of SHA-256 under a known key.
 *
 * Not here: real encryption (`@reborn/adapter-node`).
 */
import type { Cipher } from '../platform.ts';
import { portableDigest } from '../portable-digest.ts';

const NONCE_BYTES = 8;
const SEAL_BYTES = 32;

export function createFakeCipher(key = 'fake key'): Cipher {
  let sealed = 0;
  return {
    async seal(plain, context) {
      sealed += 1;
      const nonce = fromHex(sealed.toString(16).padStart(NONCE_BYTES * 2, '0'));
      const body = mask(plain, key, nonce);
      return Uint8Array.from([...nonce, ...body, ...sealOf(key, context, nonce, body)]);
    },
    async open(bytes, context) {
      if (bytes.length < NONCE_BYTES + SEAL_BYTES) return undefined;
      const nonce = bytes.slice(0, NONCE_BYTES);
      const body = bytes.slice(NONCE_BYTES, bytes.length - SEAL_BYTES);
      const expected = sealOf(key, context, nonce, body);
      const given = bytes.slice(bytes.length - SEAL_BYTES);
      return given.every((byte, at) => byte === expected[at]) ? mask(body, key, nonce) : undefined;
    },
  };
}

function mask(bytes: Uint8Array, key: string, nonce: Uint8Array): Uint8Array {
  let block = new Uint8Array();
  return bytes.map((byte, at) => {
    if (at % 32 === 0) block = fromHex(hashOf(['mask', key, nonce.join(), String(at)]));
    return byte ^ (block[at % 32] ?? 0);
  });
}

function sealOf(key: string, context: string, nonce: Uint8Array, body: Uint8Array): Uint8Array {
  return fromHex(hashOf(['seal', key, context, nonce.join(), portableDigest.sha256Hex(body)]));
}

function hashOf(parts: readonly string[]): string {
  return portableDigest.sha256Hex(new TextEncoder().encode(JSON.stringify(parts)));
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
