import { createFakePlatform } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { createJitter } from './jitter.ts';

test('shares of 1 spread over all of it, and never reach it', () => {
  const jitter = createJitter(createFakePlatform().random);
  const shares = Array.from({ length: 1000 }, jitter);
  expect(shares.every((share) => share >= 0 && share < 1)).toBe(true);
  for (const tenth of [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    expect(shares.some((share) => share >= tenth && share < tenth + 0.1)).toBe(true);
  expect(createJitter({ bytes: (length) => new Uint8Array(length).fill(255) })()).toBeLessThan(1);
});
