/**
 * A JSON Schema that somebody else wrote, made into a check that ends: no reference leaves the document, no pattern runs
 * on the engine of the host, and no input takes more than a bounded amount of work.
 *
 * `format` is a remark, as JSON Schema has it by default, and `default` fills in nothing.
 *
 * Not here: the keywords (`schema-keywords.ts`), schemas of tools in code, which their own library checks
 * (`define-tool.ts`).
 * Source: JSON Schema 2020-12; rulings, section 12; docs/decisions/2026-11-21-dependencies.md (why no library).
 */
import { HostApiError, isJsonObject, utf8Bytes, type JsonObject, type JsonValue } from '@reborn/host-api';
import { boundText } from '../bound-text.ts';
import { ownJson } from '../invoke/own-json.ts';
import { CHECK_TEXT_BYTES_MAX, SCHEMA_BYTES_MAX, SCHEMA_NESTING_MAX, SCHEMA_PATTERNS_MAX } from '../limits.ts';
import { compileLinearPattern } from '../linear-pattern.ts';
import type { InputCheck } from './handler.ts';
import { CheckRun, WorkExceeded, type Place, type SchemaNode } from './schema-check.ts';
import { SchemaDefect, wrong } from './schema-forms.ts';
import { KEYWORDS, REFUSED_KEYWORDS, type KeywordSite } from './schema-keywords.ts';

/** `rule`: what is wrong with the schema, and where in it, for whoever wrote it. */
export type CompiledSchema =
  | { readonly kind: 'compiled'; check(input: JsonValue): InputCheck }
  | { readonly kind: 'invalid'; readonly rule: string };

/** The dialects whose keywords mean here what they mean there. */
const DIALECTS: ReadonlySet<JsonValue> = new Set([
  'https://json-schema.org/draft/2020-12/schema',
  'https://json-schema.org/draft/2019-09/schema',
  'http://json-schema.org/draft-07/schema#',
  'http://json-schema.org/draft-07/schema',
]);
/** Matching a letter against a step of a pattern takes about a sixteenth of what a comparison here takes. */
const PATTERN_STEPS_PER_STEP = 16;

/**
 * Never throws. `shown`: the schema is published and never run, so its patterns may be of any kind; what a pattern is asked
 * about then does not fit.
 */
export function compileSchema(schema: JsonObject, patterns: 'run' | 'shown' = 'run'): CompiledSchema {
  try {
    const own = ownJson(schema, 'schema');
    if (utf8Bytes(JSON.stringify(own)) > SCHEMA_BYTES_MAX)
      throw new SchemaDefect(`must be at most ${SCHEMA_BYTES_MAX} bytes`);
    if (!isJsonObject(own)) throw new SchemaDefect('must be an object');
    const root = new SchemaCompilation(patterns).compile(own);
    return { kind: 'compiled', check: (input) => check(root, input) };
  } catch (reason) {
    if (!(reason instanceof SchemaDefect) && !HostApiError.is(reason)) throw reason;
    const rule = reason instanceof SchemaDefect ? reason.message : String(reason.detail['rule']);
    return { kind: 'invalid', rule: boundText(rule, CHECK_TEXT_BYTES_MAX) ?? 'is not valid' };
  }
}

function check(root: SchemaNode, input: JsonValue): InputCheck {
  try {
    const mismatch = new CheckRun().apply(root, input, undefined);
    return mismatch === undefined
      ? { kind: 'valid', input }
      : { kind: 'invalid', field: fieldOf(mismatch.at), rule: mismatch.rule };
  } catch (reason) {
    if (!(reason instanceof WorkExceeded)) throw reason;
    return { kind: 'invalid', field: 'input', rule: 'takes too much work to be checked against its schema' };
  }
}

/** Names of members come from the input: they are shown where they are plain words. */
function fieldOf(place: Place | undefined): string {
  const steps: string[] = [];
  for (let at = place; at !== undefined; at = at.above) {
    const step = String(at.step);
    steps.unshift(/^[A-Za-z0-9_]{1,64}$/.test(step) ? step : '?');
  }
  return ['input', ...steps].join('.');
}

/** A schema on its way. One that is referred to may be known before it is compiled. */
interface OpenNode extends SchemaNode {
  isCompiled: boolean;
  /** Other schemas that are about the same value. */
  readonly here: OpenNode[];
}

class SchemaCompilation {
  /** By pointer. */
  readonly #nodes = new Map<string, OpenNode>();
  readonly #tests = new Map<string, (text: string, run: CheckRun) => boolean>();
  readonly #patterns: 'run' | 'shown';

