import { inspect } from 'node:util';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { SecretValue } from './secret-value.ts';

test('a secret in memory shows itself to nobody who does not ask for it by name', () => {
  const sentinel = createSentinel('value');
  const value = new SecretValue(sentinel);
  const shown = [
    String(value),
    `${value}`,
    `${value.toString()}`,
    JSON.stringify({ value }),
    inspect(value, { depth: null, showHidden: true }),
    inspect({ value, list: [value] }),
    Object.prototype.toString.call(value),
    JSON.stringify(Object.entries(value)),
    JSON.stringify(structuredClone({ value })),
    String(new Error('with a cause', { cause: value })),
    inspect(new Error('with a cause', { cause: value })),
    inspect(new Map([[value, value]])),
  ];
  expect(findLeaks([shown, value], [sentinel])).toEqual([]);
  expect(`${value}`).toBe('[secret]');
  expect(value.reveal()).toBe(sentinel);
  expect(() => Object.assign(value, { reveal: () => 'x' })).toThrow(TypeError);
});
