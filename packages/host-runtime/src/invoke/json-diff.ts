/**
 * Where two inputs differ, as JSON pointers with short values; long values, and what looks like a secret, are left out.
 *
 * Not here: applying a difference.
 * Source: RFC 6901.
 */
import { isJsonObject, toCanonicalJson, utf8Bytes, type JsonObject, type JsonValue } from '@reborn/host-api';
import type { InputChange } from '@reborn/events';
import { findLeak } from '../secret/leak-scan.ts';
import { CHANGE_PATH_BYTES_MAX, CHANGE_VALUE_BYTES_MAX, CHANGES_MAX } from '../limits.ts';

/** Order: as the places stand in the inputs, by name. At most 64 changes. */
export function diffJson(before: JsonValue, after: JsonValue): readonly InputChange[] {
  const found: InputChange[] = [];
  compare('', before, after, found);
  return found;
}

function compare(
  path: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  found: InputChange[],
): void {
  if (found.length === CHANGES_MAX) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()) {
      compare(`${path}/${escape(name)}`, memberOf(before, name), memberOf(after, name), found);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
      compare(`${path}/${at}`, before[at], after[at], found);
    }
    return;
  }
  if (isSame(before, after)) return;
  const [left, right] = [shown(before), shown(after)];
  found.push({
    path: utf8Bytes(path) > CHANGE_PATH_BYTES_MAX || findLeak(path) !== undefined ? '' : path,
    op: before === undefined ? 'add' : after === undefined ? 'remove' : 'replace',
    ...(left === undefined ? {} : { before: left }),
    ...(right === undefined ? {} : { after: right }),
  });
}

/** Its own: what every object has is not content. */
function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isSame(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return toCanonicalJson(left) === toCanonicalJson(right);
}

function shown(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = toCanonicalJson(value);
  return utf8Bytes(text) > CHANGE_VALUE_BYTES_MAX || findLeak(text) !== undefined ? undefined : text;
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
