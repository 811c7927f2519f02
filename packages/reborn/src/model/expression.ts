/**
 * The small language in which a recorded step refers to results of earlier calls: JSON, where an object with one key that
 * begins with `$` is an operator. Total and linear: no loops, no recursion, no nested `$each`.
 *
 * Not here: what an expression is worth (`expression-value.ts`), where expressions stand in a recording (`recording-step.ts`).
 */
import {
  boundedLine,
  boundedText,
  describeIssues,
  HostApiError,
  isJsonObject,
  jsonValueSchema,
  utf8Bytes,
  type JsonObject,
  type JsonValue,
} from '@reborn/host-api';
import { z } from 'zod';

/** Ids are parts of call ids that hosts store; two of them and a number stay below the bound of a call id. */
export const RECORDED_ID_BYTES_MAX = 48;
/** Deeper pointers are not needed by any tool. Units: UTF-8 bytes. */
const POINTER_BYTES_MAX = 256;
/** Texts are compared with, not searched for. Units: UTF-8 bytes. */
const COMPARED_BYTES_MAX = 1024;
const PARTS_MAX = 64;
const CHOICES_MAX = 8;
const CONDITIONS_MAX = 16;
/** What one `$each` may give: more than the lines that one read shows. */
const ITEMS_MAX = 5000;

/** The id of a step or a call. */
export const recordedIdSchema = boundedLine(RECORDED_ID_BYTES_MAX).regex(/^[a-z0-9][a-z0-9_-]*$/);

/** A call, or with a number one of the calls that it fanned out into. Shape: `read` or `read.0`. */
const referenceSchema = boundedLine(RECORDED_ID_BYTES_MAX + 3).regex(/^[a-z0-9][a-z0-9_-]*(?:\.(?:0|[1-9][0-9]?))?$/);

/** Shape: JSON Pointer (RFC 6901); the empty text is the whole value. */
const pointerSchema = boundedText(POINTER_BYTES_MAX).refine(
  isPointer,
  'must be a JSON Pointer such as /entries/0/path',
);

const conditionSchema = z
  .strictObject({
    at: pointerSchema.default(''),
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    startsWith: boundedText(COMPARED_BYTES_MAX).optional(),
    endsWith: boundedText(COMPARED_BYTES_MAX).optional(),
    contains: boundedText(COMPARED_BYTES_MAX).optional(),
    not: z.literal(true).optional(),
  })
  .refine(
    ({ equals, startsWith, endsWith, contains }) =>
      [equals, startsWith, endsWith, contains].filter((test) => test !== undefined).length === 1,
    'must have one of equals, startsWith, endsWith and contains',
  );
/** One test of one item. An item without a value at the pointer fails the test; `not` turns the answer round. */
export type Condition = z.infer<typeof conditionSchema>;

const selectionSchema = z
  .strictObject({
    from: referenceSchema.optional(),
    fromCalls: recordedIdSchema.optional(),
    at: pointerSchema.default(''),
    where: z.array(conditionSchema).max(CONDITIONS_MAX).default([]),
    distinct: pointerSchema.optional(),
    limit: z.int().min(1).max(ITEMS_MAX).default(ITEMS_MAX),
  })
  .refine(({ from, fromCalls }) => (from === undefined) !== (fromCalls === undefined), 'must have from or fromCalls');
/** Items: the list at `at` in the result of `from`, or the value at `at` in each result of `fromCalls`. */
export type Selection = z.infer<typeof selectionSchema>;

const operators = {
  $from: z.strictObject({ $from: referenceSchema, at: pointerSchema.default('') }),
  $text: z.strictObject({ $text: z.array(jsonValueSchema).min(1).max(PARTS_MAX) }),
  $each: z.strictObject({
    $each: selectionSchema,
    as: jsonValueSchema.optional(),
    join: boundedText(COMPARED_BYTES_MAX).optional(),
  }),
  $item: z.strictObject({ $item: pointerSchema }),
  $index: z.strictObject({ $index: z.literal(true) }),
  $count: z.strictObject({ $count: selectionSchema }),
  $default: z.strictObject({ $default: z.array(jsonValueSchema).min(2).max(CHOICES_MAX) }),
} as const;
type Operator = keyof typeof operators;

/** A parsed expression. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | { readonly kind: 'list'; readonly parts: readonly Expression[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'from'; readonly reference: string; readonly at: string }
  | { readonly kind: 'text'; readonly parts: readonly Expression[] }
  | { readonly kind: 'each'; readonly selection: Selection; readonly as: Expression; readonly join: string | undefined }
  | { readonly kind: 'item'; readonly at: string }
  | { readonly kind: 'index' }
  | { readonly kind: 'count'; readonly selection: Selection }
  | { readonly kind: 'default'; readonly choices: readonly Expression[] };

/** Where an expression stands: for messages, and for what it may use there. */
export interface ExpressionPlace {
  readonly step: string;
  readonly field: string;
  /** `none`: there is no item. `call`: the item of a call with `each`. `each`: inside `as`, where no other `$each` may be. */
  readonly item: 'none' | 'call' | 'each';
}

