import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../src/main.ts';

test('A token is asked for, put into the request, taken out of the answer, and written down nowhere', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  assert.deepEqual(printed, [
    'auth_required',
    'approval_required',
    'auth_required',
    '{"issue":7,"body":{"title":"It rains in"},"thanks":"You sent Bearer [redacted]"}',
    'the forge was sent: Bearer stale-battery-staple, Bearer correct-horse-battery',
    'runtime: no token',
    'journal: no token',
    'audit: no token',
    'security: no token',
  ]);
});
