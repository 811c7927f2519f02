import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchText, type MatchMethod } from './patch-text.ts';

const LIMIT = 10 * 1024 * 1024;
const patch = (text: string, oldText: string, newText: string, all = false) =>
  patchText(text, { oldText, newText, all }, LIMIT);
const patched = (text: string, method: MatchMethod = 'exact', replacements = 1) => ({
  kind: 'patched',
  text,
  replacements,
  method,
});

describe('patchText', () => {
  it.each([
    ['a\nb\nc\n', 'b', 'B', 'a\nB\nc\n'],
    ['a\nb\nc\n', 'a\nb\nc\n', '', ''],
    ['abc', 'b', '', 'ac'],
    ['xaax', 'aa', 'a', 'xax'],
    ['xax', 'a', 'aa', 'xaax'],
    ['a😀c', '😀', '😃', 'a😃c'],
    ['a\u0000b', 'b', 'c', 'a\u0000c'],
    ['$1 a', 'a', '$1$&', '$1 $1$&'],
  ])('in %j puts for %j the text %j', (text, oldText, newText, expected) => {
    expect(patch(text, oldText, newText)).toEqual(patched(expected));
  });

  it('wants one place only, unless it is to replace all of them', () => {
    expect(patch('a b a', 'a', 'c')).toEqual({ kind: 'not_unique' });
    expect(patch('a b a', 'a', 'cc', true)).toEqual(patched('cc b cc', 'exact', 2));
    expect(patch('aaaaa', 'aa', 'b', true)).toEqual(patched('bba', 'exact', 2));
    expect(patch('a b a', 'x', 'c')).toEqual({ kind: 'no_match' });
  });

  it.each([
    ['a  \nb\n', 'a\nb', 'a\nc', 'a  \nc\n', 'trailing_whitespace'],
    ['a\nb\n', 'a \t\nb  ', 'a\nc', 'a\nc\n', 'trailing_whitespace'],
    ['“a” b\n', '"a" b', '"a" c', '“a” c\n', 'quotes'],
    ["it's\n", 'it‘s', 'it was', 'it was\n', 'quotes'],
    ['“a”  \nb\n', '"a"\nb', '"a"\nc', '“a”  \nc\n', 'trailing_whitespace_and_quotes'],
  ] as const)('finds in %j the text %j all the same', (text, oldText, newText, expected, method) => {
    expect(patch(text, oldText, newText)).toEqual(patched(expected, method));
  });

  it('takes the first way that finds anything, also when it finds too much', () => {
    expect(patch('"a"\n“a”\n', '"a"', 'b')).toEqual(patched('b\n“a”\n'));
    expect(patch('a \na\t\n“b”', 'a\n', 'c\n')).toEqual({ kind: 'not_unique' });
    expect(patch('a b\na  \n', 'a ', 'c ')).toEqual({ kind: 'not_unique' });
  });

  it('does not take the space at the end of what is wanted for nothing in the middle of a line', () => {
    expect(patch('foobar', 'foo ', 'x')).toEqual({ kind: 'no_match' });
    expect(patch('foobar foo', 'foo ', 'x')).toEqual(patched('foobar x', 'trailing_whitespace'));
    expect(patch('a\n\nb', '  ', 'x')).toEqual({ kind: 'no_match' });
  });

  it.each([
    ['a\r\nb\r\n', 'a\nb', 'a\nx\nb', 'a\r\nx\r\nb\r\n'],
    ['a\r\nb\r\n', 'a\r\nb', 'x\r\ny', 'x\r\ny\r\n'],
    ['a\nb\n', 'a\r\nb', 'x\r\ny', 'x\ny\n'],
    ['a\r\nb\nc\r\n', 'a\nb\nc', 'a\nB\nc', 'a\r\nB\nc\r\n'],
    ['a\nb\r\nc', 'b', 'x\ny', 'a\nx\r\ny\r\nc'],
    ['a\r\nb', 'b', 'x\ny', 'a\r\nx\r\ny'],
    ['a\r\nb\r\n', '\nb', '', 'a\r\n'],
    ['ab', 'b', 'x\ny', 'ax\ny'],
    ['a\rb\n', 'a\rb', 'a\rc', 'a\rc\n'],
    ['a\nb\n', 'b', 'x\r\r\ny', 'a\nx\ny\n'],
  ])('keeps the line breaks of %j', (text, oldText, newText, expected) => {
    expect(patch(text, oldText, newText)).toEqual(patched(expected));
  });

  it('refuses a result that would be too large before it is made', () => {
    const big = 'x'.repeat(1024 * 1024);
    expect(patch('a'.repeat(50_000), 'a', big, true)).toEqual({ kind: 'too_large' });
    expect(patch('a'.repeat(100_001), 'a', 'b', true)).toEqual({ kind: 'too_large' });
    expect(patch('a'.repeat(100_000), 'a', 'b', true)).toMatchObject({ replacements: 100_000 });
  });

  it('comes to an end with a text that was made to be searched for long', () => {
    const text = `${'a'.repeat(2_000_000)}\n`;
    const wanted = `${'a'.repeat(300)}b${'a'.repeat(200_000)}`;
    expect(patch(text, wanted, 'x')).toEqual({ kind: 'no_match' });
    expect(patch(`${'\r'.repeat(500_000)}a`, 'a', `${'\r'.repeat(500_000)}\n`)).toMatchObject({ kind: 'patched' });
  });
});

