/**
 * Text of extensions, cut to what may be stored and shown: well formed, without control characters, bounded.
 *
 * Not here: refusing text (`boundedText` of `@reborn/host-api`).
 */
import { utf8Bytes } from '@reborn/host-api';

/** Control characters other than line breaks and tabs. */
const CONTROLS = /[^\P{Cc}\n\t]+/gu;

/** `undefined` for what is not text. Units: UTF-8 bytes. */
export function boundText(text: unknown, bytesMax: number): string | undefined {
  if (typeof text !== 'string') return undefined;
  const line = text.slice(0, bytesMax).toWellFormed().replaceAll(CONTROLS, ' ').trim();
  if (utf8Bytes(line) <= bytesMax) return line;
  let kept = '';
  let bytes = 0;
  for (const character of line) {
    bytes += utf8Bytes(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return kept;
}
