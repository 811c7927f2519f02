/** A cipher as the host has one, with nonces that follow from the seed. Not here: the host's own (`@reborn/adapter-node`). */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Cipher, Random } from '@reborn/host-api';

const KEY = createHash('sha256').update('the key of all hosts of the simulation').digest();
const [NONCE_BYTES, TAG_BYTES] = [12, 16];

export function createSimulatedCipher(random: Random): Cipher {
  return {
    seal: async (plain, context) => {
      const nonce = random.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', KEY, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: async (sealed, context) => {
      const [nonce, end] = [sealed.slice(0, NONCE_BYTES), sealed.length - TAG_BYTES];
      const decipher = createDecipheriv('aes-256-gcm', KEY, nonce).setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.slice(end));
      try {
        return Buffer.concat([decipher.update(sealed.slice(NONCE_BYTES, end)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

/** No cipher at all: whoever reads the records reads the secrets. */
export const ENCODES_ONLY: Cipher = { seal: async (plain) => plain, open: async (sealed) => sealed };
