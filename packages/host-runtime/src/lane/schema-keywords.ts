/**
 * The keywords of JSON Schema that are enforced, each as a check.
 *
 * Not here: references, sizes and nesting (`foreign-schema.ts`).
 * Source: JSON Schema 2020-12, core and validation; draft 7 where it says the same.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '@reborn/host-api';
import { CheckRun, textSteps, type Check, type Mismatch, type Place, type SchemaNode } from './schema-check.ts';
import { toCount, toEntries, toFlag, toList, toNumber, toText, toTexts, wrong } from './schema-forms.ts';

/** Where a keyword stands: one schema, with its other keywords, and the way to the schemas within it. */
export interface KeywordSite {
  readonly siblings: JsonObject;
  /** A schema below this keyword. `here`: it is about the same value as this one. */
  node(schema: JsonValue, steps: readonly (string | number)[], where: 'here' | 'below'): SchemaNode;
  reference(target: string): SchemaNode;
  /** Takes time linear to the text, and spends it. */
  pattern(source: string): (text: string, run: CheckRun) => boolean;
}

type Keyword = (value: JsonValue, site: KeywordSite) => Check | undefined;
type Entries = readonly (readonly [string, SchemaNode])[];

const TYPES: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: (value) => isJsonObject(value),
};

/** Keywords that restrict in ways that are not carried out here: a schema with one of them is refused, not read half. */
export const REFUSED_KEYWORDS: ReadonlySet<string> = new Set([
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
  'additionalItems',
  'dependencies',
  'dependentSchemas',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

/** Whatever is not here, and not refused, says something about a value without restricting it. */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref: (value, site) => applied(site.reference(toText(value))),
  $defs: (value, site) => void toNodes(value, site, '$defs'),
  definitions: (value, site) => void toNodes(value, site, 'definitions'),

  // Any value
  type: (value) => {
    const names = [...new Set(Array.isArray(value) ? toTexts(value) : [toText(value)])];
    const tests = names.map((name) => (Object.hasOwn(TYPES, name) ? TYPES[name] : undefined) ?? wrong('a known type'));
    const rule = `must be of type ${names.join(' or ')}`;
    return (found, at) => (tests.some((fits) => fits(found)) ? undefined : { at, rule });
  },
  enum: (value) => oneOf(toList(value)),
  const: (value) => oneOf([value]),

  // Several schemas for one value
  allOf: (value, site) => {
    const nodes = toNodeList(value, site, 'allOf', 'here');
    return (found, at, run) => firstOf(nodes, (node) => run.apply(node, found, at));
  },
  anyOf: (value, site) => {
    const nodes = toNodeList(value, site, 'anyOf', 'here');
    return (found, at, run) =>
      verdict(
        nodes.some((node) => run.fits(node, found, at)),
        at,
        'has none of the allowed forms',
      );
  },
  oneOf: (value, site) => {
    const nodes = toNodeList(value, site, 'oneOf', 'here');
    return (found, at, run) => {
      const fitting = nodes.filter((node) => run.fits(node, found, at)).length;
      return verdict(
        fitting === 1,
        at,
        fitting === 0 ? 'has none of the allowed forms' : 'has more than one of the forms',
      );
    };
  },
  not: (value, site) => {
    const node = site.node(value, ['not'], 'here');
    return (found, at, run) => verdict(!run.fits(node, found, at), at, 'has a form that is not allowed');
  },
  if: (value, site) => {
    const condition = site.node(value, ['if'], 'here');
    const { then: positive = true, else: negative = true } = site.siblings;
    const [yes, no] = [site.node(positive, ['then'], 'here'), site.node(negative, ['else'], 'here')];
    return (found, at, run) => run.apply(run.fits(condition, found, at) ? yes : no, found, at);
  },

  // Texts
  minLength: (value) => onText(toCount(value), 'must have at least', 'characters', (length, count) => length >= count),
  maxLength: (value) => onText(toCount(value), 'must have at most', 'characters', (length, count) => length <= count),
  pattern: (value, site) => {
    const fits = site.pattern(toText(value));
    return (found, at, run) => verdict(typeof found !== 'string' || fits(found, run), at, 'must fit the pattern');
  },

  // Numbers
  minimum: (value) => onNumber(toNumber(value), 'must be at least', (found, limit) => found >= limit),
  maximum: (value) => onNumber(toNumber(value), 'must be at most', (found, limit) => found <= limit),
  exclusiveMinimum: (value) => onNumber(toNumber(value), 'must be more than', (found, limit) => found > limit),
  exclusiveMaximum: (value) => onNumber(toNumber(value), 'must be less than', (found, limit) => found < limit),
  multipleOf: (value) => {
    const unit = toNumber(value);
    if (unit <= 0) wrong('more than 0');
    return onNumber(unit, 'must be a multiple of', (found) => Number.isInteger(found / unit));
  },

  // Lists
  minItems: (value) => onList(toCount(value), 'must have at least', (length, count) => length >= count),
  maxItems: (value) => onList(toCount(value), 'must have at most', (length, count) => length <= count),
  uniqueItems: (value) => {
    if (!toFlag(value)) return undefined;
    return (found, at, run) => {
      const isUnique = !Array.isArray(found) || new Set(found.map((item) => run.keyOf(item))).size === found.length;
      return verdict(isUnique, at, 'must not hold one item twice');
    };
  },
  prefixItems: (value, site) => {
    const nodes = toNodeList(value, site, 'prefixItems', 'below');
    return (found, at, run) =>
      Array.isArray(found)
        ? firstOf(nodes.slice(0, found.length), (node, step) => run.apply(node, found[step], { above: at, step }))
        : undefined;
  },
  items: (value, site) => {
    if (Array.isArray(value)) wrong('one schema; several belong into prefixItems');
    const { prefixItems } = site.siblings;
    const first = Array.isArray(prefixItems) ? prefixItems.length : 0;
    const node = site.node(value, ['items'], 'below');
    return (found, at, run) => {
      if (!Array.isArray(found)) return undefined;
      return firstOf(found, (item, step) => (step < first ? undefined : run.apply(node, item, { above: at, step })));
    };
  },
  contains: (value, site) => {
    const node = site.node(value, ['contains'], 'below');
    const { minContains = 1, maxContains = Number.MAX_SAFE_INTEGER } = site.siblings;
    const [least, most] = [toCount(minContains), toCount(maxContains)];
    return (found, at, run) => {
      if (!Array.isArray(found)) return undefined;
      const count = found.filter((item, step) => run.fits(node, item, { above: at, step })).length;
      return verdict(count >= least && count <= most, at, 'must hold other numbers of certain items');
    };
  },

  // Objects
  minProperties: (value) => onMemberCount(toCount(value), 'must have at least', (length, count) => length >= count),
  maxProperties: (value) => onMemberCount(toCount(value), 'must have at most', (length, count) => length <= count),
  required: (value) => {
    const needed = toTexts(value);
    return onObject((_names, at, found, run) => needs(needed, found, at, run));
  },
  dependentRequired: (value) => {
    const table = toEntries(value).map(([name, needed]) => [name, toTexts(needed)] as const);
    return onObject((_names, at, found, run) =>
      firstOf(table, ([name, needed]) => {
        run.spend(1);
        return Object.hasOwn(found, name) ? needs(needed, found, at, run) : undefined;
      }),
    );
  },
  properties: (value, site) => {
    const nodes = new Map(toNodes(value, site, 'properties'));
    return onMembers((name, found, at, run) => {
      const node = nodes.get(name);
      return node === undefined ? undefined : run.apply(node, found, at);
    });
  },
  patternProperties: (value, site) => {
    const nodes = toNodes(value, site, 'patternProperties').map(
      ([source, node]) => [site.pattern(source), node] as const,
    );
    return onMembers((name, found, at, run) =>
      firstOf(nodes, ([fits, node]) => (fits(name, run) ? run.apply(node, found, at) : undefined)),
    );
  },
  additionalProperties: (value, site) => {
    const node = site.node(value, ['additionalProperties'], 'below');
    const { properties = {}, patternProperties = {} } = site.siblings;
    const known = new Set(toEntries(properties).map(([name]) => name));
    const patterns = toEntries(patternProperties).map(([source]) => site.pattern(source));
    return onMembers((name, found, at, run) => {
      if (known.has(name) || patterns.some((fits) => fits(name, run))) return undefined;
      return value === false ? { at: at.above, rule: 'has a key that is not known' } : run.apply(node, found, at);
    });
  },
  propertyNames: (value, site) => {
    const node = site.node(value, ['propertyNames'], 'below');
    return onMembers((name, _found, at, run) =>
      verdict(run.fits(node, name, at), at, 'has a name that is not allowed'),
    );
  },
};

function applied(node: SchemaNode): Check {
  return (found, at, run) => run.apply(node, found, at);
}

function oneOf(values: readonly JsonValue[]): Check {
  const known = new Set(values.map((value) => new CheckRun().keyOf(value)));
  return (found, at, run) => verdict(known.has(run.keyOf(found)), at, 'must be one of the listed values');
}

function onText(limit: number, words: string, unit: string, holds: (length: number, limit: number) => boolean): Check {
  return (found, at, run) => {
    if (typeof found !== 'string') return undefined;
    run.spend(textSteps(found));
    return verdict(holds(codePoints(found), limit), at, `${words} ${limit} ${unit}`);
  };
}

function onNumber(limit: number, words: string, holds: (found: number, limit: number) => boolean): Check {
  return (found, at) => verdict(typeof found !== 'number' || holds(found, limit), at, `${words} ${limit}`);
}

function onList(limit: number, words: string, holds: (length: number, limit: number) => boolean): Check {
  return (found, at) => verdict(!Array.isArray(found) || holds(found.length, limit), at, `${words} ${limit} items`);
}

function onMemberCount(limit: number, words: string, holds: (length: number, limit: number) => boolean): Check {
  return onObject((names, at) => verdict(holds(names.length, limit), at, `${words} ${limit} members`));
}

function onObject(
  check: (names: readonly string[], at: Place | undefined, found: JsonObject, run: CheckRun) => Mismatch | undefined,
): Check {
  return (found, at, run) => (isJsonObject(found) ? check(Object.keys(found), at, found, run) : undefined);
}

function onMembers(check: (name: string, found: JsonValue, at: Place, run: CheckRun) => Mismatch | undefined): Check {
  return onObject((names, at, found, run) => {
    run.spend(names.length);
    return firstOf(names, (name) => check(name, found[name] ?? null, { above: at, step: name }, run));
  });
}

function needs(
  needed: readonly string[],
  found: JsonObject,
  at: Place | undefined,
  run: CheckRun,
): Mismatch | undefined {
  run.spend(needed.length);
  const missing = needed.find((name) => !Object.hasOwn(found, name));
  return missing === undefined ? undefined : { at: { above: at, step: missing }, rule: 'is required' };
}

function firstOf<T>(all: readonly T[], check: (each: T, at: number) => Mismatch | undefined): Mismatch | undefined {
  for (const [at, each] of all.entries()) {
    const mismatch = check(each, at);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function verdict(holds: boolean, at: Place | undefined, rule: string): Mismatch | undefined {
  return holds ? undefined : { at, rule };
}

function toNodes(value: JsonValue, site: KeywordSite, keyword: string): Entries {
  return toEntries(value).map(([name, schema]) => [name, site.node(schema, [keyword, name], 'below')]);
}

function toNodeList(
  value: JsonValue,
  site: KeywordSite,
  keyword: string,
  where: 'here' | 'below',
): readonly SchemaNode[] {
  const schemas = toList(value);
  if (schemas.length === 0) wrong('a list of at least one schema');
  return schemas.map((schema, at) => site.node(schema, [keyword, at], where));
}

function codePoints(text: string): number {
  let count = 0;
  for (const _point of text) count += 1;
  return count;
}
