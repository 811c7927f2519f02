/**
 * Takes known secrets out of text and bytes, in every spelling that programs usually give them: as they are, with escapes
 * of URLs, JSON and HTML (one kind after another too), in base64 at any offset and in both alphabets, in hex, in UTF-16.
 * What somebody disguises on purpose (reversed, encrypted, letter by letter) is not found.
 *
 * Not here: walking through an output (`redact-output.ts`), secrets that nobody lent (`leak-scan.ts`).
 * Source: specification 2, a.10 and b.5 step 11.
 */
import { SECRET_BYTES_MIN, SECRET_HEAD_BYTES } from '../limits.ts';
import { base64Value, toBase64 } from './base64.ts';
import { REDACTED } from './secret-text.ts';
import type { SecretValue } from './secret-value.ts';
import { asBase64, asHex, unescape, withoutZeros, within, type Reading } from './spelling.ts';

/** Families of spellings that are looked for. */
export const SPELLINGS = ['plain', 'escaped', 'base64', 'hex', 'utf16'] as const;
export type Spelling = (typeof SPELLINGS)[number];

/**
 * `hits`: how many places were taken out. Of a long secret everything that begins like it goes, so that one that was cut
 * off goes too. A text without hits comes back as it was. Takes time in proportion to the text.
 */
export interface Redactor {
  redact(text: string): { readonly text: string; readonly hits: number };
  redactBytes(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly hits: number };
}

/** `values`: each of them can be a secret (`isSecretText`). */
export function createRedactor(values: readonly SecretValue[], spellings: readonly Spelling[] = SPELLINGS): Redactor {
  const texts = [...new Set(values.map((value) => value.reveal()))];
  const plain = createFinder(texts.flatMap(plainPatterns));
  const base64 = createFinder(texts.flatMap(base64Patterns));
  const hex = createFinder(texts.map(hexPattern));
  const isLookedFor = (spelling: Spelling): boolean => texts.length > 0 && spellings.includes(spelling);
  const spansIn = (bytes: Uint8Array): readonly Span[] => {
    const found: Span[] = [];
    const look = (reading: Reading | undefined, finder: Finder): void => {
      if (reading !== undefined) for (const span of finder(reading.bytes)) found.push(placeOf(reading, span));
    };
    const all = isLookedFor('escaped') ? unescape(bytes, ['percent', 'backslash', 'entity']) : undefined;
    if (isLookedFor('plain')) found.push(...plain(bytes));
    if (all !== undefined) {
      for (const kind of ['percent', 'backslash', 'entity'] as const) look(unescape(bytes, [kind]), plain);
      look(all, plain);
      const again = unescape(all.bytes, ['percent', 'backslash', 'entity']);
      if (again !== undefined) look(within(all, again), plain);
    }
    if (isLookedFor('utf16')) look(withoutZeros(bytes), plain);
    for (const [spelling, read, finder] of [
      ['base64', asBase64, base64],
      ['hex', asHex, hex],
    ] as const) {
      if (!isLookedFor(spelling)) continue;
      look(read(bytes), finder);
      if (all !== undefined) look(within(all, read(all.bytes)), finder);
    }
    return merged(found);
  };
  return Object.freeze({
    redact: (text: string) => {
      const bytes = new TextEncoder().encode(text);
      const spans = spansIn(bytes);
      if (spans.length === 0) return { text, hits: 0 };
      const pieces = keptPieces(bytes, spans).map((piece) =>
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(piece),
      );
      return { text: pieces.join(REDACTED), hits: spans.length };
    },
    redactBytes: (bytes: Uint8Array) => {
      const spans = spansIn(bytes);
      if (spans.length === 0) return { bytes, hits: 0 };
      return { bytes: joined(keptPieces(bytes, spans), new TextEncoder().encode(REDACTED)), hits: spans.length };
    },
  });
}

/** A part, from its first byte up to the one behind its last. */
type Span = readonly [start: number, end: number];
type Finder = (bytes: Uint8Array) => readonly Span[];

/** `around`: whether the digits next to it hold a part of it too. */
interface Pattern {
  readonly bytes: Uint8Array;
  readonly around?: { readonly before: boolean; readonly after: boolean };
}

