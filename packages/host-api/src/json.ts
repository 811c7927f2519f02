/**
 * JSON as a type, and the one way to read untrusted text as JSON.
 *
 * Not here: the canonical form and digests (`canonical-json.ts`).
 */
import { z } from 'zod';
import { utf8Bytes } from './bounded-text.ts';
import { HostApiError } from './errors.ts';
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Any JSON value within the depth limit: finite numbers, well-formed text, plain objects and arrays, no cycles. */
export const jsonValueSchema: z.ZodType<JsonValue> = z.custom<JsonValue>((value) => jsonRule(value) === undefined, {
  message: 'must be plain JSON at most 64 levels deep',
});

/** A JSON object, checked as `jsonValueSchema`. */
export const jsonObjectSchema: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isPlainObject(value) && jsonRule(value) === undefined,
  { message: 'must be a JSON object at most 64 levels deep' },
);

/** Reads JSON text. Errors: `host-api/invalid_json` for syntax, size, depth, or a `__proto__` key. */
export function parseJson(text: string, field: string, bytesMax: number = JSON_BYTES_MAX): JsonValue {
  if (text.length > bytesMax || utf8Bytes(text) > bytesMax) throw invalid(field, `must be at most ${bytesMax} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(field, 'must be valid JSON');
  }
  return parseJsonValue(value, field);
}

/** Checks that a value is plain JSON. `depthMax`: for values that will stand inside others. Errors: `host-api/invalid_json`. */
export function parseJsonValue(value: unknown, field: string, depthMax: number = JSON_DEPTH_MAX): JsonValue {
  const rule = jsonRule(value, 'all', depthMax);
  if (rule !== undefined) throw invalid(field, rule);
  return value as JsonValue;
}

/**
 * A deep copy of plain JSON. Members that are `undefined` are left out, as `JSON.stringify` does; anything else that is
 * not JSON is refused. Errors: `host-api/invalid_json`.
 */
export function copyJson(value: unknown, field: string): JsonValue {
  const rule = jsonRule(value, 'skip_undefined');
  if (rule !== undefined || value === undefined) throw invalid(field, rule ?? 'must hold JSON values only');
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/**
 * The JSON text of a plain object. Members that are `undefined` are left out; anything else that is not JSON is refused.
 * Errors: `host-api/invalid_json`.
 */
export function jsonObjectText(value: unknown, field: string): string {
  if (!isPlainObject(value)) throw invalid(field, 'must be of type object');
  const rule = jsonRule(value, 'skip_undefined');
  if (rule !== undefined) throw invalid(field, rule);
  const text: unknown = JSON.stringify(value);
  // Whoever answers differently when asked again may have become something else meanwhile.
  if (typeof text === 'string' && text.startsWith('{')) return text;
  throw invalid(field, 'must be of type object');
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return isPlainObject(value);
}

/** What is wrong with a value, or nothing. Invariant: the work is bounded, also when parts are shared many times over. */
function jsonRule(
  root: unknown,
  members: 'all' | 'skip_undefined' = 'all',
  depthMax: number = JSON_DEPTH_MAX,
): string | undefined {
  let nodes = 0;
  return ruleAt(root, 0);

  function ruleAt(value: unknown, depth: number): string | undefined {
    nodes += 1;
    if (nodes > JSON_BYTES_MAX) return `must be at most ${JSON_BYTES_MAX} bytes`;
    switch (typeof value) {
      case 'string':
        return value.isWellFormed() ? undefined : 'must be well-formed Unicode';
      case 'boolean':
        return undefined;
      case 'number':
        return Number.isFinite(value) ? undefined : 'must hold finite numbers only';
      case 'object':
        return value === null ? undefined : containerRule(value, depth);
      default:
        return 'must hold JSON values only';
    }
  }

  function containerRule(value: object, depth: number): string | undefined {
    if (depth >= depthMax) return `must be at most ${depthMax} levels deep`;
    if ('toJSON' in value && typeof value.toJSON === 'function') return 'must not have a method toJSON';
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at += 1) {
        const rule = ruleAt(value[at], depth + 1);
        if (rule !== undefined) return rule;
      }
      return undefined;
    }
    if (!isPlainObject(value)) return 'must hold plain objects only';
    for (const key of Object.keys(value)) {
      if (value[key] === undefined && members === 'skip_undefined') continue;
      if (key === '__proto__') return 'must not have a key named __proto__';
      const rule = key.isWellFormed() ? ruleAt(value[key], depth + 1) : 'must be well-formed Unicode';
      if (rule !== undefined) return rule;
    }
    return undefined;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function invalid(field: string, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_json', { detail: { field, rule } });
}
