import { eventStreamContract, projectionContract } from '@reborn/events/testkit';
import { describe, test } from 'vitest';
import { roomHarness } from './support.ts';

describe.each([
  ['A projection of runs on PostgreSQL', projectionContract],
  ['An event stream on PostgreSQL', eventStreamContract],
] as const)('%s', (_, contract) => {
  for (const { name, run } of contract) test(name, async () => run(await roomHarness()));
});
