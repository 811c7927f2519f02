/**
 * What a JSON Schema asks of a value, as checks that take a bounded amount of work.
 *
 * Not here: which keywords there are (`schema-keywords.ts`), how they become checks (`foreign-schema.ts`).
 */
import { isJsonObject, type JsonValue } from '@reborn/host-api';
import { SCHEMA_CHECK_DEPTH_MAX, SCHEMA_CHECK_WORK_MAX } from '../limits.ts';

/** Where a value stands within the input; without one it is the input. */
export interface Place {
  readonly above: Place | undefined;
  readonly step: string | number;
}

export interface Mismatch {
  readonly at: Place | undefined;
  readonly rule: string;
}

/** Says what is wrong with a value, or nothing. */
export type Check = (value: JsonValue, at: Place | undefined, run: CheckRun) => Mismatch | undefined;

/** One schema or a part of it. Its checks are known once everything is compiled. */
export interface SchemaNode {
  readonly checks: Check[];
}

/** The work of a check is over; nothing more is known of the value. */
export class WorkExceeded extends Error {
  override readonly name = 'WorkExceeded';
}

/** Going through one value. Units: `spend` takes steps, each about as much as a comparison. */
export class CheckRun {
  #work = SCHEMA_CHECK_WORK_MAX;
  #depth = 0;

  /** Errors: `WorkExceeded`. */
  spend(steps: number): void {
    this.#work -= steps;
    if (this.#work < 0) throw new WorkExceeded();
  }

  apply(node: SchemaNode, value: JsonValue, at: Place | undefined): Mismatch | undefined {
    this.spend(1 + node.checks.length);
    this.#depth += 1;
    if (this.#depth > SCHEMA_CHECK_DEPTH_MAX) throw new WorkExceeded();
    for (const check of node.checks) {
      const mismatch = check(value, at, this);
      if (mismatch === undefined) continue;
      this.#depth -= 1;
      return mismatch;
    }
    this.#depth -= 1;
    return undefined;
  }

  fits(node: SchemaNode, value: JsonValue, at: Place | undefined): boolean {
    return this.apply(node, value, at) === undefined;
  }

  /** One text for one value, whatever the order of its members. */
  keyOf(value: JsonValue): string {
    this.spend(1);
    if (Array.isArray(value)) return `[${value.map((item: JsonValue) => this.keyOf(item)).join(',')}]`;
    if (isJsonObject(value)) {
      const names = Object.keys(value);
      this.spend(names.length);
      const members = names.sort();
      return `{${members.map((name) => `${this.keyOf(name)}:${this.keyOf(value[name] ?? null)}`).join(',')}}`;
    }
    if (typeof value === 'string') this.spend(textSteps(value));
    return JSON.stringify(value);
  }
}

/** What looking at a text takes. */
export function textSteps(text: string): number {
  return text.length >> 6;
}
