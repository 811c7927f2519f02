import { assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, cut, fold } from './columns.ts';

describe('columns of a terminal', () => {
  it('are two for wide characters and none for what is written over another', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('日本')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf('😀')).toBe(2);
  });

  it('cut a text, and say so', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdefg', 6)).toBe('abcde…');
    expect(cut('日本語', 5)).toBe('日本…');
  });

  it('fold a text between words, and inside a word that is too long', () => {
    expect(fold('one two three', 7)).toEqual(['one two', 'three']);
    expect(fold('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(fold('', 4)).toEqual(['']);
    expect(fold('a bcdefghijkl', 8)).toEqual(['a bcdefg', 'hijkl']);
  });

  it('lose nothing but spaces when folding, and keep to the width', () => {
    assert(
      property(string({ unit: constantFrom('a', 'b', ' ', '日', '😀') }), integer({ min: 2, max: 20 }), (text, max) => {
        const lines = fold(text, max);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(max);
      }),
    );
  });
});
