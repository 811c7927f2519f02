/**
 * What an expression is worth, given the results of the calls so far. Never throws: what cannot be found is an answer.
 *
 * Not here: the language itself (`expression.ts`).
 */
import { isJsonObject, toCanonicalJson, utf8Bytes, type JsonValue } from '@reborn/host-api';
import type { ToolResult } from '@reborn/turns/loop';
import { splitReference, type Condition, type Expression, type Selection } from './expression.ts';

/** All text that one expression may make. Units: UTF-8 bytes. */
const TEXT_BYTES_MAX = 1024 * 1024;

/** What an expression may refer to. `results`: by recorded call, in the order of the calls it fanned out into. */
export interface ExpressionScope {
  readonly results: ReadonlyMap<string, readonly ToolResult[]>;
  readonly item?: { readonly value: JsonValue; readonly index: number };
}

/** `reason`: names of calls and pointers only, never a value. */
export type ExpressionValue =
  | { readonly kind: 'found'; readonly value: JsonValue }
  | { readonly kind: 'unresolved'; readonly reason: string };

export function evaluateExpression(expression: Expression, scope: ExpressionScope): ExpressionValue {
  return evaluate(expression, { ...scope, meter: { bytesLeft: TEXT_BYTES_MAX } });
}

/** Nothing, or a text or list without anything in it: what `$default` passes over. */
export function isEmptyValue(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** The canonical text of a value, or nothing where it has none (numbers beyond 2^53, more than 8 MiB). */
export function canonicalOrUndefined(value: JsonValue): string | undefined {
  try {
    return toCanonicalJson(value);
  } catch {
    return undefined;
  }
}

interface Scope extends ExpressionScope {
  readonly meter: { bytesLeft: number };
}

function evaluate(expression: Expression, scope: Scope): ExpressionValue {
  switch (expression.kind) {
    case 'literal':
      return found(expression.value);
    case 'list':
      return evaluateAll(expression.parts, scope);
    case 'object':
      return evaluateObject(expression.members, scope);
    case 'from':
      return outputAt(expression.reference, expression.at, scope);
    case 'text':
      return joined(evaluateAll(expression.parts, scope), '', scope);
    case 'each': {
      const values = evaluateEach(expression.selection, expression.as, scope);
      return expression.join === undefined ? values : joined(values, expression.join, scope);
    }
    case 'count': {
      const items = select(expression.selection, scope);
      return items.kind === 'unresolved' ? items : found(items.values.length);
    }
    case 'item': {
      const value = scope.item === undefined ? undefined : valueAt(scope.item.value, expression.at);
      return value === undefined ? unresolved(`the item has nothing at "${expression.at}"`) : found(value);
    }
    case 'index':
      return scope.item === undefined ? unresolved('there is no item') : found(scope.item.index);
    case 'default':
      return evaluateDefault(expression.choices, scope);
  }
}

function evaluateAll(parts: readonly Expression[], scope: Scope): ExpressionValue {
  const values: JsonValue[] = [];
  for (const part of parts) {
    const value = evaluate(part, scope);
    if (value.kind === 'unresolved') return value;
    values.push(value.value);
  }
  return found(values);
}

function evaluateObject(members: readonly (readonly [string, Expression])[], scope: Scope): ExpressionValue {
  const values: [string, JsonValue][] = [];
  for (const [key, member] of members) {
    const value = evaluate(member, scope);
    if (value.kind === 'unresolved') return value;
    values.push([key, value.value]);
  }
  return found(Object.fromEntries(values));
}

function evaluateEach(selection: Selection, as: Expression, scope: Scope): ExpressionValue {
  const items = select(selection, scope);
  if (items.kind === 'unresolved') return items;
  const values: JsonValue[] = [];
  for (const [index, item] of items.values.entries()) {
    const value = evaluate(as, { ...scope, item: { value: item, index } });
    if (value.kind === 'unresolved') return value;
    values.push(value.value);
  }
  return found(values);
}

/** The first choice that is there and not empty; the last one as it is. */
function evaluateDefault(choices: readonly Expression[], scope: Scope): ExpressionValue {
  let last: ExpressionValue = unresolved('there is no choice');
  for (const choice of choices) {
    last = evaluate(choice, scope);
    if (last.kind === 'found' && !isEmptyValue(last.value)) return last;
  }
  return last;
}

function joined(values: ExpressionValue, separator: string, scope: Scope): ExpressionValue {
  if (values.kind === 'unresolved') return values;
  const parts: string[] = [];
  for (const value of Array.isArray(values.value) ? values.value : [values.value]) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return unresolved('a part of a text is neither text nor a number');
    }
    parts.push(String(value));
  }
  const bytes = parts.reduce((sum, part) => sum + utf8Bytes(part) + utf8Bytes(separator), 0);
  scope.meter.bytesLeft -= bytes;
  return scope.meter.bytesLeft < 0
    ? unresolved(`a text is longer than ${TEXT_BYTES_MAX} bytes`)
    : found(parts.join(separator));
}

