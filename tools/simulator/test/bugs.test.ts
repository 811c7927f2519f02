import { BUGS, findBug, type BugName } from '@reborn/simulator';
import { describe, expect, test } from 'vitest';

describe('A simulation finds that', () => {
  const bugs = Object.entries(BUGS).map(([name, { says }]) => ({ name: name as BugName, says }));
  test.each(bugs)('$says', async ({ name }) => {
    const { found } = await findBug(name, { seedsMax: 40, operations: 200 });
    expect(found?.violations.length ?? 0).toBeGreaterThan(0);
  });
});
