/** Values that a hook may look at and cannot change. */
import { copyJson, type JsonValue } from '@reborn/host-api';

/** The value itself when all of it is frozen already, otherwise a frozen copy. Errors: `host-api/invalid_json`. */
export function toFrozenJson(value: JsonValue, field: string): JsonValue {
  return isDeepFrozen(value) ? value : deepFreeze(copyJson(value, field));
}

/** Freezes a value of the caller's own, to the bottom. Shape: plain data without cycles. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}