  constructor(patterns: 'run' | 'shown') {
    this.#patterns = patterns;
  }

  compile(schema: JsonObject): SchemaNode {
    const root = this.#compileAt('#', schema);
    const heights = new Map<OpenNode, number>();
    for (const node of this.#nodes.values()) {
      if (!node.isCompiled) throw new SchemaDefect('has a "$ref" to something that is no schema of this document');
      heightOf(node, heights, 0);
    }
    return root;
  }

  #nodeAt(pointer: string): OpenNode {
    const node = this.#nodes.get(pointer) ?? { checks: [], isCompiled: false, here: [] };
    this.#nodes.set(pointer, node);
    return node;
  }

  #compileAt(pointer: string, schema: JsonValue): OpenNode {
    const node = this.#nodeAt(pointer);
    if (node.isCompiled) return node;
    node.isCompiled = true;
    if (schema === false) node.checks.push((_found, at) => ({ at, rule: 'must not be there' }));
    else if (isJsonObject(schema)) this.#compileKeywords(node, pointer, schema);
    else if (schema !== true) wrong('a schema');
    return node;
  }

  #compileKeywords(node: OpenNode, pointer: string, schema: JsonObject): void {
    const site = this.#siteOf(node, pointer, schema);
    for (const [keyword, value] of Object.entries(schema)) {
      try {
        const check = Object.hasOwn(KEYWORDS, keyword)
          ? KEYWORDS[keyword]?.(value, site)
          : passOver(keyword, value, pointer);
        if (check !== undefined) node.checks.push(check);
      } catch (reason) {
        if (!(reason instanceof SchemaDefect) || reason.isPlaced) throw reason;
        throw new SchemaDefect(reason.message, `${pointer}: "${keyword}"`);
      }
    }
  }

  #siteOf(node: OpenNode, pointer: string, siblings: JsonObject): KeywordSite {
    const isHere = (other: OpenNode): OpenNode => {
      node.here.push(other);
      return other;
    };
    return {
      siblings,
      node: (schema, steps, where) => {
        const below = this.#compileAt([pointer, ...steps.map(toPointerStep)].join('/'), schema);
        return where === 'here' ? isHere(below) : below;
      },
      reference: (target) => isHere(this.#nodeAt(toPointer(target))),
      pattern: (source) => this.#testOf(source),
    };
  }

  #testOf(source: string): (text: string, run: CheckRun) => boolean {
    const test = this.#tests.get(source) ?? (this.#patterns === 'run' ? toTest(source) : () => false);
    this.#tests.set(source, test);
    if (this.#tests.size > SCHEMA_PATTERNS_MAX)
      throw new SchemaDefect(`is one of more than ${SCHEMA_PATTERNS_MAX} patterns`);
    return test;
  }
}

/** A schema that leads back to itself without going deeper into the value would never end. */
function heightOf(node: OpenNode, heights: Map<OpenNode, number>, depth: number): number {
  const known = heights.get(node);
  if (known !== undefined) return known;
  const others = depth < SCHEMA_NESTING_MAX ? node.here : [];
  const height = 1 + others.reduce((most, other) => Math.max(most, heightOf(other, heights, depth + 1)), 0);
  if (depth + height > SCHEMA_NESTING_MAX) throw new SchemaDefect('has a "$ref" that leads back to itself, or too far');
  heights.set(node, height);
  return height;
}

/** What is not enforced is a remark, unless it is known to be more. */
function passOver(keyword: string, value: JsonValue, pointer: string): undefined {
  if (REFUSED_KEYWORDS.has(keyword)) throw new SchemaDefect('is not supported');
  if (keyword === '$schema' && !DIALECTS.has(value)) wrong('a dialect that is known here');
  if (keyword === '$id' && pointer !== '#') throw new SchemaDefect('must stand at the top');
}

function toTest(source: string): (text: string, run: CheckRun) => boolean {
  const compiled = compileLinearPattern(source);
  if (compiled.kind === 'invalid') throw new SchemaDefect(compiled.rule);
  const { expression } = compiled;
  const steps = expression.programSize();
  return (text, run) => {
    run.spend(Math.ceil((text.length * steps) / PATTERN_STEPS_PER_STEP));
    return expression.test(text);
  };
}

/** The pointer that a reference names; none leads out of the document. */
function toPointer(target: string): string {
  if (!target.startsWith('#')) wrong('a place in this document, beginning with "#"');
  try {
    return decodeURIComponent(target);
  } catch {
    return wrong('a JSON Pointer');
  }
}

function toPointerStep(step: string | number): string {
  return String(step).replaceAll('~', '~0').replaceAll('/', '~1');
}
