import { expect, test } from 'vitest';
import { main } from '../src/main.ts';

test('a package is looked at, trusted for one content, called, and left out when that content changes', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  expect(printed).toEqual([
    'words offers words.count: not_trusted',
    'approval_required',
    '{"words":10,"lines":2}',
    'changed: digest_mismatch',
  ]);
});
