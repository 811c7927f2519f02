/**
 * What somebody may try at the way out, by class: attacks, what must not come of them, and holes through which it would.
 *
 * Not here: running them (`hostile-request.test.ts`), addresses and texts (`hostile-address.ts`, `hostile-text.ts`).
 */
import type { HttpEgressRequest } from '@reborn/host-api';
import { answered } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { areAddressesOpen } from '../../src/egress/address-rule.ts';
import type { EgressFailureRule } from '../../src/egress/egress-failure.ts';
import type { EgressRules } from '../../src/egress/http-egress.ts';
import { REQUEST_RULES } from '../../src/egress/request-rule.ts';
import { KEY, PUBLIC, type BenchOptions, type EgressBench } from './egress-bench.ts';
import { closedV4, closedV6, dottedV4, isClosed, numericForm, openAddress } from './hostile-address.ts';
import { escaped, misread, mixedCase, OPEN, otherHostUrl, placed, shapedSecret } from './hostile-text.ts';

export interface Attack {
  readonly options: BenchOptions;
  readonly request: Partial<HttpEgressRequest>;
}

export interface HostileClass {
  readonly name: string;
  readonly attack: fc.Arbitrary<Attack>;
  /** What must not have happened. */
  isHarm(bench: EgressBench): boolean;
  /** What a host would have to forget for it to happen. */
  readonly holes: Readonly<Record<string, (options: BenchOptions) => BenchOptions>>;
}

const SECRET = 'correct/horse+battery "staple';

const hasReachedClosed = ({ network }: EgressBench): boolean =>
  network.requests.some(({ addresses }) => addresses.some(isClosed));
const hasSent = ({ network }: EgressBench): boolean => network.requests.length > 0;
const hasReachedOthers = ({ network }: EgressBench): boolean =>
  network.requests.some(({ url }) => new URL(url).hostname !== OPEN);

const byName = { mode: 'allow_list', targets: [{ host: OPEN }, { host: OPEN, scheme: 'http' }] } as const;

