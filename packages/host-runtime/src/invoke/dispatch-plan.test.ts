import { InvariantError } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import { sealPlan, usePlan } from './dispatch-plan.ts';

const handler = {} as AdoptedHandler;

describe('a sealed plan', () => {
  test('is used once, and cannot be changed', () => {
    const plan = sealPlan(handler, { text: 'a' });
    expect(Object.isFrozen(plan)).toBe(true);
    expect(usePlan(plan)).toBe(plan);
    expect(() => usePlan(plan)).toThrow(InvariantError);
    expect(() => usePlan(plan)).toThrow(InvariantError);
  });

  test('is one for itself: using it up leaves another of the same call alone', () => {
    const [one, other] = [sealPlan(handler, 'a'), sealPlan(handler, 'a')];
    usePlan(one);
    expect(usePlan(other)).toBe(other);
  });

  test('cannot be imitated', () => {
    const plan = sealPlan(handler, 'a');
    for (const lookAlike of [{ handler, input: 'a' }, { ...plan }, Object.create(plan) as typeof plan]) {
      expect(() => usePlan(lookAlike)).toThrow(InvariantError);
    }
    expect(usePlan(plan)).toBe(plan);
  });
});
