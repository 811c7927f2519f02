import { describe, expect, test } from 'vitest';
import { createSeededRandom } from './seeded-random.ts';

describe('Seeded choices', () => {
  test('are the same for the same seed and others for another', () => {
    const draw = (seed: string) => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 8 }, () => random.between(0, 999));
    };
    expect(draw('7')).toEqual(draw('7'));
    expect(draw('7')).not.toEqual(draw('8'));
  });

  test('are not disturbed by what is drawn from a fork', () => {
    const [plain, forked] = [createSeededRandom('7'), createSeededRandom('7')];
    forked.fork('other').next();
    expect(forked.next()).toBe(plain.next());
  });

  test('stay within their bounds and follow their weights', () => {
    const random = createSeededRandom('7');
    const drawn = Array.from({ length: 2_000 }, () => random.between(2, 4));
    expect(new Set(drawn)).toEqual(new Set([2, 3, 4]));
    const weighted = [
      { name: 'often', weight: 9 },
      { name: 'seldom', weight: 1 },
      { name: 'never', weight: 0 },
    ];
    const names = Array.from({ length: 2_000 }, () => random.pickWeighted(weighted).name);
    const share = names.filter((name) => name === 'often').length / names.length;
    expect([share > 0.85 && share < 0.95, names.includes('never')]).toEqual([true, false]);
  });
});
