/**
 * Values that others hold references to, made the door's own: what was fingerprinted, judged and shown to an approver is
 * what is executed, whatever happens to the original meanwhile.
 */
import { parseJsonValue, type JsonValue } from '@reborn/host-api';
import { CONTENT_DEPTH_MAX } from '../limits.ts';

/** A private, deep-frozen copy. Errors: `host-api/invalid_json`, also for a value that changes while it is looked at. */
export function ownJson(value: unknown, field: string): JsonValue {
  const text = JSON.stringify(parseJsonValue(value, field, CONTENT_DEPTH_MAX)) as string | undefined;
  return deepFreeze(parseJsonValue(text === undefined ? undefined : JSON.parse(text), field, CONTENT_DEPTH_MAX));
}

/** Freezes plain data in place. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
