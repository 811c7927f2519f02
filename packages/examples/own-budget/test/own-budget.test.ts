import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../src/main.ts';

test('A threshold can be let through, a limit cannot, and what was used is what is charged', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  assert.deepEqual(printed, [
    'bea: approval_required, completed',
    '  held 0.4, reconciled 0.31; today 0.31 of 1',
    'cem: approval_required, resource_blocked (paused), completed',
    '  held 0.4, reconciled 0.31; today 0.62 of 1',
    'dan: approval_required, resource_blocked (exhausted), resource_blocked (exhausted), completed',
    '  held 0.4, reconciled 0.31; today 0.31 of 1',
  ]);
});
