/**
 * Puts credentials where they belong in a request: after everything in it was judged, and into nothing that the caller
 * wrote.
 *
 * Not here: lending them (`../secret/stage-secrets.ts`), taking them out of answers (`clean-response.ts`).
 * Source: specification 2, a.10 step 4.
 */
import { utf8Bytes, type CredentialInjection, type SecretHandle } from '@reborn/host-api';
import { EGRESS_HEADER_VALUE_BYTES_MAX } from '../limits.ts';
import type { SecretValue } from '../secret/secret-value.ts';
import type { EgressFailureRule } from './egress-failure.ts';
import type { Draft } from './read-request.ts';
import { isHeaderName, isHeaderValue } from './request-rule.ts';
import { decodingsOf } from './decodings.ts';

interface InjectionTerms {
  readonly lent: { value(handle: SecretHandle): SecretValue | undefined } | undefined;
  /** Handles that the capability declares and its grant allows. */
  readonly injectable: readonly SecretHandle[];
}

/** What is sent: path and headers with the credentials in them. */
type Injected =
  | { readonly kind: 'injected'; readonly path: string; readonly headers: ReadonlyMap<string, string> }
  | { readonly kind: 'refused'; readonly rule: EgressFailureRule };

/** Headers that stand several times become one, as RFC 9110 (5.3) has it. */
export function injectCredentials(draft: Draft, terms: InjectionTerms): Injected {
  const headers = new Map<string, string>();
  for (const [name, value] of draft.headers) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  let path = draft.path;
  for (const credential of draft.credentials) {
    if (!terms.injectable.includes(credential.handle)) return refused('credential_not_granted');
    const secret = terms.lent?.value(credential.handle);
    if (secret === undefined && credential.required) return refused('credential_missing');
    if (secret === undefined) continue;
    const placed = place(credential.target, secret.reveal(), { path, headers });
    if (placed.kind === 'refused') return placed;
    path = placed.path;
  }
  return { kind: 'injected', path, headers };
}

type Placed =
  | { readonly kind: 'placed'; readonly path: string }
  | { readonly kind: 'refused'; readonly rule: EgressFailureRule };

function place(
  target: CredentialInjection['target'],
  secret: string,
  into: { readonly path: string; readonly headers: Map<string, string> },
): Placed {
  const { path, headers } = into;
  switch (target.kind) {
    case 'header': {
      const name = target.name.toLowerCase();
      const value = `${target.prefix ?? ''}${secret}`;
      if (!isHeaderName(name) || !isHeaderValue(target.prefix ?? '') || headers.has(name))
        return refused('credential_place');
      if (secret !== secret.trim() || !isHeaderValue(value)) return refused('credential_unusable');
      headers.set(name, value);
      return { kind: 'placed', path };
    }
    case 'query': {
      if (target.name === '' || !target.name.isWellFormed() || hasParameter(path, target.name))
        return refused('credential_place');
      const isUsable = secret.isWellFormed() && utf8Bytes(secret) <= EGRESS_HEADER_VALUE_BYTES_MAX;
      if (!isUsable) return refused('credential_unusable');
      const pair = `${encodeURIComponent(target.name)}=${encodeURIComponent(secret)}`;
      return { kind: 'placed', path: `${path}${path.includes('?') ? '&' : '?'}${pair}` };
    }
  }
}

/** By the name as servers read it: which of two equal ones counts is up to them. */
function hasParameter(path: string, name: string): boolean {
  const at = path.indexOf('?');
  if (at < 0) return false;
  return path
    .slice(at + 1)
    .split(/[&;]/)
    .some((pair) => decodingsOf(pair.split('=', 1)[0] ?? '').includes(name));
}

function refused(rule: EgressFailureRule): { readonly kind: 'refused'; readonly rule: EgressFailureRule } {
  return { kind: 'refused', rule };
}
