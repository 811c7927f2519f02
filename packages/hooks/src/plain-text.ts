/**
 * What a hook writes for people: one line, bounded, nothing a terminal or a log would act on.
 *
 * Not here: where it may go. It never reaches a model.
 */
import { hasControl, utf8Bytes } from '@reborn/host-api';

/** Control characters become spaces; what is longer than `bytesMax` UTF-8 bytes is cut at a character. */
export function toPlainText(text: string, bytesMax: number): string {
  // No text of more code units than bytes fits, so a longer tail is never looked at.
  const head = text.slice(0, bytesMax).toWellFormed();
  let plain = '';
  let bytes = 0;
  for (const character of head) {
    const shown = hasControl(character) ? ' ' : character;
    bytes += utf8Bytes(shown);
    if (bytes > bytesMax) break;
    plain += shown;
  }
  return plain;
}
