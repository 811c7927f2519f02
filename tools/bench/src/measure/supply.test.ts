import { describe, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { createTexts, Supply } from './supply.ts';

describe('What is measured with', () => {
  test('makes texts of the size that is asked for, half of which cannot be squeezed', () => {
    const text = Array.from({ length: 50 }, createTexts(1000, 1)).join('');
    expect(text.length).toBe(50_000);
    expect(gzipSync(text).length).toBeGreaterThan(text.length * 0.35);
    expect(createTexts(100, 1)()).toBe(createTexts(100, 1)());
  });

  test('hands out what it has prepared, and goes on when that is used up', () => {
    let made = 0;
    const supply = new Supply(() => (made += 1));
    supply.prepare(2);
    expect(made).toBe(2);
    expect([supply.next(), supply.next(), supply.next(), made].toSorted()).toEqual([1, 2, 3, 3]);
  });
});
