import { eventLogContract, retentionContract } from '@reborn/events/testkit';
import { describe, test } from 'vitest';
import { roomHarness } from './support.ts';

describe.each([
  ['The log on PostgreSQL', eventLogContract],
  ['Retention on PostgreSQL', retentionContract],
] as const)('%s', (_, contract) => {
  for (const { name, run } of contract) test(name, async () => run(await roomHarness()));
});
