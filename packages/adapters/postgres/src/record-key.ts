/**
 * Texts as bytes that sort like their text: by UTF-16 code unit, as the port asks, which UTF-8 does not beyond the basic
 * plane. CESU-8 (surrogates encoded one by one) does, and is UTF-8 for everything else.
 *
 * Source: Unicode Technical Report 26.
 */
import { hash } from 'node:crypto';
import { KEY_SLOT_BYTES_MAX } from './limits.ts';

/** Where a record's key stands in an index. `long` is the whole key where the slot does not hold it. */
export interface KeySlot {
  readonly slot: Uint8Array;
  readonly long: Uint8Array | null;
}

/** Invariant: well-formed text only, which `parseRecordKey` sees to. */
export function toKeyBytes(key: string): Uint8Array {
  if (!/[\ud800-\udfff]/.test(key)) return Buffer.from(key, 'utf8');
  const parts: Uint8Array[] = [];
  for (const unit of key.split('')) {
    const code = unit.charCodeAt(0);
    parts.push(isSurrogate(code) ? threeBytes(code) : Buffer.from(unit, 'utf8'));
  }
  return Buffer.concat(parts);
}

export function fromKeyBytes(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  for (let at = 0; at + 2 < bytes.length; at += 1) {
    const code = surrogateAt(bytes, at);
    if (code === undefined) continue;
    text += decode(bytes.subarray(start, at)) + String.fromCharCode(code);
    start = at + 3;
    at += 2;
  }
  return text + decode(bytes.subarray(start));
}

/** Invariant: different keys have different slots, since no text holds the byte `ff` that stands before a digest. */
export function toKeySlot(key: string): KeySlot {
  const bytes = toKeyBytes(key);
  if (bytes.length <= KEY_SLOT_BYTES_MAX) return { slot: bytes, long: null };
  const digest = hash('sha256', bytes, 'buffer');
  return { slot: Buffer.concat([bytes.subarray(0, KEY_SLOT_BYTES_MAX), Uint8Array.of(0xff), digest]), long: bytes };
}

function threeBytes(code: number): Uint8Array {
  return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

/** The surrogate that begins at `at`, if one does. Its first byte begins nothing else that sorts above `0x9f` after it. */
function surrogateAt(bytes: Uint8Array, at: number): number | undefined {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
  return first === 0xed && second >= 0xa0 ? 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f) : undefined;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