/** Errors: `host-api/invalid_value` that names step, field and rule. */
export function parseExpression(value: JsonValue, place: ExpressionPlace): Expression {
  if (Array.isArray(value)) {
    return { kind: 'list', parts: value.map((part, at) => parseExpression(part, below(place, String(at)))) };
  }
  if (!isJsonObject(value)) return { kind: 'literal', value };
  const operator = Object.keys(value).find((key) => key.startsWith('$'));
  if (operator === undefined) {
    const members = Object.entries(value).map(([key, member]) => {
      return [key, parseExpression(member, below(place, key))] as const;
    });
    return { kind: 'object', members };
  }
  if (!isOperator(operator)) throw refused(place, `must be one of ${Object.keys(operators).join(', ')}`);
  return parseOperator(operator, value, place);
}

/** A call that an expression refers to. `of`: its only result, one of its results, or all of them. */
export interface Reference {
  readonly callId: string;
  readonly of: 'only' | 'one' | 'every';
}

/** The call and, for one of many, the number that a text such as `read.0` names. */
export function splitReference(text: string): { readonly callId: string; readonly number: number | undefined } {
  const [callId = '', number] = text.split('.');
  return { callId, number: number === undefined ? undefined : Number(number) };
}

export function referencesOf(expression: Expression): readonly Reference[] {
  switch (expression.kind) {
    case 'literal':
    case 'item':
    case 'index':
      return [];
    case 'from':
      return [singleReference(expression.reference)];
    case 'list':
    case 'text':
      return expression.parts.flatMap(referencesOf);
    case 'default':
      return expression.choices.flatMap(referencesOf);
    case 'object':
      return expression.members.flatMap(([, member]) => referencesOf(member));
    case 'count':
      return sourceOf(expression.selection);
    case 'each':
      return [...sourceOf(expression.selection), ...referencesOf(expression.as)];
  }
}

/** The fault of a recording that does not have the form it should have. */
export function refused(place: { readonly step: string; readonly field: string }, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_value', { detail: { field: place.field, rule, step: place.step } });
}

function parseOperator(operator: Operator, value: JsonObject, place: ExpressionPlace): Expression {
  switch (operator) {
    case '$from': {
      const { $from, at } = checked(operators.$from, value, place);
      return { kind: 'from', reference: $from, at };
    }
    case '$text': {
      const { $text } = checked(operators.$text, value, place);
      return { kind: 'text', parts: parseAll($text, below(place, operator)) };
    }
    case '$default': {
      const { $default } = checked(operators.$default, value, place);
      return { kind: 'default', choices: parseAll($default, below(place, operator)) };
    }
    case '$each': {
      assertNotNested(operator, place);
      const { $each, as, join } = checked(operators.$each, value, place);
      const parsed = parseExpression(as ?? { $item: '' }, { ...below(place, 'as'), item: 'each' });
      return { kind: 'each', selection: $each, as: parsed, join };
    }
    case '$count': {
      assertNotNested(operator, place);
      return { kind: 'count', selection: checked(operators.$count, value, place).$count };
    }
    case '$item':
      assertHasItem(operator, place);
      return { kind: 'item', at: checked(operators.$item, value, place).$item };
    case '$index':
      assertHasItem(operator, place);
      checked(operators.$index, value, place);
      return { kind: 'index' };
  }
}

function parseAll(parts: readonly JsonValue[], place: ExpressionPlace): readonly Expression[] {
  return parts.map((part, at) => parseExpression(part, below(place, String(at))));
}

function checked<T>(schema: z.ZodType<T>, value: JsonValue, place: ExpressionPlace): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { field, rule } = describeIssues(result.error, place.field);
  throw refused({ step: place.step, field: String(field) }, String(rule));
}

function assertNotNested(operator: Operator, place: ExpressionPlace): void {
  if (place.item === 'each') throw refused(place, `must not use ${operator} inside "as"`);
}

function assertHasItem(operator: Operator, place: ExpressionPlace): void {
  if (place.item === 'none')
    throw refused(place, `must use ${operator} only inside "as" or the input of a call with "each"`);
}

function sourceOf(selection: Selection): readonly Reference[] {
  if (selection.from !== undefined) return [singleReference(selection.from)];
  return selection.fromCalls === undefined ? [] : [{ callId: selection.fromCalls, of: 'every' }];
}

function singleReference(text: string): Reference {
  const { callId, number } = splitReference(text);
  return { callId, of: number === undefined ? 'only' : 'one' };
}

function isOperator(key: string): key is Operator {
  return Object.hasOwn(operators, key);
}

function isPointer(text: string): boolean {
  return text === '' || (text.startsWith('/') && !/~(?![01])/.test(text));
}

/** Keys are written by whoever wrote the recording: only short plain ones are shown. */
function below(place: ExpressionPlace, key: string): ExpressionPlace {
  const shown = /^\$?[A-Za-z0-9_]{1,64}$/.test(key) ? key : '?';
  const field = `${place.field}.${shown}`;
  return utf8Bytes(field) > POINTER_BYTES_MAX ? place : { ...place, field };
}
