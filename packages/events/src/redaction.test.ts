import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toErrorKind, UNCLASSIFIED } from './redaction.ts';
import { ERROR_KIND_TABLE } from './testkit/event-log/append-cases.ts';

describe('An error kind', () => {
  test.each(ERROR_KIND_TABLE)('of %j is %j', (raw, clean) => {
    expect(toErrorKind(raw)).toBe(clean);
  });

  test('holds no character that a path, a URL, a sentence or a key needs, whatever it was made of', () => {
    const pieces = fc.array(fc.constantFrom('a', 'ok', '_', '.', ':', '/', ' ', '-', 'A', '9', 'ä', '\n', 'sk'), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          pieces.map((parts) => parts.join('')),
          fc.string(),
        ),
        (raw) => {
          const clean = toErrorKind(raw);
          expect(clean).toMatch(/^[a-z][a-z0-9_]{0,23}([.:][a-z][a-z0-9_]{0,23})*$/);
          expect(clean.length).toBeLessThanOrEqual(64);
          expect([raw, UNCLASSIFIED]).toContain(clean);
          expect(toErrorKind(clean)).toBe(clean);
        },
      ),
    );
  });
});
