import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assert, assertNever, InvariantError } from './assert.ts';
import { describeIssues, defineFaults, HostApiError, isFault, parseWith } from './errors.ts';
import { createSentinel, findLeaks } from './testkit/index.ts';

describe('A fault', () => {
  test('is recognised by its brand, also across two copies of a package', () => {
    const table = { gone: { meaning: 'It is gone', remedy: 'Look elsewhere.', retryable: true } };
    const [one, copy, other] = [defineFaults('one', table), defineFaults('one', table), defineFaults('other', table)];
    const fault = new one('one/gone');
    expect([one.is(fault), copy.is(fault), other.is(fault), isFault(fault)]).toEqual([true, true, false, true]);
    const lookalike = Object.assign(new Error('x'), { code: 'one/gone', retryable: true, detail: {} });
    for (const value of [lookalike, new InvariantError('x'), JSON.parse(JSON.stringify(fault)), null, 'one/gone']) {
      expect([one.is(value), isFault(value)]).toEqual([false, false]);
    }
  });

  test('says on the wire what its table says, and nothing of its cause', () => {
    const sentinel = createSentinel('cause');
    const fault = new HostApiError('host-api/store_unavailable', { detail: { tries: 3 }, cause: new Error(sentinel) });
    expect(fault.message).toBe('The store could not do its work (tries 3).');
    expect(fault.toJSON()).toEqual({
      code: 'host-api/store_unavailable',
      message: fault.message,
      remedy: HostApiError.table['host-api/store_unavailable'].remedy,
      retryable: true,
      detail: { tries: 3 },
    });
    expect(findLeaks(JSON.stringify(fault), [sentinel])).toEqual([]);
    expect(findLeaks(fault, [sentinel])).toEqual([sentinel]);
  });

  test.each(Object.entries(HostApiError.table))('%s tells its meaning and what to do', (_code, row) => {
    expect(row.meaning).toMatch(/^[A-Z].*[^.]$/);
    expect(row.remedy).toMatch(/^[A-Z].*\.$/);
  });
});

describe('A refusal at a boundary', () => {
  const schema = z.strictObject({
    text: z.string().max(3),
    count: z.int().min(1),
    kind: z.enum(['a', 'b']),
    list: z.array(z.union([z.string(), z.number()])).optional(),
    stamp: z.iso.datetime().optional(),
  });
  const good = { text: 'abc', count: 1, kind: 'a' };
  const sentinel = createSentinel('boundary');
  test.each<readonly [unknown, string, string]>([
    [undefined, 'x', 'must be of type object'],
    [{ ...good, text: sentinel }, 'x.text', 'must be at most 3'],
    [{ ...good, text: 1 }, 'x.text', 'must be of type string'],
    [{ ...good, count: 0 }, 'x.count', 'must be at least 1'],
    [{ ...good, count: 0.5 }, 'x.count', 'must be of type int'],
    [{ ...good, kind: sentinel }, 'x.kind', 'must be one of a, b'],
    [{ ...good, [sentinel]: 1 }, 'x', 'has a key that is not known'],
    [{ ...good, list: [sentinel, { [sentinel]: sentinel }] }, 'x.list.1', 'has none of the allowed forms'],
    [{ ...good, stamp: sentinel }, 'x.stamp', 'must have the format datetime'],
  ])('of %j names the field and the rule', (value, field, rule) => {
    const result = schema.safeParse(value);
    expect(result.success || describeIssues(result.error, 'x')).toEqual({ field, rule });
    const act = () => parseWith(schema, value, 'x');
    expect(act).toThrow(expect.objectContaining({ code: 'host-api/invalid_value' }));
    expect(findLeaks(result.success || describeIssues(result.error, 'x'), [sentinel])).toEqual([]);
  });
});

test('A broken invariant names the invariant', () => {
  expect(() => assert(false, 'two is two')).toThrow(new InvariantError('Invariant broken: two is two'));
  expect(() => assertNever('x' as never, 'Verdict')).toThrow(InvariantError);
  expect(() => assert(1, 'one is something')).not.toThrow();
});
