/**
 * What the caller gets of an answer: without headers that carry credentials, without the values that were injected, and
 * nothing at all of one that holds somebody's key.
 *
 * Not here: finding secrets (`../secret/`).
 * Source: specification 2, a.10 step 6.
 */
import type { HttpEgressResponse } from '@reborn/host-api';
import { findLeak, maskCredentials } from '../secret/leak-scan.ts';
import type { Redactor } from '../secret/redactor.ts';
import { isCredentialHeader } from './credential-name.ts';
import type { EgressFailureRule } from './egress-failure.ts';

interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

type CleanResponse =
  | { readonly kind: 'clean'; readonly response: Omit<HttpEgressResponse, 'requestBytes'> }
  | { readonly kind: 'blocked'; readonly rule: EgressFailureRule };

/** Credentials where protocols carry them are cut out: the rest is of use. A key anywhere withholds all of it. */
export function cleanResponse(raw: RawResponse, redactor: Redactor | undefined): CleanResponse {
  const named = Object.entries(raw.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const isEncoded = named.some(([name, value]) => name === 'content-encoding' && !isIdentity(value));
  if (isEncoded) return { kind: 'blocked', rule: 'response_encoded' };
  const kept = named.filter(([name]) => !isCredentialHeader(name) && cleanText(name, redactor) === name);
  const headers = kept.map(([name, value]) => [name, cleanText(value, redactor)] as const);
  const body = cleanBody(raw.body, redactor);
  const texts = [...headers.flat(), new TextDecoder().decode(body)];
  if (texts.some((text) => findLeak(text) !== undefined)) return { kind: 'blocked', rule: 'response_leak' };
  const isCleaned = body !== raw.body || headers.some(([, value], at) => value !== kept[at]?.[1]);
  return {
    kind: 'clean',
    response: { status: raw.status, headers, body, responseBytes: raw.body.byteLength, redacted: isCleaned },
  };
}

function cleanText(text: string, redactor: Redactor | undefined): string {
  return maskCredentials(redactor?.redact(text).text ?? text);
}

/** The very bytes where there was nothing to take out, and where they are no text. */
function cleanBody(raw: Uint8Array, redactor: Redactor | undefined): Uint8Array {
  const bytes = redactor?.redactBytes(raw).bytes ?? raw;
  const text = readText(bytes);
  const masked = text === undefined ? undefined : maskCredentials(text);
  return masked === text || masked === undefined ? bytes : new TextEncoder().encode(masked);
}

function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isIdentity(coding: string): boolean {
  return coding.trim() === '' || coding.trim().toLowerCase() === 'identity';
}
