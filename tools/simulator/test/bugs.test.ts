import { BUGS, findBug, type BugName } from '@reborn/simulator';
import { describe, expect, test } from 'vitest';

const SHOWN: ReadonlySet<string> = new Set(['revocation_forgotten', 'secret_not_sealed']);

describe('A simulation finds that', () => {
  const bugs = Object.entries(BUGS)
    // Those of the door take longer; `npm run simulate -- --bugs` finds all of them.
    .filter(([name, bug]) => !('door' in bug) || SHOWN.has(name))
    .map(([name, { says }]) => ({ name: name as BugName, says }));
  test.each(bugs)('$says', async ({ name }) => {
    const { found } = await findBug(name, { seedsMax: 40, operations: 200 });
    expect(found?.violations.length ?? 0).toBeGreaterThan(0);
  });
});