export const HOSTILE_CLASSES: readonly HostileClass[] = [
  {
    name: 'numeric forms of closed addresses',
    attack: fc.tuple(numericForm, fc.constantFrom('http', 'https')).map(([host, scheme]) => ({
      // A resolver that takes numbers for addresses, as some do.
      options: { script: { hosts: (name) => [/^[\da-fx.]+$/i.test(name) ? '127.0.0.1' : PUBLIC] } },
      request: { url: `${scheme}://${host}/` },
    })),
    isHarm: hasReachedClosed,
    holes: {
      'literals are not judged': (options) =>
        judging(options, (addresses) => (addresses.length === 1 && addresses[0] !== PUBLIC) || isFine(addresses)),
      'only the usual ranges are closed, by their text': (options) => judging(options, isFine),
    },
  },
  {
    name: 'mapped, translated and tunnelled addresses in the URL',
    attack: closedV6.map((address) => ({ options: {}, request: { url: `https://[${address}]/` } })),
    isHarm: hasReachedClosed,
    holes: { 'only the usual ranges are closed, by their text': (options) => judging(options, isFine) },
  },
  {
    name: 'closed addresses among the answers for a name',
    attack: fc
      .tuple(fc.array(openAddress, { maxLength: 4 }), fc.oneof(closedV4.map(dottedV4), closedV6), fc.nat(4))
      .map(([open, shut, at]) => ({
        options: { script: { hosts: () => open.toSpliced(at, 0, shut) } },
        request: {},
      })),
    isHarm: hasReachedClosed,
    holes: {
      'the first answer is judged': (options) =>
        judging(options, (addresses) => areAddressesOpen(addresses.slice(0, 1), false)),
      'one open answer is enough': (options) =>
        judging(options, (addresses) => addresses.some((address) => areAddressesOpen([address], false))),
      'only one family is judged': (options) =>
        judging(options, (addresses) =>
          areAddressesOpen(
            addresses.filter((address) => !address.includes(':')),
            false,
          ),
        ),
    },
  },
  {
    name: 'names that lead somewhere else the next time',
    attack: fc.tuple(openAddress, closedV4).map(([open, shut]) => ({
      options: { script: { hosts: (_name, before) => [before === 0 ? open : dottedV4(shut)] } },
      request: {},
    })),
    isHarm: (bench) => hasReachedClosed(bench) || bench.network.resolved.length > 1,
    holes: {
      'the name is looked up again to connect': (options) => ({
        ...options,
        wrap: (network) => ({
          ...network,
          exchange: async (request) =>
            network.exchange({ ...request, addresses: await network.resolve(new URL(request.url).hostname) }),
        }),
      }),
    },
  },
  {
    name: 'redirects to closed addresses',
    attack: fc
      .tuple(closedV4, fc.constantFrom(301, 302, 303, 307, 308), fc.constantFrom('http', 'https'))
      .map(([shut, status, scheme]) => ({
        options: { answer: answered(status, '', { location: `${scheme}://${dottedV4(shut)}/` }) },
        request: {},
      })),
    isHarm: (bench) => hasReachedClosed(bench) || bench.network.requests.length > 1,
    holes: {
      'redirects are followed': (options) => ({
        ...options,
        wrap: (network) => ({
          ...network,
          exchange: async (request) => {
            const first = await network.exchange(request);
            const url = first.kind === 'answered' ? first.headers['location'] : undefined;
            if (url === undefined) return first;
            return network.exchange({ ...request, url, addresses: [new URL(url).hostname] });
          },
        }),
      }),
    },
  },
  {
    name: 'addresses of another host that read like the right one',
    attack: fc
      .tuple(otherHostUrl(), fc.constantFrom('evil.example', '127.0.0.1', '[::1]', 'open.example.evil.org'))
      .map(([write, evil]) => ({ options: byName, request: { url: write(evil) } })),
    isHarm: hasReachedOthers,
    holes: { 'any host is a target': without('target_denied', 'userinfo', 'ambiguous_url') },
  },
  {
    name: 'hosts that are not one label longer than a wildcard',
    attack: fc
      .tuple(
        fc.constantFrom('', 'a.b.', 'a.b.c.', 'evil', 'a.evil', '%61.b.', 'ａ．ｂ.'),
        fc.constantFrom('', '.', '.evil.org'),
      )
      .map(([before, behind]) => ({
        options: { mode: 'allow_list', targets: [{ host: `*.${OPEN}` }] },
        request: { url: `https://${before}${OPEN}${behind}/` },
      })),
    isHarm: hasSent,
    holes: {
      'a wildcard is an ending': (options) => replacing(options, 'target_denied', ({ host }) => !host.endsWith(OPEN)),
      'a wildcard is any number of labels': (options) =>
        replacing(options, 'target_denied', ({ host }) => !host.endsWith(`.${OPEN}`)),
    },
  },
  sending(
    'addresses that people read differently',
    'ambiguous_url',
    misread().map((url) => ({ url })),
  ),
  sending(
    'user names and passwords in addresses',
    'userinfo',
    fc
      .constantFrom('user', 'user:pass', ':pass', 'open.example', 'a%40b', 'https:', '%00')
      .map((user) => ({ url: `https://${user}@${OPEN}/` })),
  ),
  sending(
    'headers that break out of their line',
    'header_form',
    fc
      .tuple(
        fc.constantFrom('x-note', 'x note', 'x:note', 'x\r\nnote', '', 'ｘ', 'x-note\u0000'),
        fc.constantFrom('a', 'a\r\nhost: evil', 'a\nb', 'a\u0000', 'ü', 'a\u007f', 'a\u2028b'),
      )
      .filter(([name, value]) => name !== 'x-note' || value !== 'a')
      .map((header) => ({ headers: [header] })),
  ),
  sending(
    'headers about the message itself',
    'framing_header',
    mixedCase(
      'host',
      'content-length',
      'transfer-encoding',
      'accept-encoding',
      'connection',
      'te',
      'proxy-anything',
    ).map((name) => ({ headers: [[name, '1'] as const] })),
  ),
  sending(
    'headers that carry credentials',
    'sensitive_header',
    mixedCase('authorization', 'cookie', 'x-api-key', 'x-auth-token', 'private-token', 'x_acme_secret', 'jwt').map(
      (name) => ({ headers: [[name, 'value'] as const] }),
    ),
  ),
  sending(
    'parameters that look like credentials',
    'credential_parameter',
    fc
      .tuple(
        mixedCase('api_key', 'access_token', 'password', 'client-secret', 'token', 'x-amz-signature', 'apikey[]'),
        escaped,
        fc.constantFrom('?', '?a=b&', '?a=b;', '#', ';', '/a;', '%3f', '?next=%2Fhome%3F'),
      )
      .map(([name, escape, place]) => ({ url: `https://${OPEN}/${place}${escape(name)}=value` })),
  ),
  sending('secrets of a known shape', 'request_leak', placed(shapedSecret())),
  sending(
    'secrets that the call was lent',
    'request_leak',
    placed(
      fc.constantFrom(
        SECRET,
        JSON.stringify(SECRET),
        Buffer.from(`x${SECRET}`).toString('base64'),
        Buffer.from(SECRET).toString('base64url'),
        Buffer.from(SECRET).toString('hex'),
      ),
    ),
    { secrets: { [KEY]: SECRET } },
  ),
  sending(
    'credentials over plain http',
    'plain_credentials',
    fc.constantFrom(OPEN, 'localhost', '10.0.0.1', '8.8.8.8').map((host) => ({
      url: `http://${host}/`,
      credentials: [{ handle: KEY, target: { kind: 'header', name: 'x-key' }, required: true } as const],
    })),
    {
      secrets: { [KEY]: 'correct-horse-battery' },
      targets: [OPEN, 'localhost', '10.0.0.1', '8.8.8.8'].map((host) => ({ host, scheme: 'http', private: true })),
    },
  ),
];

/** Attacks that must not be sent at all; the hole is to forget their rule. */
function sending(
  name: string,
  rule: EgressFailureRule,
  request: fc.Arbitrary<Partial<HttpEgressRequest>>,
  options: BenchOptions = {},
): HostileClass {
  return {
    name,
    attack: request.map((request) => ({ options, request })),
    isHarm: hasSent,
    holes: { [`nobody asks for ${rule}`]: without(rule) },
  };
}

function without(...names: readonly EgressFailureRule[]): (options: BenchOptions) => BenchOptions {
  const request = REQUEST_RULES.filter((rule) => !names.includes(rule.name));
  return (options) => ({ ...options, rules: { request, areAddressesOpen } });
}

function replacing(
  options: BenchOptions,
  name: EgressFailureRule,
  isBroken: (place: { readonly host: string }) => boolean,
): BenchOptions {
  const request = REQUEST_RULES.map((rule) =>
    rule.name === name
      ? { name, isBroken: (draft: Parameters<typeof rule.isBroken>[0]) => isBroken(draft.place) }
      : rule,
  );
  return { ...options, rules: { request, areAddressesOpen } };
}

function judging(options: BenchOptions, judge: EgressRules['areAddressesOpen']): BenchOptions {
  return { ...options, rules: { request: REQUEST_RULES, areAddressesOpen: judge } };
}

function isFine(addresses: readonly string[]): boolean {
  return !addresses.some((address) => /^(?:10\.|127\.|192\.168\.|::1$|f[cd]|fe80)/i.test(address));
}
