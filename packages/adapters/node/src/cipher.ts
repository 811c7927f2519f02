/**
 * AES-256-GCM under one key. A sealed text is bound to its context: opened under another one it is nothing.
 *
 * Not here: where the key comes from and who may use it (the surface that composes; secrets of `@reborn/host-runtime`).
 * Source: NIST SP 800-38D; random 96-bit nonces allow 2^32 seals under one key.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { HostApiError, type Cipher } from '@reborn/host-api';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of everything sealed, so that a later form can be told apart. */
const FORM = 1;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export interface NodeCipherOptions {
  /** Exactly 32 bytes; copied, so the caller may wipe its own. */
  readonly key: Uint8Array;
}

/** Shape of a sealed text: form (1 byte), nonce (12), tag (16), cipher text. Errors: `host-api/invalid_value`. */
export function createNodeCipher(options: NodeCipherOptions): Cipher {
  if (options.key.byteLength !== KEY_BYTES) {
    throw new HostApiError('host-api/invalid_value', { detail: { field: 'key', rule: `must be ${KEY_BYTES} bytes` } });
  }
  const key = createSecretKey(new Uint8Array(options.key));
  return Object.freeze({
    seal: async (plain: Uint8Array, context: string) => seal(key, plain, context),
    open: async (sealed: Uint8Array, context: string) => open(key, sealed, context),
  });
}

function seal(key: KeyObject, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additional(context));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return new Uint8Array(Buffer.concat([Uint8Array.of(FORM), nonce, cipher.getAuthTag(), text]));
}

function open(key: KeyObject, sealed: Uint8Array, context: string): Uint8Array | undefined {
  if (sealed.byteLength < HEAD_BYTES || sealed[0] !== FORM || !context.isWellFormed()) return undefined;
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additional(context));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]));
  } catch {
    // The library tells a forged tag by throwing and by nothing else.
    return undefined;
  }
}

/** Two contexts must never become the same bytes, which replaced lone surrogates would. */
function additional(context: string): Uint8Array {
  if (context.isWellFormed()) return Buffer.from(context, 'utf8');
  throw new HostApiError('host-api/invalid_value', {
    detail: { field: 'context', rule: 'must be well-formed Unicode' },
  });
}
