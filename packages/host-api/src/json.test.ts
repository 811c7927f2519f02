import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestBytes, digestOf, toCanonicalJson } from './canonical-json.ts';
import { copyJson, jsonObjectSchema, jsonValueSchema, parseJson, parseJsonValue, type JsonValue } from './json.ts';
import { portableDigest } from './portable-digest.ts';
import { createSentinel, findLeaks } from './testkit/index.ts';

const invalidJson = expect.objectContaining({ code: 'host-api/invalid_json' });

function nested(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function cyclic(): unknown {
  const value: Record<string, unknown> = {};
  value['list'] = [value];
  return value;
}

/** 2^60 values when it is written out. */
function shared(): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < 60; level += 1) value = [value, value];
  return value;
}

const bad: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['NaN', Number.NaN],
  ['an infinite number', [Number.POSITIVE_INFINITY]],
  ['a member that is undefined', { a: undefined }],
  ['an element that is undefined', [undefined]],
  // oxlint-disable-next-line no-sparse-arrays
  ['a hole', [1, , 2]],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['bytes', new Uint8Array(1)],
  ['an instance', new Error('x')],
  ['a boxed number', Object(1)],
  ['a method toJSON', { toJSON: () => 1 }],
  ['a hidden method toJSON', Object.defineProperty({}, 'toJSON', { value: () => 1 })],
  ['a list with a method toJSON', Object.assign([1], { toJSON: () => 1 })],
  ['a lone surrogate', { a: 'x\ud800' }],
  ['a lone surrogate in a key', { 'x\udc00': 1 }],
  ['a key named __proto__', JSON.parse('{"__proto__":{"admin":true}}')],
  ['65 levels', nested(65)],
  ['a cycle', cyclic()],
];

describe('Plain JSON', () => {
  test.each(bad)('does not hold %s', (_name, value) => {
    expect(() => parseJsonValue(value, 'value')).toThrow(invalidJson);
    expect(() => toCanonicalJson(value as JsonValue)).toThrow(invalidJson);
    expect(jsonValueSchema.safeParse(value).success).toBe(false);
    expect(jsonObjectSchema.safeParse({ a: value }).success).toBe(false);
  });

  test('is refused in bounded time when shared parts make it endless', () => {
    expect(() => parseJsonValue(shared(), 'value')).toThrow(invalidJson);
  });

  test('goes 64 levels deep', () => {
    expect(parseJsonValue(nested(64), 'value')).toEqual(nested(64));
  });

  test.each(['', '{', '[1,]', 'NaN', '{"__proto__":1}', '"\\ud800"', '['.repeat(65) + ']'.repeat(65)])(
    'is not read from %j',
    (text) => {
      expect(() => parseJson(text, 'text')).toThrow(invalidJson);
    },
  );

  test('is read within a bound of bytes, not of characters', () => {
    expect(parseJson('"é"', 'text', 4)).toBe('é');
    expect(() => parseJson('"éé"', 'text', 4)).toThrow(invalidJson);
  });

  test('is never shown when it is refused', () => {
    const sentinel = createSentinel('json');
    for (const act of [
      () => parseJson(`{"${sentinel}"`, 'text'),
      () => parseJsonValue({ [sentinel]: [sentinel, undefined] }, 'value'),
      () => toCanonicalJson({ [sentinel]: Number.NaN }),
    ]) {
      let refusal: unknown;
      try {
        act();
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeDefined();
      expect(findLeaks(refusal, [sentinel])).toEqual([]);
    }
  });

  test('is copied without the members that are undefined', () => {
    const inner = { kept: null, left: undefined };
    const copy = copyJson({ list: [inner], gone: undefined }, 'value');
    expect(copy).toStrictEqual({ list: [{ kept: null }] });
    for (const [name, value] of bad) {
      if (name === 'a member that is undefined') continue;
      expect(() => copyJson({ value: [value] }, 'value'), name).toThrow(invalidJson);
    }
  });
});

describe('Canonical JSON', () => {
  const vectors: readonly (readonly [string, string])[] = [
    // RFC 8785, section 3.2.2, without its 1E30, which is a whole number beyond 2^53.
    [
      String.raw`{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    ],
    // RFC 8785, section 3.2.3: members are sorted by UTF-16 code unit.
    [
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    // RFC 8785, appendix B.
    [
      '[-0,5e-324,-5e-324,9007199254740991,-9007199254740991,0.1,1e-7,123456.789]',
      '[0,5e-324,-5e-324,9007199254740991,-9007199254740991,0.1,1e-7,123456.789]',
    ],
    ['{"b":[{"z":1,"a":{}}],"a":[]}', '{"a":[],"b":[{"a":{},"z":1}]}'],
    ['{"10":1,"9":2}', '{"10":1,"9":2}'],
  ];
  test.each(vectors)('of %s', (text, canonical) => {
    expect(toCanonicalJson(parseJson(text, 'text'))).toBe(canonical);
  });

  test.each(['9007199254740992', '9007199254740993', '-9007199254740992', '1e30', '12345678901234567890'])(
    'refuses %s, which may have been rounded',
    (text) => {
      expect(() => toCanonicalJson({ a: [parseJson(text, 'text')] })).toThrow(invalidJson);
    },
  );

  test('refuses what is larger than one record', () => {
    expect(() => toCanonicalJson('x'.repeat(8 * 1024 * 1024))).toThrow(invalidJson);
  });

  const exact = fc
    .jsonValue({ stringUnit: 'grapheme', maxDepth: 5 })
    .filter((value) => jsonValueSchema.safeParse(value).success)
    .map((value) => value as JsonValue);

  test('reads back as the same value, and is the same again', () => {
    fc.assert(
      fc.property(exact, (value) => {
        fc.pre(isExact(value));
        const text = toCanonicalJson(value);
        const again = parseJson(text, 'text');
        expect(again).toEqual(JSON.parse(JSON.stringify(value)));
        expect(toCanonicalJson(again)).toBe(text);
      }),
    );
  });

  test('does not depend on the order in which members were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (members) => {
        fc.pre(!Object.hasOwn(members, '__proto__'));
        const turned = Object.fromEntries(Object.entries(members).toReversed());
        expect(toCanonicalJson(turned)).toBe(toCanonicalJson({ ...members }));
      }),
    );
  });
});

describe('A digest', () => {
  test.each([
    [{}, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
    [{ b: 'é', a: [1, 2.5, null] }, 'sha256:41a039b5a690a0e490a416507920c9993f5d12a59eb496d685026408ea22b407'],
  ] as const)('of %j is pinned', (value, digest) => {
    expect(digestOf(value, portableDigest)).toBe(digest);
  });

  test('of bytes and of the same canonical text is the same', () => {
    const bytes = new TextEncoder().encode('{"a":[1,2.5,null],"b":"é"}');
    expect(digestBytes(bytes, portableDigest)).toBe(digestOf({ b: 'é', a: [1, 2.5, null] }, portableDigest));
  });
});

function isExact(value: JsonValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}
