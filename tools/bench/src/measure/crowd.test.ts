import { describe, expect, test } from 'vitest';
import { crowd } from './crowd.ts';

describe('Many callers', () => {
  test('are all at work at once, and each of their calls is timed', async () => {
    let atWork = 0;
    let most = 0;
    const work = await crowd(4, 5, async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise((resolve) => setImmediate(resolve));
      atWork -= 1;
    });
    expect(most).toBe(4);
    expect(work.latenciesUs.length).toBe(work.operations);
  });
});