/** By their first four bytes, so that a text is gone through once, however many patterns there are. */
function createFinder(patterns: readonly Pattern[]): Finder {
  const heads = new Map<number, Pattern[]>();
  const firstPairs = new Uint8Array(0x1_0000);
  for (const pattern of patterns) {
    if (pattern.bytes.length < SECRET_BYTES_MIN) continue;
    const head = headAt(pattern.bytes, 0);
    heads.set(head, [...(heads.get(head) ?? []), pattern]);
    firstPairs[head >>> 16] = 1;
  }
  return (bytes) => {
    const found: Span[] = [];
    const coveredTo = new Map<Pattern, number>();
    for (let at = 0; at + SECRET_BYTES_MIN <= bytes.length; at += 1) {
      if (firstPairs[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)] === 0) continue;
      for (const pattern of heads.get(headAt(bytes, at)) ?? []) {
        if (at < (coveredTo.get(pattern) ?? 0)) continue;
        const length = commonLength(bytes, at, pattern.bytes);
        if (length < Math.min(pattern.bytes.length, SECRET_HEAD_BYTES)) continue;
        found.push(widened(bytes, pattern, at, at + length));
        // What is longer than its head was compared to its end, and need not be compared again from within.
        if (length > SECRET_HEAD_BYTES) coveredTo.set(pattern, at + length);
      }
    }
    return found;
  };
}

function widened(bytes: Uint8Array, { around }: Pattern, start: number, end: number): Span {
  const isDigit = (at: number): boolean => base64Value(bytes[at] ?? 0) < 64;
  return [
    around?.before === true && start > 0 && isDigit(start - 1) ? start - 1 : start,
    around?.after === true && isDigit(end) ? end + 1 : end,
  ];
}

function headAt(bytes: Uint8Array, at: number): number {
  const byte = (offset: number): number => bytes[at + offset] ?? 0;
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}

function commonLength(bytes: Uint8Array, at: number, pattern: Uint8Array): number {
  const most = Math.min(pattern.length, bytes.length - at);
  let length = 0;
  while (length < most && bytes[at + length] === pattern[length]) length += 1;
  return length;
}

/** As it is; as forms send it; and as it would be read if what looks like an escape in it were one. */
function plainPatterns(text: string): readonly Pattern[] {
  const forms = [text, text.replaceAll(' ', '+')].map((form) => new TextEncoder().encode(form));
  const read = forms.flatMap((form) => {
    const once = unescape(form, ['percent', 'backslash', 'entity'])?.bytes;
    const twice = once === undefined ? undefined : unescape(once, ['percent', 'backslash', 'entity'])?.bytes;
    const each = (['percent', 'backslash', 'entity'] as const).map((kind) => unescape(form, [kind])?.bytes);
    return [form, once, twice, ...each].filter((bytes) => bytes !== undefined);
  });
  return distinct(read).map((bytes) => ({ bytes }));
}

/** As it is, and as it stands in a JSON text or in a URL that was encoded as a whole. */
function base64Patterns(text: string): readonly Pattern[] {
  const forms = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
  return distinct(forms.map((form) => new TextEncoder().encode(form))).flatMap((form) =>
    [0, 1, 2].map((offset) => base64Pattern(form, offset)),
  );
}

/** The digits that depend on `form` alone when `offset` other bytes stand before it. */
function base64Pattern(form: Uint8Array, offset: number): Pattern {
  const whole = new Uint8Array(offset + form.length);
  whole.set(form, offset);
  const bits = 8 * whole.length;
  const digits = toBase64(whole).slice(Math.ceil((8 * offset) / 6), Math.floor(bits / 6));
  return { bytes: new TextEncoder().encode(digits), around: { before: offset > 0, after: bits % 6 > 0 } };
}

function hexPattern(text: string): Pattern {
  const digits = Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { bytes: new TextEncoder().encode(digits) };
}

function distinct(list: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(list.map((bytes) => [bytes.join(), bytes])).values()];
}

function placeOf({ starts, ends }: Reading, [start, end]: Span): Span {
  return [starts[start] ?? 0, ends[end - 1] ?? 0];
}

function merged(spans: readonly Span[]): readonly Span[] {
  const result: [number, number][] = [];
  for (const [start, end] of spans.toSorted((left, right) => left[0] - right[0])) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** What stays: before, between and behind the spans. */
function keptPieces(bytes: Uint8Array, spans: readonly Span[]): readonly Uint8Array[] {
  const starts = [0, ...spans.map(([, end]) => end)];
  const ends = [...spans.map(([start]) => start), bytes.length];
  return starts.map((start, at) => bytes.subarray(start, ends[at]));
}

function joined(pieces: readonly Uint8Array[], between: Uint8Array): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, between.length * (pieces.length - 1));
  const result = new Uint8Array(length);
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) {
      result.set(between, at);
      at += between.length;
    }
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
