import { describe, expect, test } from 'vitest';
import { createNodeIds } from './ids.ts';

describe('New ids', () => {
  test('are UUIDs of version 7, and no two are the same, however many there are', () => {
    const ids = createNodeIds();
    const made = Array.from({ length: 20_000 }, () => ids.uuid());
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
  });

  test('differ between two sources, and begin with the time', () => {
    const [one, other] = [createNodeIds(), createNodeIds()];
    const before = Date.now();
    const made = Array.from({ length: 1000 }, () => [one.uuid(), other.uuid()]).flat();
    const after = Date.now();
    expect(new Set(made).size).toBe(made.length);
    for (const id of made) {
      const atMs = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
      expect(atMs >= before && atMs <= after).toBe(true);
    }
  });
});
