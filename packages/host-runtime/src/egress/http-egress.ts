/**
 * The way out to networks for one call, in the order of the pipeline: read, judge, inject, count, resolve, exchange, clean.
 *
 * Not here: what each step asks (its own file), sockets (the `Network` port), records of what went out (`../invoke/`).
 * Source: specification 2, a.10, f.2-16 and f.3.
 */
import {
  InvariantError,
  type HttpEgress,
  type HttpEgressOutcome,
  type Network,
  type NetworkOutcome,
  type SecretHandle,
  type Timers,
} from '@reborn/host-api';
import { EGRESS_REQUESTS_MAX } from '../limits.ts';
import type { LentSecrets } from '../secret/stage-secrets.ts';
import { areAddressesOpen, type AddressJudge } from './address-rule.ts';
import { cleanResponse } from './clean-response.ts';
import { boundaryOf, failedOutcome, type EgressBoundary, type EgressFailureRule } from './egress-failure.ts';
import { toEgressMessage, type EgressMessage } from './egress-message.ts';
import { createEgressMeter, type EgressHold } from './egress-meter.ts';
import { injectCredentials } from './inject-credentials.ts';
import { readRequest, type Draft } from './read-request.ts';
import { createRequestEnding, type RequestEnding } from './request-ending.ts';
import { admit, REQUEST_RULES, type RequestRule, type RequestTerms } from './request-rule.ts';

