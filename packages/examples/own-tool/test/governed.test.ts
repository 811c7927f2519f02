import { expect, test } from 'vitest';
import { governed } from '../src/governed.ts';

test('a tool is seen, asked about and refused as its declaration, its grants and a person say', async () => {
  const printed: string[] = [];
  await governed((line) => printed.push(line));
  const judged = 'grants allow, descriptor approval, profile approval';
  expect(printed).toEqual([
    'ada sees notes.publish (requires_approval), notes.read (available)',
    'bob sees notes.read (available)',
    'ada publishes plam: There is no note "plam".',
    `  ${judged}, user asked, user approve, ${judged}`,
    'ada publishes plan: completed',
    `  ${judged}, user asked, user approve, ${judged}`,
    'ada publishes plan: The call is not permitted (missing_grant).',
    '  grants deny, grants denied',
    'bob publishes plan: The call is not permitted (missing_grant).',
    '  grants deny, grants denied',
  ]);
});
