/**
 * Why a request got no answer: every rule of the way out, with the failure that it leads to, the sentence that anybody may
 * read, and the code under which it is recorded when it was a border that stopped the request.
 *
 * Not here: when a rule is broken (`request-rule.ts`, `address-rule.ts`, `inject-credentials.ts`, `clean-response.ts`).
 * Source: specification 2, a.10 and f.2-17.
 */
import type { SecurityCode } from '@reborn/events';
import type { HttpEgressFailure, HttpEgressOutcome } from '@reborn/host-api';

/** What the way out stops, as security records name it. */
export type EgressBoundary = Extract<
  SecurityCode,
  | 'target_denied'
  | 'address_private'
  | 'request_refused'
  | 'request_leak'
  | 'response_leak'
  | 'secret_not_granted'
  | 'secret_missing'
>;

interface FailureRow {
  readonly reason: HttpEgressFailure;
  readonly message: string;
  readonly boundary?: EgressBoundary;
}

const refused = (message: string) =>
  ({ reason: 'request_denied', boundary: 'request_refused', message }) as const satisfies FailureRow;

const EGRESS_FAILURES = {
  malformed: refused('The request does not have the form that the host sends, or is larger than it sends.'),
  scheme: refused('Only addresses that begin with http:// or https:// can be requested.'),
  host_form: refused('The address does not name a host in a form that can be checked.'),
  ambiguous_url: refused('The address holds spaces, backslashes or control characters.'),
  userinfo: refused('The address may not hold a user name or a password.'),
  header_form: refused('The name or the value of a header has characters that headers do not take.'),
  framing_header: refused('Headers about the connection and the coding of the message are set by the host.'),
  sensitive_header: refused('Headers that carry credentials are set by the host, never by the caller.'),
  credential_parameter: refused('The address or a header holds a parameter that looks like a credential.'),
  request_leak: {
    reason: 'request_denied',
    boundary: 'request_leak',
    message: 'The request holds something that looks like a secret.',
  },
  target_denied: {
    reason: 'network_denied',
    boundary: 'target_denied',
    message: 'This capability may not talk to that host, scheme and port.',
  },
  plain_credentials: refused('Credentials are sent over https only.'),
  credential_not_granted: {
    reason: 'request_denied',
    boundary: 'secret_not_granted',
    message: 'This capability may not use that credential.',
  },
  credential_missing: {
    reason: 'credential_unavailable',
    boundary: 'secret_missing',
    message: 'A credential that the request needs is not there.',
  },
  credential_unusable: {
    reason: 'credential_unavailable',
    message: 'A credential does not have a form that can be sent where it belongs.',
  },
  credential_place: refused('The place of a credential is taken already, or none that can hold one.'),
  bytes_exceeded: {
    reason: 'network_denied',
    boundary: 'request_refused',
    message: 'The call has sent as many bytes as it may.',
  },
  requests_exceeded: { reason: 'request_denied', message: 'The call has made as many requests as it may.' },
  address_private: {
    reason: 'network_denied',
    boundary: 'address_private',
    message: 'The host has an address that is not a public one.',
  },
  no_address: { reason: 'network_error', message: 'The host has no address.' },
  unreachable: { reason: 'network_error', message: 'The host could not be reached.' },
  protocol: { reason: 'network_error', message: 'The connection broke, or was not proper HTTP or TLS.' },
  timed_out: { reason: 'timed_out', message: 'The request did not end in time.' },
  cancelled: { reason: 'cancelled', message: 'The call was stopped before the request ended.' },
  response_too_large: {
    reason: 'response_body_limit_exceeded',
    message: 'The answer is larger than the request allows.',
  },
  response_encoded: {
    reason: 'response_blocked',
    message: 'The answer came in a coding that the host cannot search for secrets.',
  },
  response_leak: {
    reason: 'response_blocked',
    boundary: 'response_leak',
    message: 'The answer holds something that looks like a secret and is withheld.',
  },
} as const satisfies Readonly<Record<string, FailureRow>>;
export type EgressFailureRule = keyof typeof EGRESS_FAILURES;

export function boundaryOf(rule: EgressFailureRule): EgressBoundary | undefined {
  const row: FailureRow = EGRESS_FAILURES[rule];
  return row.boundary;
}

export function failedOutcome(
  rule: EgressFailureRule,
  requestBytes = 0,
): Extract<HttpEgressOutcome, { kind: 'failed' }> {
  const { reason, message } = EGRESS_FAILURES[rule];
  return { kind: 'failed', reason, message, requestBytes };
}
