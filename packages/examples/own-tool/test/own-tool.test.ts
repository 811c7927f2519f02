import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { main } from '../src/main.ts';

test('the wrapped function answers through the door, and bad input is named', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  expect(JSON.parse(printed[0] ?? '')).toEqual({ slug: 'minutes-of-the-3rd-meeting' });
  expect(JSON.parse(printed[1] ?? '')).toMatchObject({ kind: 'failed', failureKind: 'invalid_input', effect: 'none' });
});

test('wrapping a function takes at most 25 lines', () => {
  const lines = readFileSync(new URL('../src/slugify.ts', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeLessThanOrEqual(25);
});
