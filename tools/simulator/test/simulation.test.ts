import { runCampaign, simulate } from '@reborn/simulator';
import { describe, expect, test } from 'vitest';

const operations = 250;

describe('A simulation', () => {
  test('finds nothing wrong with a store that keeps its rules', async () => {
    const { failed, unstable, seeds } = await runCampaign({ firstSeed: 1001, seeds: 6, operations });
    expect({ violations: failed?.violations ?? [], unstable, seeds }).toEqual({
      violations: [],
      unstable: [],
      seeds: 6,
    });
  });

  test('does the same for the same seed, and something else for another seed or with other luck', async () => {
    const hashOf = async (seed: number, luck = 0) => (await simulate({ seed, operations: 100, luck })).traceHash;
    const first = await hashOf(7);
    expect(await hashOf(7)).toBe(first);
    expect(await hashOf(8)).not.toBe(first);
    expect(await hashOf(7, 1)).not.toBe(first);
  });

  test('says which states it has not reached', async () => {
    const { unreached } = await runCampaign({ firstSeed: 1, seeds: 1, operations: 1 });
    expect(unreached).toContain('a stale fence was refused');
  });

  test('reaches many of the states that it is there for, whatever the seed', async () => {
    const { unreached } = await runCampaign({ firstSeed: 2001, seeds: 6, operations: 250 });
    expect(unreached.length).toBeLessThan(16);
  });
});
