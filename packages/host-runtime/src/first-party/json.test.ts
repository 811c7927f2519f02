import type { JsonObject, JsonValue } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTool } from '../../test/first-party/call-tool.ts';
import { parseJsonPath, valueAt } from './json-path.ts';
import { createJson } from './json.ts';

const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 200);

const tool = createJson();
const answer = async (input: JsonObject) => {
  const outcome = await callTool(tool, input);
  return outcome.kind === 'completed' ? outcome.output : outcome.kind === 'failed' ? outcome.code : outcome;
};
const NOTES = { notes: [{ title: 'a', tags: ['x', null] }, { 'odd name': false }] };

describe('json', () => {
  it('parses text', async () => {
    expect(await answer({ operation: 'parse', data: '{"a":[1,null]}' })).toEqual({ value: { a: [1, null] } });
    expect(await answer({ operation: 'parse', data: ' null ' })).toEqual({ value: null });
    expect(await answer({ operation: 'parse', data: { a: 1 } })).toBe('not_text');
  });

  it.each([
    ['{a:1}', 'must be valid JSON'],
    ['', 'must be valid JSON'],
    ['{"__proto__":1}', 'must not have a key named __proto__'],
    [`${'['.repeat(58)}${']'.repeat(58)}`, 'must be at most 57 levels deep'],
    ['[1e400]', 'must hold finite numbers only'],
    ['9007199254740993', 'must hold whole numbers between -(2^53 - 1) and 2^53 - 1 only'],
  ])('refuses %j, and says what is wrong with it', async (data, problem) => {
    expect(await callTool(tool, { operation: 'parse', data })).toEqual({
      kind: 'failed',
      code: 'invalid_json',
      message: `The text ${problem}.`,
      effect: 'none',
    });
    expect(await answer({ operation: 'validate', data })).toEqual({ valid: false, problem });
  });

  it('validates', async () => {
    expect(await answer({ operation: 'validate', data: '[1]' })).toEqual({ valid: true });
    expect(await answer({ operation: 'validate', data: { a: 1 } })).toEqual({ valid: true });
  });

  it('writes a value as text', async () => {
    expect(await answer({ operation: 'stringify', data: NOTES })).toEqual({ text: JSON.stringify(NOTES) });
    expect(await answer({ operation: 'stringify', data: 'a' })).toEqual({ text: '"a"' });
  });

  it.each([
    ['', NOTES],
    ['notes[0].title', 'a'],
    ['notes[0].tags[1]', null],
    ['notes[1].odd name', false],
    ['notes', NOTES.notes],
  ])('finds what stands at %j, in a value and in its text', async (path, value) => {
    expect(await answer({ operation: 'query', data: NOTES, path })).toEqual({ value });
    expect(await answer({ operation: 'query', data: JSON.stringify(NOTES), path })).toEqual({ value });
  });

  it.each([
    'notes[2]',
    'notes.0',
    'notes.length',
    'notes[0].title[0]',
    'notes[0].title.length',
    'constructor',
    '__proto__',
    'hasOwnProperty.name',
    'notes[999999999]',
  ])('finds nothing at %s', async (path) => {
    expect(await answer({ operation: 'query', data: NOTES, path })).toBe('path_not_found');
  });

  it.each([
    '.a',
    'a.',
    'a..b',
    'a[',
    'a]',
    'a[-1]',
    'a[x]',
    'a[]',
    '[1]a',
    'a[1]b',
    'a[0].',
    'a[1e3]',
    'a[12345678901]',
  ])('takes %s for no path', async (path) => {
    expect(await answer({ operation: 'query', data: NOTES, path })).toBe('invalid_path');
  });

  it('refuses a reference to another call, which it cannot look up', async () => {
    const data = { source_tool_call_id: 'call_1' };
    await expect(answer({ operation: 'query', data })).rejects.toThrow('must be the data itself');
    await expect(answer({ operation: 'query', data: {}, ...data })).rejects.toThrow('a key that is not known');
    expect(await answer({ operation: 'stringify', data: [data] })).toMatchObject({ text: expect.any(String) });
  });

  it('refuses what is too large before anything is done', async () => {
    const data = 'x'.repeat(1024 * 1024);
    await expect(answer({ operation: 'validate', data })).rejects.toThrow('input must be at most 1048576 bytes');
    await expect(answer({ operation: 'query', data: {}, path: 'x'.repeat(1025) })).rejects.toThrow('input.path');
  });
});

describe('a path within JSON', () => {
  it('is found wherever a value has a name for it', () => {
    const name = fc.stringMatching(/^[^.[\]]{1,8}$/).filter((each) => each !== '__proto__');
    const step = fc.oneof(name, fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const text = steps
          .map((each, at) => (typeof each === 'number' ? `[${each}]` : `${at === 0 ? '' : '.'}${each}`))
          .join('');
        expect(parseJsonPath(text)).toEqual(steps);
        const value = steps.reduceRight<JsonValue>(
          (below, each) => (typeof each === 'number' ? [...Array(each).fill(0), below] : { [each]: below }),
          'found',
        );
        expect(valueAt(value, steps)).toBe('found');
      }),
      { numRuns: RUNS },
    );
  });

  it('is a list of steps, or nothing, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'a.[]0 '), { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const path = parseJsonPath(text);
        if (path === undefined) return;
        const again = path.map((each, at) =>
          typeof each === 'number' ? `[${each}]` : `${at === 0 ? '' : '.'}${each}`,
        );
        expect(again.join('').replaceAll(/\[0+(?=\d)/g, '[')).toBe(text.replaceAll(/\[0+(?=\d)/g, '['));
      }),
      { numRuns: RUNS },
    );
  });

  it('is at most as deep as JSON may be', () => {
    expect(parseJsonPath('[0]'.repeat(64))).toHaveLength(64);
    expect(parseJsonPath('[0]'.repeat(65))).toBeUndefined();
  });
});
