import type { JsonValue } from '@reborn/host-api';
import { findLeaks } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { awkwardSecret, shapedSecret, SPELLED } from '../../test/secret-spellings.ts';
import { createRedactor } from './redactor.ts';
import { redactOutput } from './redact-output.ts';
import { SecretValue } from './secret-value.ts';

const runs = Number(process.env['REBORN_MODEL_RUNS'] ?? 100);
const lent = createRedactor([new SecretValue('hunter2!'), new SecretValue('8273645091')]);

describe('an output', () => {
  test('without secrets comes back as it was', () => {
    const output = { a: ['text', 1, null, true, { b: '' }], password: null, token: true, cookie: '' };
    expect(redactOutput(output, lent)).toEqual({ kind: 'clean', output });
    expect(redactOutput(output, undefined)).toEqual({ kind: 'clean', output });
  });

  test('loses lent secrets wherever they stand: values, keys, numbers, any depth', () => {
    const output = { text: 'it is hunter2!', 'x-hunter2!': [{ deep: ['hunter2%21'] }], count: 8273645091, other: 1 };
    expect(redactOutput(output, lent)).toEqual({
      kind: 'redacted',
      output: { text: 'it is [redacted]', 'x-[redacted]': [{ deep: ['[redacted]'] }], count: '[redacted]', other: 1 },
    });
  });

  test('loses whatever stands under the name of a secret, and keeps that it is there', () => {
    const output = { password: 'x', apiKey: 12, cookies: 1, Authorization: { scheme: 'x' }, token: null, secret: true };
    expect(redactOutput(output, undefined)).toEqual({
      kind: 'redacted',
      output: { ...output, password: '[redacted]', apiKey: '[redacted]', Authorization: '[redacted]' },
    });
  });

  test('loses credentials where protocols carry them', () => {
    expect(redactOutput(['postgres://app:pw-123@db/x'], undefined)).toEqual({
      kind: 'redacted',
      output: ['postgres://[redacted]@db/x'],
    });
  });

  test('is held back when two keys would become one', () => {
    expect(redactOutput({ 'hunter2!': 1, 'hunter2%21': 2 }, lent)).toEqual({ kind: 'collision' });
    expect(redactOutput([{ '[redacted]': 1, 'hunter2!': 2 }], lent)).toEqual({ kind: 'collision' });
    expect(redactOutput({ '[redacted]': 1, other: 2 }, lent).kind).toBe('clean');
  });

  test('is held back when somebody else’s key is in it, as a value or as a key', () => {
    const key = `ghp_${'aB3dE5gH7j'.repeat(4)}`;
    for (const output of [
      key,
      [`x ${key}`],
      { a: { b: key } },
      { [key]: 1 },
      { text: encodeURIComponent(`"${key}"`) },
    ]) {
      expect(redactOutput(output, lent)).toEqual({ kind: 'leak', leak: 'source_host_token' });
    }
  });

  test('goes out when the key in it was the one that the call was lent', () => {
    const key = `ghp_${'aB3dE5gH7j'.repeat(4)}`;
    const redactor = createRedactor([new SecretValue(key)]);
    expect(redactOutput({ echoed: key }, redactor)).toEqual({ kind: 'redacted', output: { echoed: '[redacted]' } });
  });

  test('is looked at text by text: what only all of them together resemble stays', () => {
    const redactor = createRedactor([new SecretValue('one\ntwo')]);
    expect(redactOutput(['one', 'two'], redactor)).toEqual({ kind: 'clean', output: ['one', 'two'] });
  });

  test('keeps keys that mean something to JavaScript', () => {
    const output = JSON.parse('{"__proto__":{"a":"hunter2!"},"constructor":1}') as JsonValue;
    const redacted = redactOutput(output, lent);
    expect(JSON.stringify(redacted)).toBe(
      '{"kind":"redacted","output":{"__proto__":{"a":"[redacted]"},"constructor":1}}',
    );
  });
});

test('no shape of a lent secret goes out, in any spelling, at any place of an output', () => {
  const spellings = Object.entries(SPELLED).flatMap(([family, spells]) =>
    family === 'utf16' ? [] : Object.values(spells),
  );
  const place = fc.constantFrom<(text: string) => JsonValue>(
    (text) => text,
    (text) => [1, [text]],
    (text) => ({ a: { b: `x ${text} y` } }),
    (text) => ({ [text]: true }),
    (text) => ({ a: [{ [`k-${text}`]: text }] }),
    (text) => ({ headers: [['x-echo', text]], body: JSON.stringify({ text }) }),
  );
  fc.assert(
    fc.property(
      fc.oneof(shapedSecret, awkwardSecret).filter((text) => text.length > 7),
      fc.constantFrom(...spellings),
      place,
      (secret, spell, put) => {
        const redacted = redactOutput(put(spell(secret)), createRedactor([new SecretValue(secret)]));
        expect(redacted.kind).not.toBe('clean');
        expect(findLeaks(redacted, [secret])).toEqual([]);
      },
    ),
    { numRuns: runs },
  );
});
