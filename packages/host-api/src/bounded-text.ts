/**
 * Text with a bound, counted in UTF-8 bytes: the one validator behind every bounded string of the host.
 *
 * Not here: what a particular identifier may look like (`ids.ts`).
 */
import { z } from 'zod';

/** Anything that takes more than one byte. A search by the engine is several times faster than a loop. */
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** The number of bytes that `text` takes in UTF-8. A lone surrogate counts as the three bytes of its replacement. */
export function utf8Bytes(text: string): number {
  if (!BEYOND_ASCII.test(text)) return text.length;
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(at + 1))) {
      bytes += 4;
      at += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** True when `text` holds a character of Unicode class Cc (C0, DEL or C1). */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return true;
  }
  return false;
}

/** One line of well-formed text: 1 to `bytesMax` UTF-8 bytes, no control characters, no lone surrogates. */
export function boundedLine(bytesMax: number): z.ZodString {
  return z.string().superRefine((text, context) => {
    const rule = lineRule(text, bytesMax);
    if (rule !== undefined) context.addIssue({ code: 'custom', message: rule });
  });
}

/** Text of any shape (line breaks and tabs allowed): 0 to `bytesMax` UTF-8 bytes, no NUL, no lone surrogates. */
export function boundedText(bytesMax: number): z.ZodString {
  return z.string().superRefine((text, context) => {
    const rule = textRule(text, bytesMax);
    if (rule !== undefined) context.addIssue({ code: 'custom', message: rule });
  });
}

function lineRule(text: string, bytesMax: number): string | undefined {
  if (text.length === 0) return 'must not be empty';
  if (text.length > bytesMax || utf8Bytes(text) > bytesMax) return `must be at most ${bytesMax} bytes`;
  if (hasControl(text)) return 'must not contain control characters';
  if (!text.isWellFormed()) return 'must be well-formed Unicode';
  return undefined;
}

function textRule(text: string, bytesMax: number): string | undefined {
  if (text.length > bytesMax || utf8Bytes(text) > bytesMax) return `must be at most ${bytesMax} bytes`;
  if (text.includes('\u0000')) return 'must not contain NUL';
  if (!text.isWellFormed()) return 'must be well-formed Unicode';
  return undefined;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
