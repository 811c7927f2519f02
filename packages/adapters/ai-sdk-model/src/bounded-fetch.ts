/**
 * `fetch` as this adapter uses it: follows no redirect, so that the key goes nowhere else, and reads a bounded answer.
 *
 * Not here: egress policy for tools (`@reborn/host-runtime`); a model endpoint is chosen by whoever composes the host.
 */
import { RESPONSE_BYTES_MAX } from './limits.ts';

/** Recognised by `isResponseTooLarge`, also inside the causes of an SDK error. */
const TOO_LARGE = Symbol('response too large');

export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  const body = await readBounded(response);
  const { status, statusText, headers } = response;
  return new Response(status === 204 || status === 205 || status === 304 ? null : body, {
    status,
    statusText,
    headers,
  });
}

export function isResponseTooLarge(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if (TOO_LARGE in at) return true;
  }
  return false;
}

async function readBounded(response: Response): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return new Blob(chunks);
    bytes += part.value.byteLength;
    if (bytes > RESPONSE_BYTES_MAX) {
      await reader?.cancel();
      throw Object.assign(new Error('response too large'), { [TOO_LARGE]: true });
    }
    chunks.push(part.value);
  }
}
