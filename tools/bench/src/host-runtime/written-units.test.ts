import { describe, expect, test } from 'vitest';
import { createRequests } from './door.ts';
import { contentOf, unitsOfCalls } from './written-units.ts';

describe('What a governed call writes', () => {
  test('is a unit before the effect and one after it', async () => {
    const units = await unitsOfCalls([createRequests('notes.write', 64, 1)()]);
    expect(units.map((unit) => contentOf(unit).length > 0)).toEqual([true, true]);
  });

  test('is one unit when it only reads', async () => {
    const units = await unitsOfCalls([createRequests('notes.read', 64, 1)()]);
    expect(units.map((unit) => contentOf(unit).length > 0)).toEqual([true]);
  });

  test('holds the result', async () => {
    const request = createRequests('notes.write', 64, 1)();
    const [, result] = await unitsOfCalls([request]);
    expect(JSON.stringify(result === undefined ? undefined : contentOf(result))).toContain(
      JSON.stringify({ kept: (request.input as { readonly text: string }).text }),
    );
  });
});
