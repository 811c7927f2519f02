import { InvariantError, type JsonValue } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import type { Equipment } from './equip.ts';
import { sealPlan, usePlan } from './dispatch-plan.ts';

const handler = {} as AdoptedHandler;
const equipment = {} as Equipment;
const seal = (input: JsonValue) => sealPlan({ handler, input, equipment });

describe('a sealed plan', () => {
  test('is used once, and cannot be changed', () => {
    const plan = seal({ text: 'a' });
    expect(Object.isFrozen(plan)).toBe(true);
    expect(usePlan(plan)).toBe(plan);
    expect(() => usePlan(plan)).toThrow(InvariantError);
    expect(() => usePlan(plan)).toThrow(InvariantError);
  });

  test('is one for itself: using it up leaves another of the same call alone', () => {
    const [one, other] = [seal('a'), seal('a')];
    usePlan(one);
    expect(usePlan(other)).toBe(other);
  });

  test('cannot be imitated', () => {
    const plan = seal('a');
    for (const lookAlike of [{ handler, input: 'a', equipment }, { ...plan }, Object.create(plan) as typeof plan]) {
      expect(() => usePlan(lookAlike)).toThrow(InvariantError);
    }
    expect(usePlan(plan)).toBe(plan);
  });
});
