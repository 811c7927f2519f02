/**
 * A regular expression that somebody else wrote, on an engine that takes time linear to the text.
 *
 * Not here: searching (`first-party/text-pattern.ts`), patterns for names of files (`first-party/glob-pattern.ts`).
 * Source: specification 2, f.3; rulings, section 12.
 */
import { utf8Bytes } from '@reborn/host-api';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { PATTERN_BYTES_MAX, PATTERN_STEPS_MAX } from './limits.ts';

export type LinearPattern =
  | { readonly kind: 'compiled'; readonly expression: RE2JS }
  | { readonly kind: 'invalid'; readonly rule: string };

/** `rule` says what is wrong with the pattern without repeating it. `flags` are those of RE2. */
export function compileLinearPattern(source: string, flags = 0): LinearPattern {
  if (utf8Bytes(source) > PATTERN_BYTES_MAX) return invalid(`must be at most ${PATTERN_BYTES_MAX} bytes`);
  try {
    const expression = RE2JS.compile(source, flags);
    if (expression.programSize() > PATTERN_STEPS_MAX) return invalid('repeats too much; use smaller counts');
    return { kind: 'compiled', expression };
  } catch (reason) {
    const rule = reason instanceof RE2JSSyntaxException ? `has ${reason.getDescription()}` : 'cannot be compiled';
    return invalid(`${rule} (RE2 syntax: no look-around, no back-references)`);
  }
}

function invalid(rule: string): LinearPattern {
  return { kind: 'invalid', rule };
}
