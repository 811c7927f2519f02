import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESOURCE_AMOUNT_MAX } from './limits.ts';
import {
  addAmounts,
  exceededBySum,
  exceededDimensions,
  moneySchema,
  narrowerAmounts,
  resourceAmountsSchema,
  shareOf,
  subtractAmounts,
} from './resource.ts';

const MOST = '999999999999999999.999999999999';

/** Money as a whole number of its smallest part, and as text. */
const parts = fc.bigInt({ min: 0n, max: 10n ** 30n - 1n });
const toText = (value: bigint): string => {
  const digits = value.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, '');
};

describe('Money', () => {
  test.each(['0', '0.25', '10', '0.000000000001', MOST])('is text such as %s, which stays as it is', (text) => {
    expect(moneySchema.parse(text)).toBe(text);
  });

  test('has one form', () => {
    expect([moneySchema.parse('1.50'), moneySchema.parse('0.0')]).toEqual(['1.5', '0']);
  });

  test.each([
    '',
    '-1',
    '+1',
    '1.',
    '.5',
    '01',
    '1e3',
    '1,5',
    ' 1',
    '1\\n',
    'NaN',
    'Infinity',
    '0.1234567890123',
    `1${MOST}`,
    1,
  ])('is not %j', (value) => {
    expect(moneySchema.safeParse(value).success).toBe(false);
  });

  test('is added, taken away and compared exactly', () => {
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const [a, b] = [{ usd: toText(left) }, { usd: toText(right) }];
        const sum = left + right;
        expect(addAmounts(a, b)).toEqual({ usd: sum < 10n ** 30n ? toText(sum) : MOST });
        expect(subtractAmounts(a, b)).toEqual({ usd: left > right ? toText(left - right) : '0' });
        expect(exceededDimensions(a, b)).toEqual(left > right ? ['usd'] : []);
        expect(narrowerAmounts(a, b)).toEqual({ usd: toText(left < right ? left : right) });
      }),
      { numRuns: 200 },
    );
  });
});

describe('Amounts', () => {
  test('of an absent dimension are nothing', () => {
    expect(addAmounts({ calls: 1 }, { inputTokens: 2 })).toEqual({ calls: 1, inputTokens: 2 });
    expect(subtractAmounts({ calls: 1 }, { inputTokens: 2 })).toEqual({ calls: 1, inputTokens: 0 });
    expect(exceededDimensions({}, { calls: 0 })).toEqual([]);
    expect(exceededDimensions({ calls: 5 }, {})).toEqual([]);
    expect(narrowerAmounts({ calls: 1 }, { usd: '2' })).toEqual({ calls: 1, usd: '2' });
  });

  test('stay at the largest that there is, and are too much all the same', () => {
    const most = { calls: RESOURCE_AMOUNT_MAX, usd: MOST };
    expect(addAmounts(most, { calls: 1, usd: '0.5' })).toEqual(most);
    expect(exceededBySum([most, { calls: 1, usd: '0.000000000001' }], most)).toEqual(['usd', 'calls']);
    expect(exceededBySum([most, {}], most)).toEqual([]);
  });

  test('are shared out without rounding what may be used up', () => {
    expect(shareOf({ calls: 15, usd: '0.000000000003' }, 0.9)).toEqual({ calls: 13, usd: '0.000000000002' });
    expect(shareOf({ usd: '0.3' }, 0.1)).toEqual({ usd: '0.03' });
    expect(shareOf({ calls: 15 }, 0)).toEqual({ calls: 0 });
    expect(shareOf({ calls: 15, usd: MOST }, 1)).toEqual({ calls: 15, usd: MOST });
  });

  test('are whole numbers, not below nothing', () => {
    for (const calls of [-1, 0.5, Number.NaN, RESOURCE_AMOUNT_MAX + 1, '1', null]) {
      expect(resourceAmountsSchema.safeParse({ calls }).success).toBe(false);
    }
    expect(resourceAmountsSchema.safeParse({ slots: 1 }).success).toBe(false);
  });
});
