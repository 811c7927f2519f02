import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeExactly, encodeText } from './exact-text.ts';

const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 200);

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('decodeExactly', () => {
  it.each([
    [utf8('ä\r\n\u0000'), { encoding: 'utf-8', text: 'ä\r\n\u0000' }],
    [utf8('\uFEFFä'), { encoding: 'utf-8-marked', text: 'ä' }],
    [utf8('\uFEFF\uFEFFä'), { encoding: 'utf-8-marked', text: '\uFEFFä' }],
    [Uint8Array.of(0xff, 0xfe, 0xe4, 0), { encoding: 'utf-16le', text: 'ä' }],
    [Uint8Array.of(0xff, 0xfe), { encoding: 'utf-16le', text: '' }],
    [new Uint8Array(), { encoding: 'utf-8', text: '' }],
  ])('reads %j', (bytes, expected) => {
    expect(decodeExactly(bytes)).toEqual(expected);
  });

  it.each([
    ['broken UTF-8', Uint8Array.of(97, 0xff, 98)],
    ['half a character', Uint8Array.of(0xe2, 0x82)],
    ['half a unit of UTF-16', Uint8Array.of(0xff, 0xfe, 97)],
    ['half a pair of UTF-16', Uint8Array.of(0xff, 0xfe, 0x00, 0xd8)],
  ])('takes no %s, which could not be written back', (_what, bytes) => {
    expect(decodeExactly(bytes)).toBeUndefined();
  });

  it('gives the same bytes back, or nothing', () => {
    const marks = fc.constantFrom([], [0xff, 0xfe], [0xef, 0xbb, 0xbf]);
    fc.assert(
      fc.property(marks, fc.uint8Array({ maxLength: 12 }), (mark, rest) => {
        const bytes = Uint8Array.from([...mark, ...rest]);
        const exact = decodeExactly(bytes);
        if (exact !== undefined) expect(encodeText(exact.text, exact.encoding)).toEqual(bytes);
      }),
      { numRuns: RUNS },
    );
  });
});
