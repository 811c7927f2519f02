/**
 * Why `builtin.http` has no answer to show: a closed set of codes, and what is known about the other side.
 *
 * Not here: the rules of the way out and their sentences (`../egress/egress-failure.ts`).
 * Source: specification 2, d, f.1, f.2-14 and f.2-17.
 */
import type { HttpEgressFailure, HttpEgressOutcome, HttpMethod } from '@reborn/host-api';
import type { Effect } from '../failure.ts';
import { ToolFailure } from '../lane/define-tool.ts';

type HttpFailureCode =
  | 'client_error'
  | 'invalid_request'
  | 'network_denied'
  | 'network_error'
  | 'timed_out'
  | 'cancelled'
  | 'response_error'
  | 'output_too_large';

const CODE_OF: Readonly<Record<HttpEgressFailure, HttpFailureCode>> = {
  credential_unavailable: 'client_error',
  request_denied: 'invalid_request',
  network_denied: 'network_denied',
  network_error: 'network_error',
  timed_out: 'timed_out',
  cancelled: 'cancelled',
  response_blocked: 'response_error',
  response_body_limit_exceeded: 'output_too_large',
};

/** Failures after which an answer had come: the other side did what it did. */
const ANSWERED: ReadonlySet<HttpEgressFailure> = new Set(['response_blocked', 'response_body_limit_exceeded']);

/** The failure to throw when the host has no way out to networks for this call. */
export function noNetworkFailure(): ToolFailure {
  return new ToolFailure('network_unavailable', 'This host gives the call no way out to a network.');
}

export function egressFailure(
  { reason, message, requestBytes }: Extract<HttpEgressOutcome, { kind: 'failed' }>,
  method: HttpMethod,
): ToolFailure {
  return new ToolFailure(CODE_OF[reason], message, effectOf(reason, method, requestBytes));
}

function effectOf(reason: HttpEgressFailure, method: HttpMethod, requestBytes: number): Effect {
  if (requestBytes === 0 || method === 'GET' || method === 'HEAD') return 'none';
  return ANSWERED.has(reason) ? 'happened' : 'uncertain';
}
