/**
 * The bytes of a file as text, and text as lines.
 *
 * Not here: which files are read (`read-file.ts`, `grep.ts`).
 */
import { utf8Bytes } from '@reborn/host-api';
import { BINARY_PROBE_BYTES } from './limits.ts';

/**
 * The text of a file, or nothing when it is binary. UTF-16LE is told by its mark; everything else is read as UTF-8, in
 * which broken bytes become U+FFFD. Invariant: well-formed, no NUL, no byte order mark, line breaks are `\n`.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!isUtf16 && bytes.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
  const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
  // Stores that hold JSON as text or jsonb refuse NUL.
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD').replaceAll('\r\n', '\n');
}

/** Where the line that begins at `start` ends: at its break, or at the end of the text. */
export function lineEnd(text: string, start: number): number {
  const at = text.indexOf('\n', start);
  return at === -1 ? text.length : at;
}

/** Where the line that holds the position `at` begins. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The first `bytesMax` UTF-8 bytes of a text and a mark that it was cut, or the whole text. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length <= bytesMax && utf8Bytes(text) <= bytesMax) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Bytes(character);
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}
