import { hasControl, utf8Bytes } from '@reborn/host-api';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPlainText } from './plain-text.ts';

test('leaves text within its bound as it is', () => {
  expect(toPlainText('über 100 €', 64)).toBe('über 100 €');
});

test('cuts between characters, never inside one', () => {
  expect(toPlainText('aé', 2)).toBe('a');
  expect(toPlainText('a😀', 4)).toBe('a');
  expect(toPlainText('a😀', 5)).toBe('a😀');
});

test('turns what a terminal would act on into spaces', () => {
  expect(toPlainText('a\u001b[31m\nb', 64)).toBe('a [31m b');
});

test('keeps every text within its bound, well-formed and without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 64 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const plain = toPlainText(text, max);
      expect(utf8Bytes(plain)).toBeLessThanOrEqual(max);
      expect(plain.isWellFormed() && !hasControl(plain)).toBe(true);
    }),
  );
});
