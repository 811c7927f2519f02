/**
 * One text for one JSON value, and the fingerprint over it. Every digest of this family is made here.
 *
 * Not here: reading JSON text (`json.ts`), SHA-256 itself (the `DigestPort`; `portable-digest.ts` is one that runs anywhere).
 * Source: RFC 8785 (JSON Canonicalization Scheme), narrowed: whole numbers beyond 2^53 are refused, because they may have
 * been rounded when they were read.
 */
import canonicalize from 'canonicalize';
import { utf8Bytes } from './bounded-text.ts';
import { HostApiError } from './errors.ts';
import { parseDigest, type Digest } from './ids.ts';
import { parseJsonValue, type JsonValue } from './json.ts';
import { JSON_BYTES_MAX } from './limits.ts';
import type { DigestPort } from './platform.ts';

/**
 * The canonical text of a value: members sorted by UTF-16 code unit, no spaces, shortest numbers.
 * Errors: `host-api/invalid_json` for whatever is not plain JSON at most 64 levels deep and 8 MiB long, and for whole
 * numbers that a double does not hold exactly.
 */
export function toCanonicalJson(value: JsonValue): string {
  const plain = parseJsonValue(value, 'value');
  if (!isExact(plain)) throw refused('must hold whole numbers between -(2^53 - 1) and 2^53 - 1 only');
  const text = canonicalize(plain);
  if (text === undefined) throw refused('must hold JSON values only');
  if (utf8Bytes(text) > JSON_BYTES_MAX) throw refused(`must be at most ${JSON_BYTES_MAX} bytes`);
  return text;
}

/** The fingerprint of a value: equal exactly when the canonical texts are. Errors: those of `toCanonicalJson`. */
export function digestOf(value: JsonValue, digest: DigestPort): Digest {
  return digestBytes(new TextEncoder().encode(toCanonicalJson(value)), digest);
}

/** The fingerprint of bytes. */
export function digestBytes(bytes: Uint8Array, digest: DigestPort): Digest {
  return parseDigest(`sha256:${digest.sha256Hex(bytes)}`);
}

function isExact(value: JsonValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isExact);
}

function refused(rule: string): HostApiError {
  return new HostApiError('host-api/invalid_json', { detail: { field: 'value', rule } });
}
