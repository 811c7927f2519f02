import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { boundedLine } from './bounded-text.ts';
import { compileRecogniser } from './recogniser.ts';

const redacted = z.unknown().transform((value) => (typeof value === 'string' && value.length < 4 ? value : 'cut'));
const schema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('a'),
    line: boundedLine(8),
    count: z.int().optional(),
    more: z.array(z.string()).max(2),
  }),
  z.strictObject({
    kind: z.literal('b'),
    word: redacted,
    inner: z.strictObject({ at: z.enum(['x', 'y']) }).optional(),
  }),
]);
const recognise = compileRecogniser(schema);

describe('A recogniser', () => {
  test.each<[unknown, boolean]>([
    [{ kind: 'a', line: 'one', more: [] }, true],
    [{ kind: 'a', line: 'one', more: ['x'], count: 1 }, true],
    [{ kind: 'a', line: 'one', more: ['x'], count: undefined }, true],
    [{ kind: 'b', word: 'abc', inner: { at: 'x' } }, true],
    [{ kind: 'b', word: 'abcd' }, false],
    [{ kind: 'b', word: 'abc', inner: { at: 'z' } }, false],
    [{ kind: 'a', line: 'one', more: [1] }, false],
    [{ kind: 'a', line: 'one', more: ['x', 'x', 'x'] }, false],
    [{ kind: 'a', line: 'one', more: Array.from({ length: 1 }) }, false],
    [{ kind: 'a', line: 'one\ntwo', more: [] }, false],
    [{ kind: 'a', line: 'one', more: [], extra: 1 }, false],
    [{ kind: 'a', more: [] }, false],
    [{ kind: 'c' }, false],
    [Object.create({ kind: 'a', line: 'one', more: [] }), false],
    [JSON.parse('{"kind":"a","line":"one","more":[],"__proto__":1}'), false],
    [undefined, false],
    [[], false],
  ])('says of %j: %s', (value, expected) => {
    const answer = expected ? value : undefined;
    expect([recognise(value), recognise(value)]).toEqual([answer, answer]);
  });

  test('says yes only to what the schema leaves as it is', () => {
    const part = fc.constantFrom<unknown>('a', 'b', 'abc', 'abcd', '', 'x', 1, 1.5, null, undefined, ['x'], [1], {});
    const inner = fc.oneof(part, fc.record({ at: part }, { requiredKeys: [] }));
    const value = fc.record(
      { kind: fc.constantFrom('a', 'b', 'c'), line: part, count: part, more: part, word: part, inner, extra: part },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(value, (candidate) => {
        const taken = recognise(candidate);
        if (taken === undefined) return;
        expect(taken).toEqual(candidate);
        expect(schema.safeParse(candidate)).toEqual({ success: true, data: candidate });
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    z.int(),
    z.int().positive(),
    z.int().nonnegative().max(9),
    z.int().lt(3.5),
    z.int32(),
    z.int().multipleOf(2),
  ])('agrees with the schema about numbers: %#', (number) => {
    const recogniseNumber = compileRecogniser(number);
    for (const value of [-1, 0, 1, 2, 3, 4, 9, 10, 1.5, NaN, Infinity, 2 ** 53 - 1, 2 ** 53, 2 ** 31, '1']) {
      expect([value, recogniseNumber(value) !== undefined]).toEqual([value, number.safeParse(value).success]);
    }
  });

  test('knows nothing of objects that take other fields, or that are checked as a whole', () => {
    const loose = compileRecogniser(z.looseObject({ a: z.string() }));
    const checked = compileRecogniser(z.strictObject({ a: z.string() }).refine(() => true));
    expect([loose({ a: 'x' }), checked({ a: 'x' })]).toEqual([undefined, undefined]);
  });

  test('reads each member once: what it hands on is what it looked at', () => {
    const turning = (first: unknown) => {
      let reads = 0;
      return () => {
        reads += 1;
        return reads === 1 ? first : 'another\nline';
      };
    };
    const accessors = Object.defineProperties(
      {},
      {
        kind: { enumerable: true, value: 'a' },
        line: { enumerable: true, get: turning('one') },
        more: {
          enumerable: true,
          get: turning(new Proxy(['x'], { get: (of, key) => (key === '0' ? 'x' : Reflect.get(of, key)) })),
        },
      },
    );
    const read = new Map<PropertyKey, number>();
    const proxy = new Proxy(
      { kind: 'a', line: 'one', more: [] },
      {
        get: (target, key) => {
          read.set(key, (read.get(key) ?? 0) + 1);
          return key === 'kind' || read.get(key) === 1 ? Reflect.get(target, key) : 'another';
        },
      },
    );
    expect([recognise(accessors), recognise(proxy)]).toEqual([
      { kind: 'a', line: 'one', more: ['x'] },
      { kind: 'a', line: 'one', more: [] },
    ]);
  });

  test('hands on nothing that it did not look at: no hidden member, no hole, no method of the caller', () => {
    const hidden = Object.defineProperty({ kind: 'a', more: [] }, 'line', { value: 'one\ntwo' });
    const optional = Object.defineProperty({ kind: 'a', line: 'one', more: [] }, 'count', { value: 'many' });
    const symbol = { kind: 'a', line: 'one', more: [], [Symbol('extra')]: 1 };
    const methods = { kind: 'a', line: 'one', more: Object.assign(['x'], { map: () => ['y\n'] }) };
    expect(recognise(hidden)).toBeUndefined();
    for (const value of [optional, symbol, methods]) {
      const taken = recognise(value);
      expect(Reflect.ownKeys(taken ?? {})).toEqual(['kind', 'line', 'more']);
      expect(Reflect.ownKeys(taken?.kind === 'a' ? taken.more : {}).includes('map')).toBe(false);
    }
    const holes = compileRecogniser(z.array(z.unknown()));
    // A list with a hole is passed on without it: whoever goes through it meets every place.
    expect(Object.keys(holes(Array.from({ length: 2 }).fill(1, 1)) ?? [])).toEqual(['0', '1']);
    const sparse: unknown[] = [];
    sparse[1] = 1;
    expect(Object.keys(holes(sparse) ?? [])).toEqual(['0', '1']);
  });

  test('takes whole numbers as they are, whichever zero, and objects without a prototype', () => {
    const bare = Object.assign(Object.create(null) as object, { kind: 'a', line: 'one', more: [], count: -0 });
    const taken = recognise(bare);
    expect(taken).toEqual({ kind: 'a', line: 'one', more: [], count: -0 });
    expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
  });

  test('remembers values that come again, and gives up on those that do not', () => {
    let asked = 0;
    const counted = z.string().refine(() => {
      asked += 1;
      return true;
    });
    const again = compileRecogniser(counted);
    for (let at = 0; at < 10; at += 1) again('same');
    expect(asked).toBe(1);
    for (let at = 0; at < 1000; at += 1) again(`new ${at}`);
    again('new 999');
    expect(asked).toBe(1002);
  });
});