describe('patchText, whatever the texts', () => {
  const text = fc
    .array(fc.constantFrom(...'ab "“”\'’ \t\n\r'.split(''), '\r\n', '  \n'), { maxLength: 24 })
    .map((all) => all.join(''));
  const runs = { numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 200) };

  it('finds what stands there, as a search does that takes its time', () => {
    const words = (maxLength: number) => fc.array(fc.constantFrom('a', 'b'), { maxLength }).map((all) => all.join(''));
    fc.assert(
      fc.property(words(40), words(6), words(6), (text, wanted, newText) => {
        fc.pre(wanted !== '');
        const outcome = patch(text, wanted, newText, true);
        const expected = text.split(wanted);
        if (expected.length === 1) expect(outcome).toEqual({ kind: 'no_match' });
        else expect(outcome).toEqual(patched(expected.join(newText), 'exact', expected.length - 1));
      }),
      runs,
    );
  });

  it('changes nothing outside the place, found exactly or not', () => {
    const mark = fc.constantFrom('<x>', '<“x”>', '<x \t\ny>', '<x\r\n“y” >', '<x  \r\n  y>');
    fc.assert(
      fc.property(text, mark, text, text, fc.boolean(), (before, place, after, newText, plain) => {
        const wanted = plain ? plainForm(place) : place;
        const outcome = patch(`${before}${place}${after}`, wanted, newText);
        if (outcome.kind !== 'patched') throw new Error(outcome.kind);
        expect(outcome.text.startsWith(before)).toBe(true);
        expect(outcome.text.endsWith(after)).toBe(true);
        const middle = outcome.text.slice(before.length, outcome.text.length - after.length);
        expect(plainForm(middle)).toBe(plainForm(newText));
      }),
      runs,
    );
  });

  it('leads back when the two texts are exchanged', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const there = patch(`${before}<one>${after}`, '<one>', '<two>');
        if (there.kind !== 'patched') throw new Error(there.kind);
        expect(patch(there.text, '<two>', '<one>')).toEqual(patched(`${before}<one>${after}`));
      }),
      runs,
    );
  });
});

/** What two texts have in common that differ in nothing that matters. */
function plainForm(text: string): string {
  return text
    .replaceAll(/\r+\n/g, '\n')
    .replaceAll(/[ \t]+(?=\n|$)/g, '')
    .replaceAll(/[“”]/g, '"')
    .replaceAll('’', "'");
}
