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

  it('cuts or folds at the edge of a terminal, and only there', () => {
    const terminal = { ...plain, terminal: true };
    const line = { label: 'failed', text: 'the model answered with nothing that can be used', tone: 'plain' } as const;
    expect(formatLine({ ...line, brief: true }, terminal)).toBe('failed    the model answered with nothi…');
    expect(formatLine(line, terminal)).toBe('failed    the model answered with\n          nothing that can be used');
    expect(formatLine(line, plain)).toHaveLength(10 + line.text.length);
  });

  it('shows what is drawn as nothing, and leaves an emoji whole', () => {
    expect(oneLine('a\u200bb\u00adc\ufeffd\u{e0041}')).toBe('a\\u{200b}b\\u{ad}c\\u{feff}d\\u{e0041}');
    expect(oneLine('👩\u200d👩 x\u200dy')).toBe('👩\u200d👩 x\\u{200d}y');
  });
});
