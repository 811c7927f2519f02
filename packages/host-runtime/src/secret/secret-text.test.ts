import { expect, test } from 'vitest';
import { secretTextRule } from './secret-text.ts';
import { SecretValue } from './secret-value.ts';

test('a secret is text that is found again where it must not be', () => {
  const rule = (text: string): string | undefined => secretTextRule(new SecretValue(text));
  expect(['abcd', 'pässword', ' a b c ', '€€', 'x'.repeat(65_536), 'a\nb\tc'].map(rule)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
  expect(rule('')).toBe('must be at least 4 bytes');
  expect(rule('abc')).toBe('must be at least 4 bytes');
  expect(rule('x'.repeat(65_537))).toBe('must be at most 65536 bytes');
  expect(rule(`${'é'.repeat(32_768)}a`)).toBe('must be at most 65536 bytes');
  expect(rule('a\u0000bcd')).toBe('must not contain NUL');
  expect(rule('abcd\ud800')).toBe('must be well-formed Unicode');
  expect(rule('   \n ')).toBe('must not be blank');
  expect(rule('redacted')).toBe('must not be the word that takes its place');
  expect(rule('[red')).toBe('must not be the word that takes its place');
});
