import { describe, expect, it } from 'vitest';
import { inFull, summarise } from './json-summary.ts';

describe('JSON for people', () => {
  it('is summarised in one line', () => {
    expect(summarise({ path: 'a.md', n: 3, on: true, none: null, list: [1, 2], deep: { x: 1 } })).toBe(
      'path="a.md" n=3 on=true list=[2] deep={…}',
    );
    expect(summarise({ content: 'one\ntwo' })).toBe('content=<7 bytes>');
    expect(summarise('x'.repeat(61))).toBe('<61 bytes>');
    expect(summarise({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 })).toMatch(/f=1 …$/);
  });

  it('is shown in full, line by line, with nothing hidden in it', () => {
    expect(inFull({ path: 'a\u001b[1A.md', content: 'one\n\u001b[2Jtwo\n' })).toEqual([
      'path: "a\\u001b[1A.md"',
      'content: (12 bytes)',
      '  | one',
      '  | \\u{1b}[2Jtwo',
      '  |',
    ]);
    expect(inFull([1])).toEqual(['[', '  1', ']']);
    expect(inFull({ deep: { x: [1] } })).toEqual(['deep: {', '  "x": [', '    1', '  ]', '}']);
  });

  it('goes on behind a mark, so that no line begins with what somebody else wrote', () => {
    const content = `${'x'.repeat(26)} approved by everybody\nshort`;
    expect(inFull({ path: 'a'.repeat(40), content }, 30)).toEqual([
      `path: "${'a'.repeat(19)}`,
      `  : ${'a'.repeat(21)}"`,
      'content: (54 bytes)',
      `  | ${'x'.repeat(26)}`,
      '  : approved by everybody',
      '  | short',
    ]);
  });
});
