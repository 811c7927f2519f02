/**
 * What a capability hands out, without secrets: those that the call was lent, credentials where protocols carry them, and
 * whatever stands under the name of a secret. Keys are looked at as values are.
 *
 * Not here: what counts as a secret (`redactor.ts`, `leak-scan.ts`, `secret-name.ts`), what becomes of a call whose output
 * is held back (`../invoke/settle.ts`).
 * Source: specification 2, b.5 step 11.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '@reborn/host-api';
import { findLeak, maskCredentials, type LeakKind } from './leak-scan.ts';
import type { Redactor } from './redactor.ts';
import { isSecretName } from './secret-name.ts';
import { REDACTED } from './secret-text.ts';

/**
 * `collision`: two keys would become one. `leak`: what looks like a key of somebody is still there. Of these two nothing
 * may go out.
 */
export type RedactedOutput =
  | { readonly kind: 'clean' | 'redacted'; readonly output: JsonValue }
  | { readonly kind: 'collision' }
  | { readonly kind: 'leak'; readonly leak: LeakKind };

/** `redactor`: of the secrets that the call was lent. A clean output comes back as it was. */
export function redactOutput(output: JsonValue, redactor: Redactor | undefined): RedactedOutput {
  // Nearly every output is clean: one look at all of its texts together says so.
  const whole = [...textsOf(output)].join('\n');
  const isClean = clean(whole, redactor) === whole && findLeak(whole) === undefined;
  if (isClean && !hasSecretName(output)) return { kind: 'clean', output };
  const redacted = redactValue(output, redactor);
  if (redacted === COLLISION) return { kind: 'collision' };
  const left = [...textsOf(redacted)].join('\n');
  const leak = findLeak(left);
  if (leak !== undefined) return { kind: 'leak', leak };
  // Together the texts may have looked like what none of them is.
  const isSame = left === whole && JSON.stringify(redacted) === JSON.stringify(output);
  return isSame ? { kind: 'clean', output } : { kind: 'redacted', output: redacted };
}

const COLLISION = Symbol('collision');

function redactValue(value: JsonValue, redactor: Redactor | undefined): JsonValue | typeof COLLISION {
  if (typeof value === 'string') return clean(value, redactor);
  if (typeof value === 'number') return clean(String(value), redactor) === String(value) ? value : REDACTED;
  if (Array.isArray(value)) {
    const members = value.map((member) => redactValue(member, redactor));
    return members.every((member) => member !== COLLISION) ? members : COLLISION;
  }
  return isJsonObject(value) ? redactObject(value, redactor) : value;
}

function redactObject(object: JsonObject, redactor: Redactor | undefined): JsonValue | typeof COLLISION {
  const members = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(object)) {
    const shown = clean(key, redactor);
    const member = isKeptSecret(key, value) ? REDACTED : redactValue(value, redactor);
    if (member === COLLISION || members.has(shown)) return COLLISION;
    members.set(shown, member);
  }
  return Object.fromEntries(members);
}

function clean(text: string, redactor: Redactor | undefined): string {
  return maskCredentials(redactor?.redact(text).text ?? text);
}

/** Whether a secret is there, and what has one, are no secrets. */
function isKeptSecret(key: string, value: JsonValue | undefined): boolean {
  return value !== null && typeof value !== 'boolean' && value !== '' && value !== REDACTED && isSecretName(key);
}

function hasSecretName(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasSecretName);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(
    ([key, member]) => isKeptSecret(key, member) || (member !== undefined && hasSecretName(member)),
  );
}

/** Every text, key and number. */
function* textsOf(value: JsonValue): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number') yield String(value);
  else if (Array.isArray(value)) for (const member of value) yield* textsOf(member);
  else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      yield key;
      yield* textsOf(member);
    }
  }
}
