/**
 * The way out of one call over a network in the hand of the test, with everything recorded that reaches it.
 *
 * Not here: what the door does with the records.
 */
import {
  parseSecretHandle,
  type HttpEgressOutcome,
  type HttpEgressRequest,
  type Network,
  type NetworkOutcome,
  type SecretHandle,
} from '@reborn/host-api';
import {
  answered,
  createFakeNetwork,
  createFakePlatform,
  type FakeNetwork,
  type FakeNetworkScript,
  type FakePlatform,
} from '@reborn/host-api/testkit';
import {
  createHttpEgress,
  type EgressFact,
  type EgressRules,
  type HttpEgressTerms,
  type MeteredHttpEgress,
} from '../../src/egress/http-egress.ts';
import { createRedactor } from '../../src/secret/redactor.ts';
import { SecretValue } from '../../src/secret/secret-value.ts';

/** A public address. */
export const PUBLIC = '93.184.215.14';
export const KEY = parseSecretHandle('example-key');

export interface BenchOptions extends Partial<
  Pick<HttpEgressTerms, 'mode' | 'targets' | 'egressBytesMax' | 'network'>
> {
  readonly script?: FakeNetworkScript;
  /** Secrets that the call was lent, by handle. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly injectable?: readonly SecretHandle[];
  readonly rules?: EgressRules;
  readonly answer?: NetworkOutcome;
  /** A network that is not as it should be. */
  readonly wrap?: (network: FakeNetwork) => Network;
}

export interface EgressBench {
  readonly http: MeteredHttpEgress;
  readonly network: FakeNetwork;
  readonly facts: readonly EgressFact[];
  readonly boundaries: readonly string[];
  readonly platform: FakePlatform;
  readonly controller: AbortController;
  request(request: Partial<HttpEgressRequest>): Promise<HttpEgressOutcome>;
  /** The failed outcome of a request. */
  failure(request: Partial<HttpEgressRequest>): Promise<Extract<HttpEgressOutcome, { kind: 'failed' }>>;
  /** The response of a request that is answered. */
  response(request: Partial<HttpEgressRequest>): Promise<Extract<HttpEgressOutcome, { kind: 'answered' }>['response']>;
}

/** Without more, any public host is open, has the address `PUBLIC`, and answers 200. */
export function createEgressBench(options: BenchOptions = {}): EgressBench {
  const { mode = 'brokered', targets, egressBytesMax, secrets, injectable = [KEY], rules, script } = options;
  const network = createFakeNetwork({ hosts: () => [PUBLIC], otherwise: options.answer ?? answered(200), ...script });
  const platform = createFakePlatform();
  const controller = new AbortController();
  const facts: EgressFact[] = [];
  const boundaries: string[] = [];
  const terms: HttpEgressTerms = {
    network: options.wrap?.(network) ?? network,
    timers: platform.timers,
    signal: controller.signal,
    mode,
    targets,
    injectable,
    egressBytesMax,
    lent: secrets === undefined ? undefined : lend(secrets),
    onExchange: (fact) => void facts.push(fact),
    onBoundary: (code) => void boundaries.push(code),
  };
  const http = rules === undefined ? createHttpEgress(terms) : createHttpEgress(terms, rules);
  const request: EgressBench['request'] = (part) =>
    http.request({ url: 'https://api.example.com/', method: 'GET', headers: [], ...part });
  return {
    http,
    network,
    facts,
    boundaries,
    platform,
    controller,
    request,
    async failure(part) {
      const outcome = await request(part);
      if (outcome.kind !== 'failed') throw new Error(`answered ${outcome.response.status}`);
      return outcome;
    },
    async response(part) {
      const outcome = await request(part);
      if (outcome.kind !== 'answered') throw new Error(`failed: ${outcome.message}`);
      return outcome.response;
    },
  };
}

function lend(secrets: Readonly<Record<string, string>>): HttpEgressTerms['lent'] {
  const values = new Map(Object.entries(secrets).map(([handle, text]) => [handle, new SecretValue(text)]));
  return { value: (handle) => values.get(handle), redactor: createRedactor([...values.values()]) };
}
