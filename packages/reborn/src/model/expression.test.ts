import { HostApiError, type JsonValue } from '@reborn/host-api';
import type { ToolResult } from '@reborn/turns/loop';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateExpression, type ExpressionValue } from './expression-value.ts';
import { parseExpression, referencesOf } from './expression.ts';

const place = { step: 'a', field: 'steps.0.say', item: 'none' } as const;

const entries = [
  { name: 'a.md', path: 'x/a.md', kind: 'file' },
  { name: 'x', path: 'x', kind: 'directory' },
  { name: 'b.md', path: 'digests/b.md', kind: 'file' },
  { name: 'c.md', path: 'c.md', kind: 'file' },
  { name: 'c.md', path: 'c.md', kind: 'file' },
  { name: 'd.txt', path: 'd.txt', kind: 'file' },
];
const results = new Map<string, readonly ToolResult[]>([
  ['list', [completed({ entries, 'odd/key~': 7, total: 6 })]],
  ['read', [completed({ path: 'one', n: 1 }), failed(), completed({ path: 'three', n: 3 })]],
  ['refused', [failed()]],
]);

describe('an expression', () => {
  it('is itself where it has no operator', () => {
    const value = { a: [1, 'two', null, { b: true }] };
    expect(valueOf(value)).toEqual(value);
  });

  it('takes a value out of a result by JSON Pointer, with its escapes', () => {
    expect(valueOf({ $from: 'list', at: '/entries/3/path' })).toBe('c.md');
    expect(valueOf({ $from: 'list', at: '/odd~1key~0' })).toBe(7);
  });

  it('takes one result of a call that fanned out by its number', () => {
    expect(valueOf({ $from: 'read.2', at: '/path' })).toBe('three');
  });

  it.each([
    [{ $from: 'list', at: '/entries/9/path' }, 'the result of call "list" has nothing at "/entries/9/path"'],
    [{ $from: 'list', at: '/entries/-1' }, 'the result of call "list" has nothing at "/entries/-1"'],
    [{ $from: 'list', at: '/toString' }, 'the result of call "list" has nothing at "/toString"'],
    [{ $from: 'refused', at: '/x' }, 'call "refused" has no completed result'],
    [{ $from: 'read.1' }, 'call "read.1" has no completed result'],
    [{ $each: { from: 'list', at: '/total' } }, 'the result of call "list" has no list at "/total"'],
    [{ $text: ['a', { $from: 'list' }] }, 'a part of a text is neither text nor a number'],
  ])('says which call and pointer it cannot resolve: %j', (expression, reason) => {
    expect(evaluate(expression)).toEqual({ kind: 'unresolved', reason });
  });

  it('goes through a list with conditions, each path once, up to a limit, and joins it to a text', () => {
    const where = [
      { at: '/kind', equals: 'file' },
      { at: '/name', endsWith: '.md' },
      { at: '/path', startsWith: 'digests/', not: true },
    ];
    const selection = { from: 'list', at: '/entries', where, distinct: '/path' };
    const line = { $text: [{ $index: true }, ':', { $item: '/path' }] };
    expect(valueOf({ $each: selection, as: line, join: ', ' })).toBe('0:x/a.md, 1:c.md');
    expect(valueOf({ $each: { ...selection, limit: 1 } })).toEqual([entries[0]]);
    expect(valueOf({ $count: selection })).toBe(2);
  });

  it('goes through the completed results of a call that fanned out', () => {
    expect(valueOf({ $each: { fromCalls: 'read' }, as: { $item: '/n' } })).toEqual([1, 3]);
    expect(valueOf({ $each: { fromCalls: 'read', at: '/path' }, join: '+' })).toBe('one+three');
  });

  it('lets an item without a value fail a condition, and pass its opposite', () => {
    const count = (condition: JsonValue): JsonValue => {
      return valueOf({ $count: { from: 'list', at: '/entries', where: [condition] } });
    };
    expect(count({ at: '/missing', contains: '' })).toBe(0);
    expect(count({ at: '/missing', contains: '', not: true })).toBe(entries.length);
  });

  it('takes the first choice that is there and not empty', () => {
    const none = { $each: { from: 'list', at: '/entries', where: [{ at: '/name', equals: 'none' }] }, join: '' };
    expect(valueOf({ $default: [{ $from: 'list', at: '/no' }, none, 'last'] })).toBe('last');
    expect(valueOf({ $default: [none, ''] })).toBe('');
  });

  it('makes no text beyond its bound', () => {
    const long = 'x'.repeat(600_000);
    expect(evaluate({ $text: [long, long] })).toEqual({
      kind: 'unresolved',
      reason: 'a text is longer than 1048576 bytes',
    });
  });

  it.each<[JsonValue, string]>([
    [{ $form: 'list' }, 'must be one of $from, $text, $each, $item, $index, $count, $default'],
    [{ $from: 'list', too: 1 }, 'has a key that is not known'],
    [{ $from: 'list', at: 'entries' }, 'must be a JSON Pointer such as /entries/0/path'],
    [{ $item: '/path' }, 'must use $item only inside "as" or the input of a call with "each"'],
    [{ $each: { at: '/x' } }, 'must have from or fromCalls'],
    [{ $each: { from: 'list' }, as: { $count: { from: 'list' } } }, 'must not use $count inside "as"'],
    [{ $count: { from: 'list', where: [{ at: '/x' }] } }, 'must have one of equals, startsWith, endsWith and contains'],
    [{ $default: ['one'] }, 'must be at least 2'],
  ])('is refused with the step and the rule: %j', (expression, rule) => {
    const fault = faultOf(() => parseExpression(expression, place));
    expect(fault.code).toBe('host-api/invalid_value');
    expect(fault.detail).toMatchObject({ step: 'a', rule });
  });

  it('names the calls it refers to', () => {
    const expression = { a: { $from: 'x' }, b: [{ $count: { fromCalls: 'y' } }, { $text: [{ $from: 'z.0' }] }] };
    expect(referencesOf(parseExpression(expression, place))).toEqual([
      { callId: 'x', of: 'only' },
      { callId: 'y', of: 'every' },
      { callId: 'z', of: 'one' },
    ]);
  });

  it('has a value or a reason for whatever the tools answered', () => {
    const expression = {
      $default: [
        { $each: { from: 'list', at: '/a', distinct: '/b', where: [{ at: '/c', equals: 1 }] }, as: { $item: '/b' } },
        { $text: [{ $from: 'list', at: '/a/0' }] },
      ],
    };
    fc.assert(
      fc.property(fc.jsonValue(), (output) => {
        const scope = { results: new Map([['list', [completed(output as JsonValue)]]]) };
        const value = evaluateExpression(parseExpression(expression, place), scope);
        expect(['found', 'unresolved']).toContain(value.kind);
      }),
    );
  });
});

function evaluate(expression: JsonValue): ExpressionValue {
  return evaluateExpression(parseExpression(expression, place), { results });
}

function valueOf(expression: JsonValue): JsonValue {
  const value = evaluate(expression);
  if (value.kind === 'unresolved') throw new Error(value.reason);
  return value.value;
}

function faultOf(act: () => unknown): HostApiError {
  try {
    act();
  } catch (error) {
    if (HostApiError.is(error)) return error;
    throw error;
  }
  throw new Error('expected a fault');
}

function completed(output: JsonValue): ToolResult {
  return { kind: 'completed', output };
}

function failed(): ToolResult {
  return { kind: 'failed', failureKind: 'denied', effect: 'none', message: 'No.' };
}
