import { portableDigest } from '@reborn/host-api';
import { expect, test } from 'vitest';
import { createPageTokens } from './page-token.ts';

const tokens = createPageTokens(portableDigest, ['query', 'acme']);

test('A token leads back to the places that were put in', () => {
  expect(tokens.parse(tokens.issue([7, 0, Number.MAX_SAFE_INTEGER]))).toEqual([7, 0, Number.MAX_SAFE_INTEGER]);
  expect(tokens.parse(undefined)).toBeUndefined();
});

test.each([
  ['another request', createPageTokens(portableDigest, ['query', 'globex']).issue([7])],
  ['a place that is no cursor, sealed as if it were one', tokens.issue([2 ** 60])],
  ['a place that is no number', tokens.issue([Number.NaN])],
  ['too many places', tokens.issue(Array.from({ length: 200 }, () => 1))],
])('A token of %s is refused', (_, token) => {
  expect(() => tokens.parse(token)).toThrow(expect.objectContaining({ code: 'events/invalid_request' }) as Error);
});
