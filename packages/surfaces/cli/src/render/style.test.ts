import { describe, expect, it } from 'vitest';
import { formatLine, oneLine, visibleLines } from './style.ts';

const plain = { colour: false, columns: 40, terminal: false };

describe('text for people', () => {
  it('shows what a terminal would obey', () => {
    expect(oneLine('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
    expect(visibleLines('one\r\ntwo\u0007\tthree')).toEqual(['one', 'two\\u{7}    three']);
  });

  it('puts foreign text into one line and cuts it by characters', () => {
    expect(oneLine('a\nb\tc')).toBe('a b c');
    expect(oneLine('😀😀😀😀', 3)).toBe('😀😀…');
  });

  it('has no colours unless they are wanted', () => {
    const line = { label: 'done', text: 'it', tone: 'good' } as const;
    expect(formatLine(line, plain)).toBe('done      it');
    expect(formatLine(line, { ...plain, colour: true })).toContain('\u001b[32m');
  });

  it('cuts at the edge of a terminal only there', () => {
    const line = { label: '', text: 'x'.repeat(100), tone: 'plain' } as const;
    expect(formatLine(line, { ...plain, terminal: true })).toHaveLength(40);
    expect(formatLine(line, plain)).toHaveLength(110);
  });
});
