import { expect, test } from 'vitest';
import { main } from '../src/main.ts';

test('the watcher sees the run from the first fact to the last, each once', async () => {
  const printed: string[] = [];
  const end = await main((line) => printed.push(line));
  expect(end).toBe('completed');
  expect(printed.at(-1)).toBe('The run is over: completed');
  const lifecycle = printed.filter((line) => line.startsWith('run_'));
  expect(lifecycle).toEqual([
    'run_submitted',
    'run_claimed',
    'run_parked',
    'run_resumed',
    'run_claimed',
    'run_completed',
  ]);
});
