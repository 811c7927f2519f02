/**
 * Base64, without the machine's own.
 *
 * Source: RFC 4648, sections 4 and 5.
 */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NO_DIGIT = 64;
/** The value of each character; the newer alphabet has two other digits. */
const VALUES: Uint8Array = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < DIGITS.length; value += 1) VALUES[DIGITS.charCodeAt(value)] = value;
VALUES[0x2d] = 62;
VALUES[0x5f] = 63;

/** In the older alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const three = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const four = [18, 12, 6, 0].map((shift) => DIGITS.charAt((three >> shift) & 0x3f)).join('');
    const over = bytes.length - at;
    parts.push(over >= 3 ? four : four.slice(0, over + 1).padEnd(4, '='));
  }
  return parts.join('');
}

/** What the digits of either alphabet hold, whatever else stands among them; bits that fill no byte are left out. */
export function fromBase64(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 6) >> 3);
  let [length, bits, held] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const value = VALUES[text.charCodeAt(at)] ?? NO_DIGIT;
    if (value === NO_DIGIT) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (held >> bits) & 0xff;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** Six bits for each digit of either alphabet; 64 for anything else. */
export function base64Value(byte: number): number {
  return VALUES[byte] ?? NO_DIGIT;
}
