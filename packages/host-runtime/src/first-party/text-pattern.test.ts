import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTextPattern, type MatchedSpan, type SearchStep } from './text-pattern.ts';

const plain = { caseInsensitive: false, multiline: false };
const across = { caseInsensitive: false, multiline: true };

function search(pattern: string, text: string, options = plain): readonly (readonly [number, string])[] {
  return [...compileTextPattern(pattern, options).search(text)]
    .filter((step): step is MatchedSpan => step.kind === 'matched')
    .map((span) => [span.line, text.slice(span.start, span.end)]);
}

describe('compileTextPattern', () => {
  it.each([
    [
      'b',
      'a\nb\nab',
      [
        [2, 'b'],
        [3, 'ab'],
      ],
    ],
    ['^b$', 'ab\nb\n', [[2, 'b']]],
    ['^$', 'a\n\nb', [[2, '']]],
    [
      'x*',
      'a\nb\n',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['x', '', []],
    ['a.b', 'a\nb', []],
    ['ä', 'a\nä', [[2, 'ä']]],
  ])('finds %s in the lines of %j', (pattern, text, expected) => {
    expect(search(pattern, text)).toEqual(expected);
  });

  it.each([
    [
      'b',
      'a\nb\nab',
      [
        [2, 'b'],
        [3, 'ab'],
      ],
    ],
    ['a.b', 'x\na\nb\ny', [[2, 'a\nb']]],
    ['a\\n', 'a\nb', [[1, 'a']]],
    ['^b$', 'ab\nb\n', [[2, 'b']]],
    [
      '$',
      'a\nb',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'x*',
      'a\n\nb\n',
      [
        [1, 'a'],
        [2, ''],
        [3, 'b'],
      ],
    ],
    ['b\\nc', 'a b\nc b\nc', [[1, 'a b\nc b']]],
    ['\\z', 'a\n', []],
    ['x', '', []],
  ])('finds %s across the lines of %j', (pattern, text, expected) => {
    expect(search(pattern, text, across)).toEqual(expected);
  });

  it('finds the same lines either way when a pattern cannot span lines', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\n', 'ab', ' '), { maxLength: 40 }).map((parts) => parts.join(''));
    const pattern = fc.constantFrom('a', 'ab', '^a', 'b$', '^$', 'a+b', '(a|b)a', '[ab]{2}', 'b*');
    fc.assert(
      fc.property(pattern, text, (each, on) => {
        expect(search(each, on, across)).toEqual(search(each, on));
      }),
    );
  });

  it('takes upper and lower case as the same when it is told to', () => {
    expect(search('STRASSE|ä', 'strasse\nÄ', { caseInsensitive: true, multiline: false })).toHaveLength(2);
  });

  it.each([
    ['(', 'The pattern has missing closing ) (RE2 syntax: no look-around, no back-references).'],
    ['(?=a)', 'The pattern has invalid or unsupported Perl syntax (RE2 syntax: no look-around, no back-references).'],
    ['(a)\\1', 'The pattern has invalid escape sequence (RE2 syntax: no look-around, no back-references).'],
    ['a{1001}', 'The pattern has invalid repeat count (RE2 syntax: no look-around, no back-references).'],
    ['[z-a]', 'The pattern has invalid character class range (RE2 syntax: no look-around, no back-references).'],
    ['a{1000}b{1000}', 'The pattern repeats too much; use smaller counts.'],
    ['ä'.repeat(257), 'The pattern must be at most 512 bytes.'],
  ])('refuses %s', (pattern, message) => {
    expect(() => compileTextPattern(pattern, plain)).toThrow(
      expect.objectContaining({ code: 'invalid_pattern', message, effect: 'none' }),
    );
  });

  it.each(['(a+)+$', '(a|aa)+$', '(a*)*b', '(?:a?){200}a{200}', '(.*a){12}$'])(
    'comes to an end with %s on a long line',
    (pattern) => {
      const line = `${'a'.repeat(50_000)}!`;
      expect(search(pattern, line, plain).length).toBeLessThanOrEqual(1);
      expect(search(pattern, line, across).length).toBeLessThanOrEqual(1);
    },
  );

  it('pauses as the work grows', () => {
    const pauses = (steps: Iterable<SearchStep>) => [...steps].filter((step) => step.kind === 'pause').length;
    expect(pauses(compileTextPattern('[a-z]{200}!', plain).search(`${'y'.repeat(999)}\n`.repeat(600)))).toBe(2);
    expect(pauses(compileTextPattern('y', across).search('y\n'.repeat(20_000)))).toBeGreaterThan(10);
    expect(pauses(compileTextPattern('y', plain).search('y\n'.repeat(20_000)))).toBe(0);
  });

  it('leaves out a line that is too long for so large a pattern, and goes on behind it', () => {
    const text = `${'y'.repeat(300_000)}\nneedle`;
    const kinds = (steps: Iterable<SearchStep>) => [...steps].map((step) => step.kind);
    expect(kinds(compileTextPattern('[a-z]{900}|needle', plain).search(text))).toEqual(['left_out', 'matched']);
    expect(kinds(compileTextPattern('[a-z]{900}|needle', across).search(text))).toEqual(['left_out']);
  });
});
