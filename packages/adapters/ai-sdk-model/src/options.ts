/**
 * What a live model needs to know, checked once when it is made.
 *
 * Not here: where the values come from (the surface that composes).
 */
import { boundedLine, HostApiError, parseWith } from '@reborn/host-api';
import {
  API_KEY_BYTES_MAX,
  ENDPOINT_BYTES_MAX,
  MODEL_NAME_BYTES_MAX,
  OUTPUT_TOKENS_MAX,
  TIMEOUT_MS_DEFAULT,
  TIMEOUT_MS_MAX,
} from './limits.ts';

export interface AiSdkModelOptions {
  /** The base of the API, such as `http://127.0.0.1:8080/v1`; `/chat/completions` is added. */
  readonly endpoint: string;
  readonly model: string;
  /** Sent as a bearer token, to the endpoint only: redirects are not followed. */
  readonly apiKey?: string;
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  /** Units: milliseconds. Two minutes unless said otherwise. */
  readonly timeoutMs?: number;
}

export type CheckedOptions = AiSdkModelOptions & { readonly timeoutMs: number };

/** Errors: `host-api/invalid_value` naming the field; the value is never shown. */
export function parseOptions(options: AiSdkModelOptions): CheckedOptions {
  const { temperature, maxOutputTokens, timeoutMs = TIMEOUT_MS_DEFAULT } = options;
  checkNumber('temperature', temperature, 0, 2);
  checkWhole('maxOutputTokens', maxOutputTokens, 1, OUTPUT_TOKENS_MAX);
  checkWhole('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX);
  return Object.freeze({
    endpoint: parseEndpoint(options.endpoint),
    model: parseWith(boundedLine(MODEL_NAME_BYTES_MAX), options.model, 'model'),
    ...(options.apiKey === undefined ? {} : { apiKey: parseKey(options.apiKey) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    timeoutMs,
  });
}

function parseEndpoint(value: unknown): string {
  const text = parseWith(boundedLine(ENDPOINT_BYTES_MAX), value, 'endpoint');
  if (!URL.canParse(text)) throw refused('endpoint', 'must be a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('endpoint', 'must begin with http or https');
  if (url.username !== '' || url.password !== '') throw refused('endpoint', 'must not hold credentials; use apiKey');
  if (url.search !== '' || url.hash !== '') throw refused('endpoint', 'must not have a query or a fragment');
  return text.replace(/\/+$/, '');
}

/** Characters that a header cannot carry would come back in a vendor's error. */
function parseKey(value: unknown): string {
  const key = parseWith(boundedLine(API_KEY_BYTES_MAX), value, 'apiKey');
  if (!/^[\x21-\x7e]+$/.test(key)) throw refused('apiKey', 'must hold visible ASCII characters only');
  return key;
}

function checkWhole(field: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !Number.isInteger(value)) throw refused(field, 'must be a whole number');
  checkNumber(field, value, min, max);
}

function checkNumber(field: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !(value >= min && value <= max)) throw refused(field, `must be from ${min} to ${max}`);
}

function refused(field: string, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_value', { detail: { field, rule } });
}
