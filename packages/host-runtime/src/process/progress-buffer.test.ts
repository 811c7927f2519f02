import { utf8Bytes } from '@reborn/host-api';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProgressBuffer, tailAfter } from './progress-buffer.ts';

it('keeps the end of everything, in bounds and well formed, and knows where it begins', () => {
  const part = fc.constantFrom('x', 'x'.repeat(50), '€€', '😀😀', '\ud83d', '\ude00', '\u0000\u0085\r\n', '');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const buffer = new ProgressBuffer(16);
      for (const each of parts) buffer.add(each);
      const { text, from } = buffer.tail();
      const whole = parts.join('');
      expect(from + text.length).toBe(whole.length);
      expect(text).toBe(
        whole
          .slice(from)
          .toWellFormed()
          .replaceAll(/[^\P{Cc}\n\t]/gu, ' '),
      );
      expect(utf8Bytes(whole.slice(from))).toBeLessThanOrEqual(16);
      // Nothing is dropped that would have fitted.
      if (from > 0) expect(utf8Bytes(whole.slice(from))).toBeGreaterThan(16 - 4);
    }),
    { numRuns: 200 },
  );
});

it('takes no notice of what is not text', () => {
  const buffer = new ProgressBuffer(16);
  for (const each of [undefined, null, 1, { text: 'x' }]) buffer.add(each);
  expect(buffer.tail()).toEqual({ text: '', from: 0 });
});

it('reads on from where the reader was, and from the beginning of what is left', () => {
  const tail = { text: 'a😀b', from: 10 };
  expect([0, 10, 11, 12, 14, 99].map((after) => tailAfter(tail, after))).toEqual([
    tail,
    tail,
    { text: '😀b', from: 11 },
    { text: '\ufffdb', from: 12 },
    { text: '', from: 14 },
    { text: '', from: 14 },
  ]);
});
