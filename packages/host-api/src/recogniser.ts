/**
 * A quick yes to what a schema would let through exactly as it is. Most values that arrive are of that kind, and a schema
 * takes its time: it builds a copy, and remembers nothing of the thousand equal values before.
 *
 * Not here: refusing and changing. Whatever is not recognised goes to the schema, which alone decides.
 */
import { z } from 'zod';

/** True only for what the schema accepts and leaves as it is. False says nothing. */
export type Recogniser<T> = (value: unknown) => value is T;
type Test = (value: unknown) => boolean;

/** Texts that one field remembers: ids and names that come again and again. */
const REMEMBERED_MAX = 256;

/**
 * Takes a schema apart once. Objects are recognised when they are plain and strict, lists and unions by their parts;
 * everything else must be a single value, which the schema of that place has let through before or does so now.
 * Invariant: schemas are pure: what they said once about a single value they say again.
 */
export function compileRecogniser<T>(schema: z.core.$ZodType<T>): Recogniser<T> {
  const test = testOf(schema);
  return (value): value is T => test(value);
}

function testOf(schema: z.core.$ZodType): Test {
  if (schema instanceof z.ZodUnknown) return () => true;
  if (schema instanceof z.ZodDiscriminatedUnion) return unionTest(schema);
  if (schema instanceof z.ZodObject) return objectTest(schema);
  if (schema instanceof z.ZodArray) return listTest(schema);
  if (schema instanceof z.ZodNumberFormat) return wholeNumberTest(schema);
  if (schema instanceof z.ZodOptional) {
    const inner = testOf(schema.unwrap());
    return (value) => value === undefined || inner(value);
  }
  return singleValueTest(schema);
}

/** Members mostly come in the order of the schema: each is looked for at the next place first. */
function objectTest(schema: z.ZodObject): Test {
  if (!(schema.def.catchall instanceof z.ZodNever) || hasChecks(schema)) return () => false;
  const names = Object.keys(schema.shape);
  const tests = Object.values(schema.shape).map(testOf);
  const places = new Map(names.map((name, at) => [name, at]));
  const required = names.filter((name) => !(schema.shape[name] instanceof z.ZodOptional));
  return (value) => {
    if (!isPlain(value)) return false;
    let next = 0;
    for (const name in value) {
      while (next < names.length && names[next] !== name) next += 1;
      const at = next < names.length ? next : (places.get(name) ?? names.length);
      if (tests[at]?.(value[name]) !== true) return false;
      next = at + 1;
    }
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    return true;
  };
}

function unionTest(schema: z.ZodDiscriminatedUnion): Test {
  const { discriminator, options } = schema.def;
  const byKind = new Map<unknown, Test>();
  for (const option of options) {
    const kind = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    if (kind instanceof z.ZodLiteral) for (const value of kind.values) byKind.set(value, testOf(option));
  }
  return (value) => isPlain(value) && byKind.get(value[discriminator])?.(value) === true;
}

function listTest(schema: z.ZodArray): Test {
  const element = testOf(schema.element);
  let least = 0;
  let most = Infinity;
  for (const check of schema.def.checks ?? []) {
    if (check instanceof z.core.$ZodCheckMinLength) least = Math.max(least, check._zod.def.minimum);
    else if (check instanceof z.core.$ZodCheckMaxLength) most = Math.min(most, check._zod.def.maximum);
    else return () => false;
  }
  return (value) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) return false;
    for (let at = 0; at < value.length; at += 1) if (!element(value[at])) return false;
    return true;
  };
}

/** A whole number within bounds; the engine compares faster than a schema is asked. */
function wholeNumberTest(schema: z.ZodNumberFormat): Test {
  const bounds = (schema.def.checks ?? []).map(boundOf);
  if (schema.format !== 'safeint' || bounds.includes(undefined)) return singleValueTest(schema);
  const least = Math.max(...bounds.map((bound) => bound?.least ?? -Infinity));
  const most = Math.min(...bounds.map((bound) => bound?.most ?? Infinity));
  return (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

/** Of whole numbers: one beyond an exclusive bound is the next. */
function boundOf(check: z.core.$ZodCheck<never>): { readonly least: number; readonly most: number } | undefined {
  if (check instanceof z.core.$ZodCheckGreaterThan) {
    const { value, inclusive } = check._zod.def;
    return { least: inclusive ? Number(value) : Math.floor(Number(value)) + 1, most: Infinity };
  }
  if (check instanceof z.core.$ZodCheckLessThan) {
    const { value, inclusive } = check._zod.def;
    return { least: -Infinity, most: inclusive ? Number(value) : Math.ceil(Number(value)) - 1 };
  }
  return undefined;
}

/** Remembers texts only where it helps: a field of ever new ones stops after its first lot. */
function singleValueTest(schema: z.core.$ZodType): Test {
  let known: Set<unknown> | undefined = new Set();
  let hits = 0;
  let last: unknown;
  return (value) => {
    if (typeof value === 'object' || typeof value === 'function') return false;
    if (typeof value === 'string' && value === last) return true;
    if (known?.has(value) === true) {
      hits += 1;
      last = value;
      return true;
    }
    const result = z.core.safeParse(schema, value);
    if (!result.success || !Object.is(result.data, value)) return false;
    if (known === undefined || typeof value !== 'string') return true;
    if (known.size === REMEMBERED_MAX) {
      known = hits < REMEMBERED_MAX ? undefined : new Set();
      hits = 0;
    }
    known?.add(value);
    last = value;
    return true;
  };
}

function hasChecks(schema: z.core.$ZodType): boolean {
  return (schema._zod.def.checks?.length ?? 0) > 0;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
