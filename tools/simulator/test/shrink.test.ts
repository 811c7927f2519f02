import { findBug, shrink, simulate } from '@reborn/simulator';
import { expect, test } from 'vitest';

test('A failing run is made small, and what is left fails again in the same way', async () => {
  const bug = 'gap_after_refusal';
  const { found } = await findBug(bug, { seedsMax: 10, operations: 150 });
  if (found === undefined) throw new Error('the bug is found');
  const options = { seed: found.seed, operations: 150, bug } as const;
  const { result, luck } = await shrink(options, found);
  expect(result.steps.length).toBeLessThan(found.steps.length / 4);
  const again = await simulate({ ...options, steps: result.steps, luck });
  expect(again.violations).toEqual(result.violations);
  expect(again.traceHash).toBe(result.traceHash);
  expect(again.violations[0]?.invariant).toBe('I1');
});
