/**
 * The same bytes, read as something else: with their escapes undone, or as digits of base64 or hex. Each reading knows
 * where its bytes stand in what was read, so that what is found in it can be cut out there.
 *
 * Not here: what is looked for (`redactor.ts`, `leak-scan.ts`).
 * Source: RFC 3986 (percent), RFC 8259 (JSON), HTML 5 (character references), RFC 4648 (base64, hex).
 */

/** Byte `n` of `bytes` was read from `starts[n]` up to `ends[n]`. */
export interface Reading {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export type EscapeKind = 'percent' | 'backslash' | 'entity';

const INTRODUCERS: Readonly<Record<EscapeKind, number>> = { percent: 0x25, backslash: 0x5c, entity: 0x26 };
/** What stands behind a backslash for something else than itself. */
const BACKSLASHED: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);
const NAMED_ENTITIES: ReadonlyMap<string, number> = new Map([
  ['amp', 0x26],
  ['apos', 0x27],
  ['gt', 0x3e],
  ['lt', 0x3c],
  ['quot', 0x22],
]);
/** The longest is `&#x0010ffff;`. */
const ENTITY_BYTES_MAX = 12;
const REPLACEMENT = 0xfffd;
const WHITE_SPACE: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** With the escapes of these kinds undone, once; `undefined` when there are none. */
export function unescape(bytes: Uint8Array, kinds: readonly EscapeKind[]): Reading | undefined {
  const introducers = kinds.map((kind) => INTRODUCERS[kind]);
  if (!introducers.some((byte) => bytes.includes(byte))) return undefined;
  const reading = new GrowingReading(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    const escape = introducers.includes(byte) ? readEscape(bytes, at) : undefined;
    if (escape === undefined) reading.add(byte, at, at + 1);
    else if ('byte' in escape) reading.add(escape.byte, at, at + escape.length);
    else for (const part of utf8Of(escape.point)) reading.add(part, at, at + escape.length);
    at += escape?.length ?? 1;
  }
  return reading.done();
}

/** As digits of base64, in the older alphabet: line breaks left out. */
export function asBase64(bytes: Uint8Array): Reading {
  return mapped(bytes, (byte) => {
    if (WHITE_SPACE.has(byte)) return undefined;
    return byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte;
  });
}

/** As digits of hex, in lower case: what is put between the digits left out. */
export function asHex(bytes: Uint8Array): Reading {
  return mapped(bytes, (byte) => {
    if (WHITE_SPACE.has(byte) || byte === 0x2d || byte === 0x3a) return undefined;
    return byte >= 0x41 && byte <= 0x46 ? byte + 0x20 : byte;
  });
}

/** Without zeros: what of UTF-16 is ASCII. `undefined` when there are none. */
export function withoutZeros(bytes: Uint8Array): Reading | undefined {
  return bytes.includes(0) ? mapped(bytes, (byte) => (byte === 0 ? undefined : byte)) : undefined;
}

/** A reading of a reading, with the places of the first. */
export function within(outer: Reading, inner: Reading): Reading {
  return {
    bytes: inner.bytes,
    starts: inner.starts.map((start) => outer.starts[start] ?? 0),
    ends: inner.ends.map((end) => outer.ends[end - 1] ?? 0),
  };
}

function mapped(bytes: Uint8Array, read: (byte: number) => number | undefined): Reading {
  const reading = new GrowingReading(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = read(bytes[at] ?? 0);
    if (byte !== undefined) reading.add(byte, at, at + 1);
  }
  return reading.done();
}

type Escape = { readonly byte: number; readonly length: number } | { readonly point: number; readonly length: number };

function readEscape(bytes: Uint8Array, at: number): Escape | undefined {
  switch (bytes[at]) {
    case INTRODUCERS.percent: {
      const byte = hexAt(bytes, at + 1, 2);
      return byte === undefined ? undefined : { byte, length: 3 };
    }
    case INTRODUCERS.backslash:
      return readBackslash(bytes, at);
    default:
      return readEntity(bytes, at);
  }
}

function readBackslash(bytes: Uint8Array, at: number): Escape | undefined {
  const letter = bytes[at + 1];
  if (letter === undefined) return undefined;
  if (letter === 0x78) {
    const byte = hexAt(bytes, at + 2, 2);
    return byte === undefined ? undefined : { byte, length: 4 };
  }
  if (letter !== 0x75) {
    const isMark = letter === 0x22 || letter === 0x27 || letter === 0x2f || letter === 0x5c;
    const byte = isMark ? letter : BACKSLASHED.get(letter);
    return byte === undefined ? undefined : { byte, length: 2 };
  }
  const unit = hexAt(bytes, at + 2, 4);
  if (unit === undefined) return undefined;
  const isPair = unit >= 0xd800 && unit <= 0xdbff && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75;
  const second = isPair ? (hexAt(bytes, at + 8, 4) ?? 0) : 0;
  if (second < 0xdc00 || second > 0xdfff) return { point: unit, length: 6 };
  return { point: 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00), length: 12 };
}

function readEntity(bytes: Uint8Array, at: number): Escape | undefined {
  let end = at + 1;
  while (end < at + ENTITY_BYTES_MAX && isEntityByte(bytes[end] ?? 0)) end += 1;
  if (bytes[end] !== 0x3b) return undefined;
  const name = String.fromCharCode(...bytes.subarray(at + 1, end));
  const digits = /^#(?:x([0-9a-f]{1,8})|(\d{1,9}))$/i.exec(name);
  const number = digits?.[1] === undefined ? Number(digits?.[2]) : Number.parseInt(digits[1], 16);
  const point = digits === null ? NAMED_ENTITIES.get(name) : number;
  return point === undefined ? undefined : { point, length: end + 1 - at };
}

function isEntityByte(byte: number): boolean {
  const lower = byte | 0x20;
  return byte === 0x23 || (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

function hexAt(bytes: Uint8Array, at: number, digits: number): number | undefined {
  let value = 0;
  for (let place = at; place < at + digits; place += 1) {
    const byte = bytes[place] ?? 0;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return undefined;
  }
  return value;
}

function utf8Of(point: number): Uint8Array {
  const known = point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff) ? point : REPLACEMENT;
  return new TextEncoder().encode(String.fromCodePoint(known));
}

class GrowingReading {
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #length = 0;

  /** No escape stands for more bytes than it takes itself. */
  constructor(bytesMax: number) {
    this.#bytes = new Uint8Array(bytesMax);
    this.#starts = new Uint32Array(bytesMax);
    this.#ends = new Uint32Array(bytesMax);
  }

  add(byte: number, start: number, end: number): void {
    this.#bytes[this.#length] = byte;
    this.#starts[this.#length] = start;
    this.#ends[this.#length] = end;
    this.#length += 1;
  }

  done(): Reading {
    const length = this.#length;
    return {
      bytes: this.#bytes.subarray(0, length),
      starts: this.#starts.subarray(0, length),
      ends: this.#ends.subarray(0, length),
    };
  }
}
