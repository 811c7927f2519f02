/**
 * What a request has to keep to before anything is looked up or sent, in the order in which it is asked.
 *
 * Not here: its form (`read-request.ts`), addresses (`address-rule.ts`), what the answer has to keep to
 * (`clean-response.ts`).
 * Source: specification 2, a.10 steps 3 and 5, and its later correction about credentials over https.
 */
import { findTarget, type NetworkPlace, type NetworkTarget } from '@reborn/host-api';
import { EGRESS_HEADER_VALUE_BYTES_MAX } from '../limits.ts';
import { findLeak } from '../secret/leak-scan.ts';
import type { Redactor } from '../secret/redactor.ts';
import { isLoopback } from './address-rule.ts';
import { isCredentialHeader, isCredentialParameter } from './credential-name.ts';
import type { EgressFailureRule } from './egress-failure.ts';
import type { Draft } from './read-request.ts';
import { decodingsOf } from './decodings.ts';

/** Headers that say where a message goes, where it ends and how it is written. */
const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const HEADER_NAME = /^[a-z0-9][a-z0-9!#$%&'*+.^_`|~-]*$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** Where a call may talk to, and which of its secrets must not leave by themselves. */
export interface RequestTerms {
  readonly mode: 'brokered' | 'allow_list';
  readonly targets: readonly NetworkTarget[] | undefined;
  readonly lent: { readonly redactor: Redactor } | undefined;
}

export interface RequestRule {
  readonly name: EgressFailureRule;
  isBroken(draft: Draft, terms: RequestTerms): boolean;
}

export const REQUEST_RULES: readonly RequestRule[] = [
  { name: 'ambiguous_url', isBroken: (draft) => /[\s\\\p{Cc}\p{Cf}]/u.test(draft.writtenUrl) },
  { name: 'userinfo', isBroken: (draft) => draft.hasUserinfo },
  {
    name: 'header_form',
    isBroken: (draft) => !draft.headers.every(([name, value]) => isHeaderName(name) && isHeaderValue(value)),
  },
  {
    name: 'framing_header',
    isBroken: (draft) => [...draft.headers.map(([name]) => name), ...credentialHeaders(draft)].some(isFramingHeader),
  },
  { name: 'sensitive_header', isBroken: (draft) => draft.headers.some(([name]) => isCredentialHeader(name)) },
  { name: 'credential_parameter', isBroken: (draft) => parametersOf(draft).some(isCredentialParameter) },
  { name: 'request_leak', isBroken: holdsSecret },
  { name: 'target_denied', isBroken: (draft, terms) => admit(draft.place, terms) === undefined },
  { name: 'plain_credentials', isBroken: sendsCredentialsPlain },
];

/** What lets the place through; `undefined`: nothing does. */
export function admit(place: NetworkPlace, terms: RequestTerms): { readonly isPrivateAllowed: boolean } | undefined {
  if (terms.targets === undefined) return terms.mode === 'brokered' ? { isPrivateAllowed: false } : undefined;
  const target = findTarget(terms.targets, place);
  return target === undefined ? undefined : { isPrivateAllowed: target.private === true };
}

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

export function isHeaderValue(value: string): boolean {
  return value.length <= EGRESS_HEADER_VALUE_BYTES_MAX && HEADER_VALUE.test(value);
}

function isFramingHeader(name: string): boolean {
  return FRAMING_HEADERS.has(name) || name.startsWith('proxy-');
}

function credentialHeaders({ credentials }: Draft): readonly string[] {
  return credentials.flatMap(({ target }) => (target.kind === 'header' ? [target.name.toLowerCase()] : []));
}

/** The names of all parameters in the address and in headers, in every spelling. */
function parametersOf(draft: Draft): readonly string[] {
  const address = decodingsOf(`${draft.path}${draft.fragment}`).flatMap((text) => text.split(/[?&;#/]/));
  const headers = draft.headers.flatMap(([, value]) => decodingsOf(value)).flatMap((text) => text.split(/[;,&?\s]/));
  return [...address, ...headers].flatMap((piece) => {
    const at = piece.indexOf('=');
    return at > 0 ? [piece.slice(0, at).trim()] : [];
  });
}

/** Secrets by their shape, and those lent to this call: they leave where they are injected and nowhere else. */
function holdsSecret(draft: Draft, { lent }: RequestTerms): boolean {
  const short = [
    draft.writtenUrl,
    draft.path,
    draft.fragment,
    ...draft.headers.flat(),
    ...draft.credentials.flatMap(({ target }) => [target.name, target.kind === 'header' ? (target.prefix ?? '') : '']),
  ].flatMap(decodingsOf);
  const body = new TextDecoder().decode(draft.body);
  return [...short, body, body.replaceAll('+', ' ')].some(
    (text) => findLeak(text) !== undefined || (lent !== undefined && lent.redactor.redact(text).hits > 0),
  );
}

/** Plain http carries credentials to this machine only, by its address, and where the operator opened it. */
function sendsCredentialsPlain(draft: Draft, terms: RequestTerms): boolean {
  if (draft.credentials.length === 0 || draft.place.scheme === 'https') return false;
  const isHere = draft.literal !== undefined && isLoopback(draft.literal);
  return !isHere || admit(draft.place, terms)?.isPrivateAllowed !== true;
}
