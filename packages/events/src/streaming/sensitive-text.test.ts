import { describe, expect, test } from 'vitest';
import { findSensitive } from './sensitive-text.ts';

const jwt = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxMjM0NTY3ODkwIn0'}.c2lnbmF0dXJl`;

describe('Text that must not leave', () => {
  test.each([
    ['host_path', '/home/alice/notes'],
    ['host_path', 'failed at /etc/passwd'],
    ['host_path', '(/Users/alice/x)'],
    ['host_path', '/var'],
    ['host_path', '~/.ssh'],
    ['host_path', '~alice/.ssh'],
    ['host_path', 'C:\\Users'],
    ['host_path', 'd:/work'],
    ['host_path', '\\\\server\\share'],
    ['address', 'https://example.com'],
    ['address', 'postgres://me:secret@host/db'],
    ['address', 'file:///x'],
    ['private_key', '-----BEGIN PRIVATE KEY-----'],
    ['private_key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['private_key', 'AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQ'],
    ['token', 'Bearer abcdefgh12345678'],
    ['token', 'authorization: bearer abcdefgh12345678'],
    ['token', 'AKIAIOSFODNN7EXAMPLE'],
    ['token', 'ASIAIOSFODNN7EXAMPLE'],
    ['token', 'sk-live-4242424242424242'],
    ['token', 'sk_live_4242424242424242'],
    ['token', 'hook:sk-ant-api03-abcdefghijkl'],
    ['token', `ghp_${'a1'.repeat(18)}`],
    ['token', 'github_pat_11ABCDEFG0abcdefghij'],
    ['token', 'glpat-abcdefghij0123456789'],
    ['token', 'xoxb-123456789012-abcdef'],
    ['token', `AIza${'Sy'.repeat(17)}A`],
    ['token', jwt],
    ['token', `x.${jwt}`],
    ['token', 'password=hunter2'],
    ['token', '"api_key": "abcd1234"'],
  ])('is found as %s: %s', (kind, text) => {
    expect([findSensitive(text), findSensitive({ a: [{ b: text }] }), findSensitive({ [text]: 1 })]).toEqual([
      kind,
      kind,
      kind,
    ]);
  });

  test.each([
    'run_submitted',
    'event_hook:notes',
    '00000000-0000-4000-8000-000000000001',
    `sha256:${'ab'.repeat(32)}`,
    `hook:${'cd'.repeat(32)}`,
    'notes.write',
    'task-4242424242424242-4242',
    'thread 1, about apples and pears',
    'a/b',
    '3:30',
    'alice@example.com',
    'naïve 日本語 🙂',
    '',
  ])('is not found in what may: %s', (text) => {
    expect(findSensitive({ text: [text] })).toBeUndefined();
  });

  test('is looked for in what is plain data only', () => {
    expect([undefined, null, 1, true, [], {}].map((value) => findSensitive(value))).toEqual(Array(6).fill(undefined));
  });

  test.each(['a', 'a.', 'eyJ', '-----BEGIN ', 'sk-', '~', 'bearer ', 'password', 'https:/', '\\\\a'])(
    'is looked for in long texts as well: %s',
    (part) => {
      const long = part.repeat(20_000);
      expect(findSensitive(`${long} \n /etc/passwd`)).toBeDefined();
    },
  );
});
