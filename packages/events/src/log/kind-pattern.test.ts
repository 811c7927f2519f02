import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesKind } from './kind-pattern.ts';

describe('A pattern of kinds', () => {
  test.each([
    ['run_submitted', 'run_submitted', true],
    ['run_submitted', 'run_submitted_again', false],
    ['*', 'anything', true],
    ['run_*', 'run_', true],
    ['run_*', 'runs_submitted', false],
    ['*_failed', 'run_failed', true],
    ['*_failed', 'run_failed_again', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*a', 'a_b_a', true],
    ['a*b*a', 'a_a', false],
    ['**', 'x', true],
    ['run.submitted', 'run_submitted', false],
  ])('%s takes %s: %s', (pattern, kind, taken) => {
    expect(matchesKind(pattern, kind)).toBe(taken);
  });

  test('takes exactly what a search with room for anything takes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const kind = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(text, kind, (pattern, tried) => {
        expect(matchesKind(pattern, tried)).toBe(searched(pattern, tried));
      }),
    );
  });

  test('costs no more for one that looks hard', () => {
    expect(matchesKind(`${'a*'.repeat(60)}b`, 'a'.repeat(128))).toBe(false);
  });
});

/** The same by trying everything. */
function searched(pattern: string, kind: string): boolean {
  if (pattern === '') return kind === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*')) return searched(rest, kind) || (kind !== '' && searched(pattern, kind.slice(1)));
  return kind.startsWith(pattern.charAt(0)) && searched(rest, kind.slice(1));
}
