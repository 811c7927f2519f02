import { expect, test } from 'vitest';
import { main } from '../src/main.ts';

test('small payments pass, large ones are asked about, blocked ones never happen', async () => {
  const printed: string[] = [];
  const paid = await main((line) => printed.push(line));
  expect(paid).toEqual([
    { to: 'grocer', euros: 12 },
    { to: 'landlord', euros: 900 },
  ]);
  expect(printed).toEqual([
    'grocer: completed',
    'landlord: asked (hook_over_threshold), approved, completed',
    'mallory: failed (The call is not permitted (hook_blocklist).)',
  ]);
});