type Items =
  | { readonly kind: 'items'; readonly values: readonly JsonValue[] }
  | { readonly kind: 'unresolved'; readonly reason: string };

function select(selection: Selection, scope: Scope): Items {
  const source = sourceItems(selection, scope);
  if (source.kind === 'unresolved') return source;
  const seen = new Set<string>();
  const values: JsonValue[] = [];
  for (const item of source.values) {
    if (values.length >= selection.limit) break;
    if (!selection.where.every((condition) => holds(condition, item))) continue;
    if (selection.distinct !== undefined) {
      const key = keyOf(valueAt(item, selection.distinct));
      if (key === undefined || seen.has(key)) continue;
      seen.add(key);
    }
    values.push(item);
  }
  return { kind: 'items', values };
}

function sourceItems(selection: Selection, scope: Scope): Items {
  if (selection.fromCalls !== undefined) {
    const outputs = (scope.results.get(selection.fromCalls) ?? []).flatMap((result) => {
      const value = result.kind === 'completed' ? valueAt(result.output, selection.at) : undefined;
      return value === undefined ? [] : [value];
    });
    return { kind: 'items', values: outputs };
  }
  const reference = selection.from ?? '';
  const list = outputAt(reference, selection.at, scope);
  if (list.kind === 'unresolved') return list;
  if (Array.isArray(list.value)) return { kind: 'items', values: list.value };
  return unresolved(`the result of call "${reference}" has no list at "${selection.at}"`);
}

function outputAt(reference: string, at: string, scope: Scope): ExpressionValue {
  const { callId, number } = splitReference(reference);
  const result = scope.results.get(callId)?.[number ?? 0];
  if (result?.kind !== 'completed') return unresolved(`call "${reference}" has no completed result`);
  const value = valueAt(result.output, at);
  return value === undefined ? unresolved(`the result of call "${reference}" has nothing at "${at}"`) : found(value);
}

function holds(condition: Condition, item: JsonValue): boolean {
  const value = valueAt(item, condition.at);
  return matches(condition, value) !== (condition.not === true);
}

function matches(condition: Condition, value: JsonValue | undefined): boolean {
  if (condition.equals !== undefined) return value === condition.equals;
  if (typeof value !== 'string') return false;
  if (condition.startsWith !== undefined) return value.startsWith(condition.startsWith);
  if (condition.endsWith !== undefined) return value.endsWith(condition.endsWith);
  return condition.contains !== undefined && value.includes(condition.contains);
}

/** Source: RFC 6901, section 4. */
function valueAt(value: JsonValue, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const token of pointer.split('/').slice(1)) {
    at = memberOf(at, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (at === undefined) return undefined;
  }
  return at;
}

function memberOf(value: JsonValue, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^(?:0|[1-9][0-9]{0,8})$/.test(key) ? value[Number(key)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Texts, the usual keys, need no canonical form; whatever has none is no key. */
function keyOf(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? `"${value}` : canonicalOrUndefined(value);
}

function found(value: JsonValue): ExpressionValue {
  return { kind: 'found', value };
}

function unresolved(reason: string): { readonly kind: 'unresolved'; readonly reason: string } {
  return { kind: 'unresolved', reason };
}
