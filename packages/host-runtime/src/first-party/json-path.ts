/**
 * Naming one value within JSON: names joined by dots, with `[n]` for the items of a list, as in `notes[0].title`.
 *
 * Not here: the tool (`json.ts`).
 */
import { isJsonObject, JSON_DEPTH_MAX, type JsonValue } from '@reborn/host-api';

/** A name of a member, or a place in a list, counted from 0. */
export type JsonPath = readonly (string | number)[];

const STEP = /\[(?<place>\d{1,9})\]|(?<dot>\.?)(?<name>[^.[\]]+)/y;

/** Nothing for text that is no path. No text is the whole value; more steps than JSON has levels are no path either. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const path: (string | number)[] = [];
  for (let at = 0; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const step = STEP.exec(text)?.groups;
    if (step === undefined || path.length === JSON_DEPTH_MAX) return undefined;
    const { place, dot, name } = step;
    if (place !== undefined) path.push(Number(place));
    else if (name !== undefined && (dot === '.') === at > 0) path.push(name);
    else return undefined;
  }
  return path;
}

/** The value at a path, or nothing. Only what the value itself holds is found, never what its prototype has. */
export function valueAt(value: JsonValue, path: JsonPath): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) ? (found[step] as JsonValue | undefined) : undefined;
    else found = isJsonObject(found) && Object.hasOwn(found, step) ? found[step] : undefined;
    if (found === undefined) return undefined;
  }
  return found;
}
