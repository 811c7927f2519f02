import { describe, expect, test } from 'vitest';
import { boundaryOf, failedOutcome, type EgressFailureRule } from './egress-failure.ts';

/** Each rule, under what callers see and under what a border records. */
const ROWS: Readonly<Record<EgressFailureRule, readonly [string, string?]>> = {
  malformed: ['request_denied', 'request_refused'],
  scheme: ['request_denied', 'request_refused'],
  host_form: ['request_denied', 'request_refused'],
  ambiguous_url: ['request_denied', 'request_refused'],
  userinfo: ['request_denied', 'request_refused'],
  header_form: ['request_denied', 'request_refused'],
  framing_header: ['request_denied', 'request_refused'],
  sensitive_header: ['request_denied', 'request_refused'],
  credential_parameter: ['request_denied', 'request_refused'],
  request_leak: ['request_denied', 'request_leak'],
  plain_credentials: ['request_denied', 'request_refused'],
  credential_not_granted: ['request_denied', 'secret_not_granted'],
  credential_place: ['request_denied', 'request_refused'],
  requests_exceeded: ['request_denied'],
  credential_missing: ['credential_unavailable', 'secret_missing'],
  credential_unusable: ['credential_unavailable'],
  target_denied: ['network_denied', 'target_denied'],
  address_private: ['network_denied', 'address_private'],
  bytes_exceeded: ['network_denied', 'request_refused'],
  no_address: ['network_error'],
  unreachable: ['network_error'],
  protocol: ['network_error'],
  timed_out: ['timed_out'],
  cancelled: ['cancelled'],
  response_too_large: ['response_body_limit_exceeded'],
  response_encoded: ['response_blocked'],
  response_leak: ['response_blocked', 'response_leak'],
};
const RULES = Object.keys(ROWS) as EgressFailureRule[];

describe('A failure of the way out', () => {
  test('tells what was refused from what the network could not do, and what a border stopped', () => {
    expect(RULES.map((rule) => [rule, failedOutcome(rule).reason, boundaryOf(rule)])).toEqual(
      RULES.map((rule) => [rule, ROWS[rule][0], ROWS[rule][1]]),
    );
  });

  test('says one sentence and how much had gone out', () => {
    for (const rule of RULES) {
      expect(failedOutcome(rule).requestBytes).toBe(0);
      expect(failedOutcome(rule, 7)).toMatchObject({ kind: 'failed', requestBytes: 7 });
      expect(failedOutcome(rule).message).toMatch(/^[A-Z][^.]*\.$/);
    }
  });
});
