import { authorize } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createDecisionCases, isAllowed } from './decision-cases.ts';

describe('Generated questions of authority', () => {
  test('are the same for the same seed', () => {
    expect(createDecisionCases(7)).toEqual(createDecisionCases(7));
  });

  test('are answered in more than one way, and refused for more than one reason', () => {
    const verdicts = createDecisionCases(7).map(({ request }) => authorize(request).verdicts);
    const allowed = verdicts.filter(isAllowed).length;
    expect(allowed).toBeGreaterThan(50);
    expect(allowed).toBeLessThan(verdicts.length - 50);
    const refusers = verdicts.flat().flatMap((verdict) => (verdict.kind === 'deny' ? [verdict.by] : []));
    expect([...new Set(refusers)].toSorted()).toEqual(['descriptor', 'grants', 'profile', 'trust']);
  });
});
