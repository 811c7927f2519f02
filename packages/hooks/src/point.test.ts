import { describe, expect, test } from 'vitest';
import { HOOK_POINTS, isHookPoint, rowOf } from './point.ts';

describe('the table of points', () => {
  test('has exactly the points that something fires', () => {
    expect(Object.keys(HOOK_POINTS)).toEqual(['before_capability', 'event_triggered']);
    expect(HOOK_POINTS.before_capability.firedBy).toBe('CallPolicy.judge');
    expect(HOOK_POINTS.event_triggered.firedBy).toBe('log consumer');
  });

  test('has no verb that allows', () => {
    const verbs = Object.values(HOOK_POINTS).flatMap((row) => row.verbs);
    expect(new Set(verbs)).toEqual(new Set(['observe', 'refuse', 'pause']));
  });

  test('gives an observer nothing but observe', () => {
    expect(HOOK_POINTS.event_triggered.verbs).toEqual(['observe']);
  });

  test('cannot be changed', () => {
    expect(Object.isFrozen(HOOK_POINTS)).toBe(true);
    for (const row of Object.values(HOOK_POINTS)) {
      expect(Object.isFrozen(row)).toBe(true);
      expect(Object.isFrozen(row.verbs)).toBe(true);
      expect(Object.isFrozen(row.filter)).toBe(true);
    }
  });

  test('knows its own names only', () => {
    expect(isHookPoint('before_capability')).toBe(true);
    expect(isHookPoint('before_prompt')).toBe(false);
    expect(isHookPoint('toString')).toBe(false);
    expect(isHookPoint(undefined)).toBe(false);
  });

  test('says of every gate what its refusal means', () => {
    for (const point of Object.keys(HOOK_POINTS).filter(isHookPoint)) {
      const row = rowOf(point);
      expect(row.refusal === undefined).toBe(row.kind === 'observer');
    }
  });
});
