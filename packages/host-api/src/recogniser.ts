/**
 * A quick yes to what a schema would let through exactly as it is. Most values that arrive are of that kind, and a schema
 * takes its time: it builds a copy, and remembers nothing of the thousand equal values before.
 *
 * Not here: refusing and changing. Whatever is not recognised goes to the schema, which alone decides.
 */
import { z } from 'zod';

/**
 * A copy of what the schema accepts and leaves as it is; `undefined` says nothing. Whatever getters and
 * proxies say when they are asked again, what is handed on is what was looked at. Only what the schema does
 * not look at (`z.unknown`) is handed on itself.
 */
export type Recogniser<T> = (value: unknown) => T | undefined;

/** The value that was looked at, copied where it has members, or `NOT_KNOWN`. */
type Reader = (value: unknown) => unknown;

const NOT_KNOWN = Symbol('not known');

/** Texts that one field remembers: ids and names that come again and again. */
const REMEMBERED_MAX = 256;

/**
 * Takes a schema apart once. Objects are recognised when they are plain and strict, lists and unions by their parts;
 * everything else must be a single value, which the schema of that place has let through before or does so now.
 * Invariant: schemas are pure: what they said once about a single value they say again.
 */
export function compileRecogniser<T>(schema: z.core.$ZodType<T>): Recogniser<T> {
  const read = readerOf(schema);
  return (value) => {
    const taken = read(value);
    return taken === NOT_KNOWN ? undefined : (taken as T);
  };
}

function readerOf(schema: z.core.$ZodType): Reader {
  if (schema instanceof z.ZodUnknown) return (value) => value;
  if (schema instanceof z.ZodDiscriminatedUnion) return unionReader(schema);
  if (schema instanceof z.ZodObject) return objectReader(schema);
  if (schema instanceof z.ZodArray) return listReader(schema);
  if (schema instanceof z.ZodNumberFormat) return wholeNumberReader(schema);
  if (schema instanceof z.ZodOptional) {
    const inner = readerOf(schema.unwrap());
    return (value) => (value === undefined ? undefined : inner(value));
  }
  return singleValueReader(schema);
}

/**
 * Members mostly come in the order of the schema: each is looked for at the next place first. Members that are hidden
 * from a loop are not taken, and one that is required makes the object unknown.
 */
function objectReader(schema: z.ZodObject): Reader {
  if (!(schema.def.catchall instanceof z.ZodNever) || hasChecks(schema)) return () => NOT_KNOWN;
  const names = Object.keys(schema.shape);
  const readers = Object.values(schema.shape).map(readerOf);
  const places = new Map(names.map((name, at) => [name, at]));
  const isRequired = names.map((name) => !(schema.shape[name] instanceof z.ZodOptional));
  const required = isRequired.filter(Boolean).length;
  return (value) => {
    if (!isPlain(value)) return NOT_KNOWN;
    const copy: Record<string, unknown> = {};
    let missing = required;
    let next = 0;
    for (const name in value) {
      while (next < names.length && names[next] !== name) next += 1;
      const at = next < names.length ? next : (places.get(name) ?? names.length);
      const read = readers[at];
      if (read === undefined) return NOT_KNOWN;
      const taken = read(value[name]);
      if (taken === NOT_KNOWN) return NOT_KNOWN;
      copy[name] = taken;
      if (isRequired[at] === true) missing -= 1;
      next = at + 1;
    }
    return missing === 0 ? copy : NOT_KNOWN;
  };
}

/** What was read of the kind chose the option; what the option reads must be of that kind again. */
function unionReader(schema: z.ZodDiscriminatedUnion): Reader {
  const { discriminator, options } = schema.def;
  const byKind = new Map<unknown, Reader>();
  for (const option of options) {
    const kind = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    if (kind instanceof z.ZodLiteral) for (const value of kind.values) byKind.set(value, readerOf(option));
  }
  return (value) => (isPlain(value) ? (byKind.get(value[discriminator])?.(value) ?? NOT_KNOWN) : NOT_KNOWN);
}

function listReader(schema: z.ZodArray): Reader {
  const element = readerOf(schema.element);
  let least = 0;
  let most = Infinity;
  for (const check of schema.def.checks ?? []) {
    if (check instanceof z.core.$ZodCheckMinLength) least = Math.max(least, check._zod.def.minimum);
    else if (check instanceof z.core.$ZodCheckMaxLength) most = Math.min(most, check._zod.def.maximum);
    else return () => NOT_KNOWN;
  }
  return (value) => {
    if (!Array.isArray(value)) return NOT_KNOWN;
    const { length } = value;
    if (length < least || length > most) return NOT_KNOWN;
    const copy: unknown[] = [];
    for (let at = 0; at < length; at += 1) {
      const taken = element(value[at]);
      if (taken === NOT_KNOWN) return NOT_KNOWN;
      copy.push(taken);
    }
    return copy;
  };
}

/** A whole number within bounds; the engine compares faster than a schema is asked. */
function wholeNumberReader(schema: z.ZodNumberFormat): Reader {
  const bounds = (schema.def.checks ?? []).map(boundOf);
  if (schema.format !== 'safeint' || bounds.includes(undefined)) return singleValueReader(schema);
  const least = Math.max(...bounds.map((bound) => bound?.least ?? -Infinity));
  const most = Math.min(...bounds.map((bound) => bound?.most ?? Infinity));
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most ? value : NOT_KNOWN;
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
function singleValueReader(schema: z.core.$ZodType): Reader {
  let known: Set<unknown> | undefined = new Set();
  let hits = 0;
  let last: unknown;
  return (value) => {
    if (typeof value === 'object' || typeof value === 'function') return NOT_KNOWN;
    if (typeof value === 'string' && value === last) return value;
    if (known?.has(value) === true) {
      hits += 1;
      last = value;
      return value;
    }
    const result = z.core.safeParse(schema, value);
    if (!result.success || !Object.is(result.data, value)) return NOT_KNOWN;
    if (known === undefined || typeof value !== 'string') return value;
    if (known.size === REMEMBERED_MAX) {
      known = hits < REMEMBERED_MAX ? undefined : new Set();
      hits = 0;
    }
    known?.add(value);
    last = value;
    return value;
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
