import { isFault } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { ORIGIN, parseCursor } from './cursor.ts';

const secret = createSentinel('cursor');

describe('A cursor', () => {
  test.each([
    ['0', 0],
    ['1', 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    [0, 0],
    [42, 42],
  ])('is read from what it is: %#', (text, cursor) => {
    expect(parseCursor(text)).toBe(cursor);
  });

  test.each([
    '',
    ' ',
    '00',
    '01',
    '+1',
    '-1',
    '1.0',
    '1e3',
    '0x10',
    '１',
    '1\n',
    ' 1',
    '9007199254740992',
    '99999999999999999999',
    secret,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    1n,
    null,
    undefined,
    true,
    [],
    ['1'],
    { valueOf: () => 1 },
  ])('is not read from anything else, whose text is not repeated: %#', (value) => {
    const error = thrownBy(() => parseCursor(value));
    expect(isFault(error) && error.toJSON()).toEqual({
      code: 'events/invalid_cursor',
      message: 'A cursor does not have the required form: cursor must be a whole decimal number.',
      remedy: 'Send the cursor as it was given to you: a whole decimal number, or nothing for the beginning.',
      retryable: false,
      detail: { field: 'cursor', rule: 'must be a whole decimal number' },
    });
    expect(findLeaks(error, [secret])).toEqual([]);
  });

  test('begins before the first record', () => {
    expect(ORIGIN).toBe(0);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
