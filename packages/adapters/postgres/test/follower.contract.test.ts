import { consumerContract } from '@reborn/events/testkit';
import { describe, test } from 'vitest';
import { roomHarness } from './support.ts';

describe('A durable follower on PostgreSQL', () => {
  for (const { name, run } of consumerContract) test(name, async () => run(await roomHarness()));
});
