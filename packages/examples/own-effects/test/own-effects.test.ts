import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../src/main.ts';

test('One key is one letter, or the caller hears that nobody knows', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  assert.deepEqual(printed, [
    'first: completed',
    'again: completed',
    'two at once: completed, completed',
    'the key of another input: host-runtime/idempotency_conflict',
    'nothing happened: capability_failed, effect none',
    'so it is tried again: completed',
    'the answer is lost: capability_failed, effect uncertain',
    'so it is not tried again: capability_failed, effect uncertain',
    'by itself: completed, "The letter to dan is on its way."',
    'the process ends: SIGKILL',
    'a minute later: uncertain, effect uncertain',
    'because: intent announced, recovery uncertain, result failed',
    'letters: ada, bea, busy, lost, dan, killed',
  ]);
});
