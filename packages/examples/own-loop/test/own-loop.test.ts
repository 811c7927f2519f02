import { expect, test } from 'vitest';
import { main } from '../src/main.ts';

test('the loop reads, waits for its owner before it acts, and hears why a call fails', async () => {
  const printed: string[] = [];
  const litres = await main((line) => printed.push(line));
  expect(litres).toBe(8);
  expect(printed).toEqual([
    'ada is asked (effects_ask, permission_ask) and approves',
    'garden.inspect: {"bed":"roses","dry":true}',
    'garden.water: {"watered":true}',
    'garden.burn: failed: There is no such capability. (effect: none)',
  ]);
});
