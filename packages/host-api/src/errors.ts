/**
 * The second error channel: a port could not do its work. One branded class per package, each with a closed table of
 * codes, from which `docs/reference/errors.md` is generated.
 *
 * Not here: outcomes (returned unions) and bugs (`assert.ts`).
 */
import type { z } from 'zod';

/** What a code means, whether trying again may help, and what its reader should do. */
export interface FaultDefinition {
  readonly meaning: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

export type FaultTable = Readonly<Record<string, FaultDefinition>>;

/** Facts that are safe to show anybody: names of fields and rules, limits, counts. Never a value somebody sent. */
export type FaultDetail = Readonly<Record<string, string | number | boolean>>;

/**
 * A rejected promise's reason. `message` is composed from the table and `detail` alone, so it holds no path, secret or
 * backend text; `cause` is for diagnostics in a debugger and is never serialised.
 */
export interface Fault<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly detail: FaultDetail;
  readonly remedy: string;
  toJSON(): FaultJson;
}

export interface FaultJson {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly detail: FaultDetail;
}

export interface FaultOptions {
  readonly detail?: FaultDetail;
  readonly cause?: unknown;
}

/** The class that `defineFaults` makes. `is` recognises by brand, so two copies of a package agree. */
export interface FaultClass<Code extends string> {
  new (code: Code, options?: FaultOptions): Fault<Code>;
  is(value: unknown): value is Fault<Code>;
  readonly table: Readonly<Record<Code, FaultDefinition>>;
  readonly owner: string;
}

/** Makes the one fault class of a package. Codes in the table are short; on the wire they are `owner/short`. */
export function defineFaults<const Owner extends string, const Table extends FaultTable>(
  owner: Owner,
  table: Table,
): FaultClass<`${Owner}/${Extract<keyof Table, string>}`> {
  type Code = `${Owner}/${Extract<keyof Table, string>}`;
  const brand = Symbol.for(`reborn.fault.${owner}`);
  const coded = Object.fromEntries(Object.entries(table).map(([short, row]) => [`${owner}/${short}`, row])) as Record<
    Code,
    FaultDefinition
  >;
  class PackageFault extends Error implements Fault<Code> {
    static readonly owner = owner;
    static readonly table: Readonly<Record<Code, FaultDefinition>> = coded;
    static is(value: unknown): value is Fault<Code> {
      return typeof value === 'object' && value !== null && brand in value;
    }
    override readonly name = `${owner}.Fault`;
    readonly code: Code;
    readonly retryable: boolean;
    readonly detail: FaultDetail;
    readonly remedy: string;
    constructor(code: Code, options: FaultOptions = {}) {
      const row = coded[code];
      const detail = options.detail ?? {};
      super(
        `${row.meaning}${renderDetail(detail)}`,
        options.cause === undefined ? undefined : { cause: options.cause },
      );
      this.code = code;
      this.retryable = row.retryable;
      this.detail = detail;
      this.remedy = row.remedy;
      Object.defineProperty(this, brand, { value: true });
    }
    toJSON(): FaultJson {
      const { code, message, remedy, retryable, detail } = this;
      return { code, message, remedy, retryable, detail };
    }
  }
  return PackageFault;
}

/** True for a fault of any package of this family. */
export function isFault(value: unknown): value is Fault {
  return (
    value instanceof Error &&
    'code' in value &&
    'retryable' in value &&
    'detail' in value &&
    Object.getOwnPropertySymbols(value).some((symbol) => Symbol.keyFor(symbol)?.startsWith('reborn.fault.') === true)
  );
}

/** Faults of values that do not have the form that a contract asks for. */
export const HostApiError = defineFaults('host-api', {
  invalid_id: {
    meaning: 'An identifier does not have the required form',
    remedy: 'Send the named field in the form that its rule states.',
    retryable: false,
  },
  invalid_value: {
    meaning: 'A value does not have the required form',
    remedy: 'Correct the named field; the rule says what it takes.',
    retryable: false,
  },
  invalid_path: {
    meaning: 'A path is not one that a guest may name',
    remedy: 'Use a path inside a mount, such as /workspace/notes.md, without "..", backslashes or control characters.',
    retryable: false,
  },
  invalid_json: {
    meaning: 'A value cannot be written as canonical JSON',
    remedy:
      'Send plain JSON: finite numbers, well-formed text, no cycles, at most 64 levels deep, within the size limit.',
    retryable: false,
  },
  invalid_mount: {
    meaning: 'A set of mounts is contradictory',
    remedy: 'Give each mount its own alias and a target inside a known root.',
    retryable: false,
  },
  store_unavailable: {
    meaning: 'The store could not do its work',
    remedy: 'Try again; if it stays, look at `reborn doctor`.',
    retryable: true,
  },
  store_corrupt: {
    meaning: 'A stored record does not have the form that this version writes',
    remedy: 'Stop, keep the file, and restore a backup or run a version that knows the record.',
    retryable: false,
  },
  store_closed: {
    meaning: 'The store was already closed',
    remedy: 'Open the host again before using it.',
    retryable: false,
  },
  store_unsuitable: {
    meaning: 'The storage, its settings or the way to it do not allow a durable store',
    remedy: 'Do what the rule says; where an engine version or a setting is named instead, change that.',
    retryable: false,
  },
  store_rolled_back: {
    meaning: 'The database lacks records that were acknowledged, or holds others in their place',
    remedy:
      'Keep all files, and put the newest database back together with its log. To go on from an older copy on purpose, first remove the file beside it whose name ends in -anchor.',
    retryable: false,
  },
});
export type HostApiError = InstanceType<typeof HostApiError>;
export type HostApiErrorCode = HostApiError['code'];

type InvalidCode = 'host-api/invalid_id' | 'host-api/invalid_value';

/** Parses at a boundary. Fails with a `HostApiError` that names the field and the rule and shows nothing of the value. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  field: string,
  code: InvalidCode = 'host-api/invalid_value',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HostApiError(code, { detail: describeIssues(result.error, field) });
}

/** The field and the rule of the first issue, in words that hold nothing of the rejected value. */
export function describeIssues(error: z.ZodError, field: string): FaultDetail {
  const issue = error.issues[0];
  if (issue === undefined) return { field, rule: 'is not valid' };
  const path = issue.path.map((part) => safeSegment(part)).join('.');
  return { field: path === '' ? field : `${field}.${path}`, rule: ruleOf(issue) };
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be of type ${issue.expected}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}`;
    case 'too_small':
      return `must be at least ${String(issue.minimum)}`;
    case 'unrecognized_keys':
      return 'has a key that is not known';
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'has none of the allowed forms';
    case 'custom':
      return issue.message;
    case 'invalid_format':
      return `must have the format ${issue.format}`;
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return 'is not valid';
  }
}

function safeSegment(part: PropertyKey): string {
  const text = String(part);
  return /^[A-Za-z0-9_]{1,64}$/.test(text) ? text : '?';
}

function renderDetail(detail: FaultDetail): string {
  const { field, rule, ...rest } = detail;
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  const head = field === undefined ? '' : `: ${String(field)}${rule === undefined ? '' : ` ${String(rule)}`}`;
  const tail = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return `${head}${tail}.`;
}