/** One request that left, or was about to: for the record. No path, header or address. Units: bytes. */
export interface EgressFact {
  readonly host: string;
  /** In lower case, as words of records are. */
  readonly method: string;
  readonly status?: number;
  readonly errorKind?: EgressFailureRule;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/**
 * What one call may do. `targets` absent: any public host for `brokered`, none for `allow_list`. `injectable`: credentials
 * that the capability declares and its grant allows. `egressBytesMax`: of all requests together. `signal` aborts when the
 * call is over, too: what is under way is cancelled, and nothing is sent any more. The callbacks must not throw.
 */
export interface HttpEgressTerms extends Omit<RequestTerms, 'lent'> {
  readonly network: Network;
  readonly timers: Timers;
  readonly lent: Pick<LentSecrets, 'value' | 'redactor'> | undefined;
  readonly injectable: readonly SecretHandle[];
  readonly egressBytesMax: number | undefined;
  readonly signal: AbortSignal;
  onExchange(fact: EgressFact): void;
  onBoundary(code: EgressBoundary): void;
}

export interface MeteredHttpEgress extends HttpEgress {
  /** What all requests have sent so far, and may be sending. */
  readonly requestBytes: number;
}

/** The rules of the pipeline, in one place: proofs take one out and show that somebody notices. */
export interface EgressRules {
  readonly request: readonly RequestRule[];
  readonly areAddressesOpen: AddressJudge;
}

const RULES: EgressRules = { request: REQUEST_RULES, areAddressesOpen };

export function createHttpEgress(terms: HttpEgressTerms, rules: EgressRules = RULES): MeteredHttpEgress {
  const meter = createEgressMeter(terms.egressBytesMax);
  let requests = 0;
  return Object.freeze<MeteredHttpEgress>({
    get requestBytes() {
      return meter.bytes;
    },
    async request(request) {
      requests += 1;
      if (requests > EGRESS_REQUESTS_MAX) return failedOutcome('requests_exceeded');
      if (terms.signal.aborted) return failedOutcome('cancelled');
      const draft = readRequest(request);
      if (draft.kind === 'unreadable') return refuse(terms, draft.rule);
      const broken = rules.request.find((rule) => rule.isBroken(draft, terms));
      if (broken !== undefined) return refuse(terms, broken.name);
      const injected = injectCredentials(draft, terms);
      if (injected.kind === 'refused') return refuse(terms, injected.rule);
      const message = toEgressMessage(draft, injected);
      const hold = meter.reserve(message.bytes);
      if (hold === undefined) return refuse(terms, 'bytes_exceeded');
      const ending = createRequestEnding(terms.timers, draft.timeoutMs, terms.signal);
      try {
        return await send({ terms, rules, draft, message, hold, ending });
      } finally {
        ending.dispose();
        hold.settle(0);
      }
    },
  });
}

interface Sending {
  readonly terms: HttpEgressTerms;
  readonly rules: EgressRules;
  readonly draft: Draft;
  readonly message: EgressMessage;
  readonly hold: EgressHold;
  readonly ending: RequestEnding;
}

/** The name is looked up once, and the connection goes to what was judged: whoever answers has one answer only. */
async function send(sending: Sending): Promise<HttpEgressOutcome> {
  const { terms, rules, draft, message, hold, ending } = sending;
  const addresses = draft.literal === undefined ? await lookUp(sending) : [draft.literal];
  if (ending.how !== undefined) return fail(sending, ending.how);
  if (addresses.length === 0) return fail(sending, 'no_address');
  const isPrivateAllowed = admit(draft.place, terms)?.isPrivateAllowed === true;
  if (!rules.areAddressesOpen(addresses, isPrivateAllowed)) return refuse(terms, 'address_private');
  const outcome = await exchange(sending, addresses);
  const sent = outcome.kind === 'failed' && outcome.reason === 'unreachable' ? 0 : message.bytes;
  hold.settle(sent);
  if (outcome.kind === 'failed') return fail(sending, ruleOf(outcome.reason, ending), { sent });
  const { status, body } = outcome;
  const answer = { sent, status, responseBytes: body.byteLength };
  if (status < 100 || status > 599) return fail(sending, 'protocol', { sent, responseBytes: body.byteLength });
  if (body.byteLength > draft.responseBytesMax) return fail(sending, 'response_too_large', answer);
  const cleaned = cleanResponse(outcome, terms.lent?.redactor);
  if (cleaned.kind === 'blocked') return fail(sending, cleaned.rule, answer);
  report(sending, answer);
  return { kind: 'answered', response: { ...cleaned.response, requestBytes: sent } };
}

async function lookUp({ terms, draft, ending }: Sending): Promise<readonly string[]> {
  try {
    return (await ending.before(terms.network.resolve(draft.place.host))) ?? [];
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return [];
  }
}

async function exchange(
  { terms, draft, message, ending }: Sending,
  addresses: readonly string[],
): Promise<NetworkOutcome> {
  const { timeoutMs, responseBytesMax } = draft;
  const request = { ...message.request, addresses, timeoutMs, responseBytesMax, signal: ending.signal };
  try {
    return (await ending.before(terms.network.exchange(request))) ?? { kind: 'failed', reason: 'aborted' };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return { kind: 'failed', reason: 'protocol' };
  }
}

function ruleOf(
  reason: Extract<NetworkOutcome, { kind: 'failed' }>['reason'],
  ending: RequestEnding,
): EgressFailureRule {
  switch (reason) {
    case 'unreachable':
      return 'unreachable';
    case 'timed_out':
      return 'timed_out';
    case 'aborted':
      return ending.how ?? 'cancelled';
    case 'too_large':
      return 'response_too_large';
    case 'protocol':
      return 'protocol';
  }
}

/** Before the network was asked for anything. */
function refuse(terms: HttpEgressTerms, rule: EgressFailureRule): HttpEgressOutcome {
  const boundary = boundaryOf(rule);
  if (boundary !== undefined) terms.onBoundary(boundary);
  return failedOutcome(rule);
}

interface Went {
  readonly sent?: number;
  readonly status?: number;
  readonly responseBytes?: number;
}

/** After it was asked. */
function fail(sending: Sending, rule: EgressFailureRule, went: Went = {}): HttpEgressOutcome {
  report(sending, went, rule);
  const boundary = boundaryOf(rule);
  if (boundary !== undefined) sending.terms.onBoundary(boundary);
  return failedOutcome(rule, went.sent ?? 0);
}

function report({ terms, draft }: Sending, went: Went, rule?: EgressFailureRule): void {
  const { sent = 0, status, responseBytes = 0 } = went;
  terms.onExchange({
    host: draft.place.host,
    method: draft.method.toLowerCase(),
    ...(status === undefined ? {} : { status }),
    ...(rule === undefined ? {} : { errorKind: rule }),
    requestBytes: sent,
    responseBytes,
  });
}
