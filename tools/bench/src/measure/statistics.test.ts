import { describe, expect, test } from 'vitest';
import { createRandom } from './random.ts';
import { bootstrapInterval, median, quantile } from './statistics.ts';

describe('Quantiles', () => {
  test('lie between the two nearest values, whatever the order', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), quantile([1, 2, 3, 4, 5], 0.99)]).toEqual([2, 2.5, 4.96]);
  });

  test('of nothing are not a number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('A bootstrap interval', () => {
  const values = Array.from({ length: 20 }, (_, at) => 1 + at / 100);

  test('is the same for the same seed, and no wider than the values', () => {
    const interval = bootstrapInterval(values, 1);
    expect(bootstrapInterval(values, 1)).toEqual(interval);
    expect(interval).toEqual({ low: expect.closeTo(1.055, 6), high: expect.closeTo(1.135, 6) });
  });

  test('is a point for values that do not differ', () => {
    expect(bootstrapInterval([2, 2, 2], 1)).toEqual({ low: 2, high: 2 });
  });

  test('holds the true median in about 95 of 100 runs', () => {
    const random = createRandom(7);
    const hits = Array.from({ length: 200 }, (_, seed) => {
      const { low, high } = bootstrapInterval(
        Array.from({ length: 21 }, () => random()),
        seed,
      );
      return low <= 0.5 && 0.5 <= high;
    }).filter(Boolean);
    expect(hits.length).toBeGreaterThanOrEqual(180);
    expect(hits.length).toBeLessThanOrEqual(200);
  });
});

describe('Seeded numbers', () => {
  test('repeat, lie from 0 to 1, and fill the range', () => {
    const numbers = Array.from({ length: 1000 }, createRandom(1));
    expect(Array.from({ length: 1000 }, createRandom(1))).toEqual(numbers);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(median(numbers)).toBeCloseTo(0.5, 1);
  });
});
