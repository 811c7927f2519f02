import { expect, test } from 'vitest';
import { rulesOf, type RetentionRule } from './rule.ts';

const HOUR_MS = 60 * 60 * 1000;

test('The first rule that is about a kind decides, also when the kind comes again', () => {
  const rules: readonly RetentionRule[] = [
    { family: 'runtime', kinds: ['run_*'], keepMs: 'forever' },
    { family: 'journal', keepMs: HOUR_MS },
    { family: 'runtime', kinds: ['*_failed'], keepMs: 2 * HOUR_MS },
  ];
  const { keepMsOf } = rulesOf(rules, 'runtime');
  const kinds = ['run_failed', 'model_failed', 'model_started', 'run_failed', 'model_failed'];
  expect(kinds.map((kind) => keepMsOf(kind))).toEqual([undefined, 2 * HOUR_MS, undefined, undefined, 2 * HOUR_MS]);
});

test('Rules are gone through once for a kind that comes again, not for each record', () => {
  const rule: RetentionRule = { family: 'runtime', kinds: ['*_failed'], keepMs: HOUR_MS };
  let looks = 0;
  const watched = new Proxy(rule, {
    get: (of, name) => {
      looks += 1;
      return Reflect.get(of, name) as unknown;
    },
  });
  const { keepMsOf } = rulesOf([watched], 'runtime');
  keepMsOf('run_failed');
  const before = looks;
  for (let at = 0; at < 1000; at += 1) keepMsOf('run_failed');
  expect(looks).toBe(before);
  for (let at = 0; at < 5000; at += 1) expect(keepMsOf(`kind_${at}_failed`)).toBe(HOUR_MS);
  expect(keepMsOf('run_failed')).toBe(HOUR_MS);
});
