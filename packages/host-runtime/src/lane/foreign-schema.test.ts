import type { JsonObject, JsonValue } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileSchema } from './foreign-schema.ts';

/** As text, because an object with a member `then` may be awaited by mistake. */
const BRANCHES = JSON.parse('{"if":{"type":"string"},"then":{"minLength":2},"else":{"const":1}}') as JsonObject;
const NO_BRANCH = JSON.parse('{"then":false}') as JsonObject;
const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 200);

function check(schema: JsonObject, input: JsonValue) {
  const compiled = compileSchema(schema);
  if (compiled.kind === 'invalid') throw new Error(compiled.rule);
  return compiled.check(input);
}

const times = (count: number, value: JsonValue) => Array.from({ length: count }, () => value);
const fits = (schema: JsonObject, input: JsonValue) => check(schema, input).kind === 'valid';
const ruleOf = (schema: JsonObject, mode?: 'shown') => {
  const compiled = compileSchema(schema, mode);
  return compiled.kind === 'invalid' ? compiled.rule : undefined;
};

describe('a schema of somebody else', () => {
  it.each<[JsonObject, readonly JsonValue[], readonly JsonValue[]]>([
    [{}, [null, 1, 'a', [], {}], []],
    [{ type: 'integer' }, [1, 1.0, -0], [1.5, '1', null]],
    [{ type: ['string', 'null'] }, ['', null], [0, [], {}]],
    [{ type: 'object' }, [{}], [[], null]],
    [{ type: 'array' }, [[]], [{}]],
    [{ enum: [1, 'a', { b: [1, 2], c: null }] }, [1, 'a', { c: null, b: [1, 2] }], ['1', { b: [2, 1], c: null }, null]],
    [{ const: { a: 1 } }, [{ a: 1 }], [{ a: 2 }, {}]],
    [{ minLength: 2, maxLength: 3 }, ['ab', '😀😀😀', 5], ['a', 'abcd']],
    [{ pattern: '^a+$' }, ['aa', 5], ['b', 'ab']],
    [{ pattern: 'b' }, ['abc'], ['ac']],
    [{ minimum: 1, maximum: 2 }, [1, 2, 'x'], [0, 3]],
    [{ exclusiveMinimum: 1, exclusiveMaximum: 2 }, [1.5], [1, 2]],
    [{ multipleOf: 0.5 }, [1.5, 0, 'x'], [1.2]],
    [{ minItems: 1, maxItems: 2 }, [[1], [1, 2], 'x'], [[], [1, 2, 3]]],
    [
      { uniqueItems: true },
      [
        [1, '1', [1]],
        [{ a: 1 }, { a: 2 }],
      ],
      [
        [1, 1],
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    [{ uniqueItems: false }, [[1, 1]], []],
    [{ items: { type: 'string' } }, [[], ['a']], [[1], ['a', 1]]],
    [{ prefixItems: [{ type: 'string' }, { const: 1 }], items: false }, [[], ['a'], ['a', 1]], [[1], ['a', 1, 2]]],
    [{ contains: { const: 1 } }, [[2, 1]], [[], [2]]],
    [{ contains: { const: 1 }, minContains: 2, maxContains: 2 }, [[1, 1, 2]], [[1], [1, 1, 1]]],
    [{ properties: { a: { type: 'string' } } }, [{}, { a: 'x' }, { b: 1 }, 5], [{ a: 1 }]],
    [{ required: ['a'] }, [{ a: null }], [{}]],
    [{ required: ['constructor'] }, [{ constructor: 1 }], [{}]],
    [{ properties: { a: true }, additionalProperties: false }, [{ a: 1 }], [{ b: 1 }, { constructor: 1 }]],
    [{ additionalProperties: { type: 'string' } }, [{ b: 'x' }], [{ b: 1 }]],
    [
      { patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false },
      [{ 'x-a': 'a' }],
      [{ 'x-a': 1 }, { a: 'a' }],
    ],
    [{ propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
    [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [{}, { a: 1, b: 1 }]],
    [{ dependentRequired: { a: ['b'] } }, [{}, { b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1], [0, 3]],
    [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 5], [1]],
    [{ oneOf: [{ minimum: 1 }, { maximum: 2 }] }, [0, 3], [1, 2]],
    [{ not: { type: 'string' } }, [1], ['a']],
    [BRANCHES, ['ab', 1], ['a', 2]],
    [{ if: { type: 'string' }, else: false }, ['a'], [1]],
    [NO_BRANCH, ['a'], []],
    [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } }, ['a'], [1]],
    [{ $ref: '#/definitions/a%20b', definitions: { 'a b': { const: 1 } } }, [1], [2]],
    [{ properties: { a: { $ref: '#/properties/b' }, b: { const: 1 } } }, [{ a: 1 }], [{ a: 2 }]],
    [{ $ref: '#/$defs/a', minimum: 2, $defs: { a: { maximum: 3 } } }, [2, 3], [1, 4]],
    [
      { properties: { next: { $ref: '#' }, value: { type: 'number' } }, required: ['value'] },
      [{ value: 1 }, { value: 1, next: { value: 2 } }],
      [
        { value: 1, next: {} },
        { value: 1, next: { value: 1, next: { value: 'x' } } },
      ],
    ],
    [{ format: 'email', title: 'x', 'x-note': 1, default: 5, examples: [], readOnly: true }, ['no email'], []],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', $id: 'https://a.example/x', $comment: 'c' }, [1], []],
  ])('%j takes %j and refuses %j', (schema, takes, refuses) => {
    for (const input of takes) expect([input, check(schema, input)]).toEqual([input, { kind: 'valid', input }]);
    for (const input of refuses) expect([input, check(schema, input).kind]).toEqual([input, 'invalid']);
  });

  it('says where an input is wrong, and nothing of what was sent but plain names', () => {
    const schema = {
      properties: { notes: { items: { properties: { title: { type: 'string' } }, required: ['title'] } } },
      additionalProperties: { type: 'number' },
    };
    expect(check(schema, { notes: [{ title: 'a' }, { title: 1 }] })).toEqual({
      kind: 'invalid',
      field: 'input.notes.1.title',
      rule: 'must be of type string',
    });
    expect(check(schema, { notes: [{}] })).toEqual({
      kind: 'invalid',
      field: 'input.notes.0.title',
      rule: 'is required',
    });
    expect(check(schema, { 'my secret': 'x' })).toMatchObject({ field: 'input.?' });
    expect(check({ additionalProperties: false }, { secret: 'x' })).toEqual({
      kind: 'invalid',
      field: 'input',
      rule: 'has a key that is not known',
    });
  });

  it.each<[JsonObject, string]>([
    [{ type: 'text' }, '#: "type" must be a known type'],
    [{ type: 'constructor' }, '#: "type" must be a known type'],
    [{ properties: { a: { minLength: -1 } } }, '#/properties/a: "minLength" must be a whole number, not less than 0'],
    [{ properties: { 'a/b': { maximum: '1' } } }, '#/properties/a~1b: "maximum" must be a number'],
    [{ properties: [] }, '#: "properties" must be an object'],
    [{ properties: { a: 5 } }, '#: "properties" must be a schema'],
    [{ required: 'a' }, '#: "required" must be a list'],
    [{ required: [1] }, '#: "required" must be text'],
    [{ anyOf: [] }, '#: "anyOf" must be a list of at least one schema'],
    [{ items: [{}] }, '#: "items" must be one schema; several belong into prefixItems'],
    [{ multipleOf: 0 }, '#: "multipleOf" must be more than 0'],
    [{ uniqueItems: 1 }, '#: "uniqueItems" must be true or false'],
    [{ minProperties: 1.5 }, '#: "minProperties" must be a whole number, not less than 0'],
    [{ exclusiveMinimum: true }, '#: "exclusiveMinimum" must be a number'],
    [{ pattern: '(?=a)' }, '#: "pattern" has invalid or unsupported Perl syntax'],
    [{ pattern: '(a)\\1' }, '#: "pattern" has invalid escape sequence'],
    [{ patternProperties: { '(': {} } }, '#: "patternProperties" has missing closing )'],
    [{ pattern: 'a'.repeat(513) }, '#: "pattern" must be at most 512 bytes'],
    [{ pattern: '(a{1,100}){1,100}' }, '#: "pattern"'],
    [{ $schema: 'https://example.com/own' }, '#: "$schema" must be a dialect that is known here'],
    [{ items: { $id: 'x' } }, '#/items: "$id" must stand at the top'],
    [{ unevaluatedProperties: false }, '#: "unevaluatedProperties" is not supported'],
    [{ $dynamicRef: '#a' }, '#: "$dynamicRef" is not supported'],
    [{ dependencies: {} }, '#: "dependencies" is not supported'],
    [{ $ref: 'https://example.com/schema' }, '#: "$ref" must be a place in this document, beginning with "#"'],
    [{ $ref: 'file:///etc/passwd' }, '#: "$ref" must be a place in this document, beginning with "#"'],
    [{ $ref: '#/$defs/none' }, 'has a "$ref" to something that is no schema of this document'],
    [{ $ref: '#/enum/0', enum: [{ type: 'string' }] }, 'has a "$ref" to something that is no schema of this document'],
    [{ $ref: '#/%zz' }, '#: "$ref" must be a JSON Pointer'],
    [{ $ref: '#' }, 'has a "$ref" that leads back to itself, or too far'],
    [
      { anyOf: [{ $ref: '#/$defs/a' }], $defs: { a: { not: { $ref: '#' } } } },
      'has a "$ref" that leads back to itself, or too far',
    ],
    [{ title: 'x'.repeat(64 * 1024) }, 'must be at most 65536 bytes'],
  ])('is not compiled: %j', (schema, rule) => {
    expect(ruleOf(schema)).toContain(rule);
  });

  it('is bounded in depth, in size and in its patterns', () => {
    let deep: JsonObject = {};
    for (let at = 0; at < 14; at += 1) deep = { items: deep, not: deep };
    expect(ruleOf(deep)).toContain('bytes');
    let nested: JsonObject = {};
    for (let at = 0; at < 70; at += 1) nested = { items: nested };
    expect(ruleOf(nested)).toContain('levels deep');
    let here: JsonObject = {};
    for (let at = 0; at < 32; at += 1) here = { not: here };
    expect(ruleOf(here)).toContain('too far');
    const patterns = Array.from({ length: 33 }, (_, at) => ({ pattern: `a${at}` }));
    expect(ruleOf({ allOf: patterns.slice(1) })).toBeUndefined();
    expect(ruleOf({ allOf: patterns })).toContain('one of more than 32 patterns');
    expect(ruleOf({ enum: Array.from({ length: 8000 }, (_, at) => at) })).toBeUndefined();
    const cyclic: Record<string, unknown> = {};
    cyclic['items'] = cyclic;
    expect(ruleOf(cyclic as never)).toContain('levels deep');
  });

  it('is not what it becomes after it was compiled', () => {
    const schema: { type: string; enum: string[] } = { type: 'string', enum: ['a'] };
    const compiled = compileSchema(schema);
    schema.type = 'number';
    schema.enum.push('b');
    if (compiled.kind === 'invalid') throw new Error(compiled.rule);
    expect([compiled.check('a').kind, compiled.check('b').kind]).toEqual(['valid', 'invalid']);
  });

  it('may have patterns of any kind where it is shown and never run', () => {
    const schema = z.toJSONSchema(z.object({ name: z.string().regex(/^(?!x)/) })) as JsonObject;
    expect(ruleOf(schema)).toContain('Perl syntax');
    expect(ruleOf(schema, 'shown')).toBeUndefined();
    expect(ruleOf({ pattern: 5 }, 'shown')).toBe('#: "pattern" must be text');
  });

  it('is compiled when a library wrote it from code', () => {
    const own = z.strictObject({
      id: z.uuid(),
      at: z.iso.datetime(),
      kind: z.enum(['a', 'b']).default('a'),
      pair: z.tuple([z.string(), z.int()]),
      tags: z.record(z.string(), z.number().nullable()).optional(),
      shape: z.discriminatedUnion('kind', [z.object({ kind: z.literal('x') }), z.object({ kind: z.literal('y') })]),
      never: z.never().optional(),
    });
    const schema = z.toJSONSchema(own, { io: 'input' }) as JsonObject;
    const input = { id: '6f1cf7b8-5cd1-4a7c-9d3e-1f0a2b3c4d5e', at: '2026-01-01T00:00:00Z', pair: ['a', 1] };
    expect(fits(schema, { ...input, shape: { kind: 'x' } })).toBe(true);
    expect(fits(schema, { ...input, shape: { kind: 'z' } })).toBe(false);
    expect(fits(schema, { ...input, shape: { kind: 'x' }, never: 1 })).toBe(false);
  });
});

describe('checking an input', () => {
  const tooMuch = { kind: 'invalid', field: 'input', rule: 'takes too much work to be checked against its schema' };
  const doubling = (levels: number, keyword: string): JsonObject => ({
    $ref: '#/$defs/a0',
    $defs: Object.fromEntries(
      Array.from({ length: levels + 1 }, (_, at) => [
        `a${at}`,
        at === levels ? { type: 'string' } : { [keyword]: times(8, { $ref: `#/$defs/a${at + 1}` }) },
      ]),
    ),
  });

  it.each<[string, JsonObject, JsonValue]>([
    ['references that multiply', doubling(12, 'allOf'), 'x'],
    ['alternatives that multiply', doubling(12, 'anyOf'), 5],
    ['many schemas for many items', { allOf: times(2000, { items: { type: 'number' } }) }, times(10_000, 1)],
    ['a pattern on long texts', { items: { pattern: '(a|b|c){1,60}$' } }, times(200, 'abc'.repeat(10_000))],
    ['unique items that are large', { items: { uniqueItems: true } }, times(100, [times(30_000, 1)])],
    [
      'many patterns for many names',
      { patternProperties: Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`a${at}`, true])) },
      Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`${at}`, 1])),
    ],
  ])('ends, with %s', (_what, schema, input) => {
    expect(check(schema, input)).toEqual(tooMuch);
  });

  it('takes an evil pattern in linear time', () => {
    expect(fits({ pattern: '^(a+)+$' }, `${'a'.repeat(10_000)}!`)).toBe(false);
  });

  it('goes as deep as JSON does', () => {
    let deep: JsonValue = 1;
    for (let at = 0; at < 63; at += 1) deep = { next: deep };
    const list = { anyOf: [{ type: 'number' }, { properties: { next: { $ref: '#' } } }] };
    expect(fits(list, deep)).toBe(true);
  });

  it('takes a large and ordinary input', () => {
    const row = { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } }, required: ['id'] };
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: 'a name' }));
    expect(fits({ items: row }, rows)).toBe(true);
  });

  it('says of any value what the library says that wrote the schema', () => {
    const parts = [
      z.string().min(2),
      z.int().min(-1).max(3),
      z.array(z.boolean()).max(2),
      z.strictObject({ a: z.number(), b: z.string().optional() }),
      z.object({ a: z.union([z.null(), z.literal('x')]) }),
      z.record(z.string(), z.int()),
      z.tuple([z.string()], z.number()),
      z.union([z.string().max(1), z.array(z.int())]),
    ] as const;
    const schemas = parts.map((own) => ({ own, foreign: z.toJSONSchema(own, { io: 'input' }) as JsonObject }));
    const value = fc.letrec<{ any: JsonValue }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<JsonValue>(null, true, 'x', '', 'ab', 0, 1, 3, 4, -2, 1.5),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('any'), { maxKeys: 2 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.constantFrom(...schemas), value, ({ own, foreign }, value) => {
        expect(fits(foreign, value)).toBe(own.safeParse(value).success);
      }),
      { numRuns: RUNS },
    );
  });

  it('never throws, whatever the schema and the value', () => {
    const words = ['type', 'items', 'not', 'anyOf', '$ref', 'properties', 'required', 'pattern', 'enum', 'if', 'then'];
    const anything = fc.letrec<{ any: JsonValue }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<JsonValue>('string', '#', '#/not', 'a', true, false, 1, null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const schema = fc.dictionary(fc.constantFrom(...words), anything, { maxKeys: 4 });
    fc.assert(
      fc.property(schema, anything, (schema, value) => {
        const compiled = compileSchema(schema as JsonObject);
        if (compiled.kind === 'compiled') expect(['valid', 'invalid']).toContain(compiled.check(value).kind);
        else expect(compiled.rule.length).toBeGreaterThan(0);
      }),
      { numRuns: RUNS },
    );
  });
});
