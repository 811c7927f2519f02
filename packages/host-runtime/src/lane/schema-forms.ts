/**
 * The forms that the values of keywords have in a JSON Schema.
 *
 * Not here: what the keywords mean (`schema-keywords.ts`).
 */
import { isJsonObject, type JsonValue } from '@reborn/host-api';

/** What is wrong with a schema: the rule that it breaks, and the keyword at which it does, once that is known. */
export class SchemaDefect extends Error {
  override readonly name = 'SchemaDefect';
  readonly isPlaced: boolean;
  constructor(rule: string, place?: string) {
    super(place === undefined ? rule : `${place} ${rule}`);
    this.isPlaced = place !== undefined;
  }
}

export function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : wrong('text');
}

export function toTexts(value: JsonValue): readonly string[] {
  return toList(value).map(toText);
}

export function toNumber(value: JsonValue): number {
  return typeof value === 'number' ? value : wrong('a number');
}

export function toCount(value: JsonValue): number {
  return Number.isInteger(value) && Number(value) >= 0 ? Number(value) : wrong('a whole number, not less than 0');
}

export function toFlag(value: JsonValue): boolean {
  return typeof value === 'boolean' ? value : wrong('true or false');
}

export function toList(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : wrong('a list');
}

export function toEntries(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  return isJsonObject(value) ? Object.entries(value) : wrong('an object');
}

/** Errors: `SchemaDefect`, always. */
export function wrong(form: string): never {
  throw new SchemaDefect(`must be ${form}`);
}
